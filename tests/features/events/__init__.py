"""Tests of features.events."""
