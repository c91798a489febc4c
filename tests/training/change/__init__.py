"""Tests of training.model."""
