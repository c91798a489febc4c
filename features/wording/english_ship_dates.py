"""English of ship dates: when an order will most likely have shipped, and by when it almost surely has."""

from __future__ import annotations

SHIP_DATES = {
    "ship_date.likely": "most likely {day}; by {sure} with {share}",
    "ship_date.by_then": "most likely {day}, with {share} by then",
    "ship_date.open": "most likely {day}; after {last} with {share}",
    "ship_date.later": "most likely not before {day}",
    "ship_date.late": "{fact}, {n} [n:day|days] late",
    "ship_date.late_at_least": "{fact}, at least {n} [n:day|days] late",
}
