"""A risk in words: reasons that add up to it, each beside what became of orders like it."""
