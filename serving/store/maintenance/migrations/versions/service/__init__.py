"""Revisions of what is received, scored and listed, up to the first pages."""
