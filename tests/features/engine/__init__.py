"""Tests of features.engine."""
