"""What many orders come to: what changed since a moment, what a week added, decisions, the model's record."""
