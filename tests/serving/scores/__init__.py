"""Tests of serving.scores."""
