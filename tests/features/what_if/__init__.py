"""Tests of features.what_if."""
