"""Plant files that come with the package."""
