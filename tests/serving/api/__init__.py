"""Tests of serving.api, over a real socket."""
