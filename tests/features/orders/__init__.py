"""Tests of features.orders, and of outcomes."""
