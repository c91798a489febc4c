"""Tests of training.comparison."""
