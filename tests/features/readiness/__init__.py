"""Tests of features.readiness."""
