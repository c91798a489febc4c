"""Tests of features.importing."""
