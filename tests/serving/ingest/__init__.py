"""Tests of serving.ingest."""
