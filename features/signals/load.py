"""What else has to get out of the door."""

from features.catalogue import RISES, signal
from features.known import Floats, Known


@signal(
    "load", "orders", RISES, "{value} open [order is|orders are] due at the plant in that week", "no plant is named"
)
def plant_orders_due_same_week(known: Known) -> Floats:
    """Open orders of the plant due in the week of this order's promise, known at the start of today, orders."""
    return known.due_same_week()


@signal("load", "orders", RISES, "{value} [order is|orders are] open at the plant", "no plant is named")
def plant_open_orders(known: Known) -> Floats:
    """Open orders of the plant, known at the start of today, orders."""
    return known.open_at_plant()
