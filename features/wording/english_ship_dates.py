"""English of ship dates: when an order will most likely have shipped, and by when it almost surely has."""

from __future__ import annotations

SHIP_DATES = {
    "ship_date.likely": "most likely {day}; by {sure} with {share}",
    "ship_date.by_then": "most likely {day}; by then with {share}",
    "ship_date.open": "most likely {day}; after {last} with {share}",
    "ship_date.later": "most likely not before {day}",
    "ship_date.late": "{day}, {n} [n:day|days] late",
    "ship_date.late_at_least": "{day}, at least {n} [n:day|days] late",
    "ship_date.plan_later": (
        "the plan of {line} ends later, on {day}; "
        "the model, which reads plans beside much else, expects all to leave before"
    ),
    "ship_date.truck_later": (
        "{truck} leaves later, on {day}: the date before it counts on an earlier truck, as such orders often had; "
        "without one, the truck decides"
    ),
}
