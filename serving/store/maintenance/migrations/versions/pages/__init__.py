"""Revisions since there are pages."""
