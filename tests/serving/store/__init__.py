"""Tests of serving.store, on both databases."""
