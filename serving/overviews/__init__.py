"""What many orders come to: what changed since a moment, what a week added, what decisions led to, the model's record."""
