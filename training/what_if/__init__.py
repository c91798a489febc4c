"""What a model answers to events that nobody sent: the change of the risk, and the moves that are worth trying."""
