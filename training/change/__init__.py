"""How a risk came to change: the states of an order between two moments, the steps between them, and their sums."""
