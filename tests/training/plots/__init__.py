"""Tests of training.report.plots."""
