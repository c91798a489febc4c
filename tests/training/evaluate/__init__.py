"""Tests of training.evaluate."""
