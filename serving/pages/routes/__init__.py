"""The routes of the pages: each parses, asks, and renders."""
