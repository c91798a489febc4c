"""The sentences that planners read, checked and counted."""
