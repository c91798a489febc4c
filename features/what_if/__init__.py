"""What could be stated of an order now: whether it can happen, what it would be like, and what is worth trying."""
