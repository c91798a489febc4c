"""Scores of probabilities, and their intervals. What is done with them lives in evaluate."""
