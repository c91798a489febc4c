"""Bodies before they are content: how large they may be, what is wrong with them. What they mean is not known here."""
