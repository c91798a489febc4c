"""Scores that are stored: made, projected to the worklist, refreshed, replayed."""
