"""Tests of serving.overviews."""
