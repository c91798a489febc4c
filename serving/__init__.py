"""Scores, explains, remembers, shows: the edge, and the only place that reads a clock."""
