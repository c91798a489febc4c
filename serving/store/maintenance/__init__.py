"""Migrations, backup and pruning of the store."""
