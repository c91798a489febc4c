"""Exports become events by a mapping, with a report on every row. What an event must hold is said elsewhere."""
