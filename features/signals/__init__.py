"""The signals, one module a group. A new function with ``@signal`` in any of them joins the catalogue."""
