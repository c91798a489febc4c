"""Tests of training.what_if."""
