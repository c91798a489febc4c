"""Tests of serving.models."""
