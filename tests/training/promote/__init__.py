"""Tests of training.promote."""
