"""Compiled loops over sorted events: running values, spells, dates in force. No business rule lives here."""
