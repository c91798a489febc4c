"""Tests of serving.pages, over a real socket and in a real browser."""
