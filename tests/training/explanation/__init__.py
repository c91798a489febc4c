"""Tests of training.explanation."""
