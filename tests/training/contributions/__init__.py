"""Tests of training.contributions."""
