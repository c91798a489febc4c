"""What else has to get out of the door."""

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER, RISES
from features.history import Select
from features.known.known import Known

CREATED = Select("order_line.created")
CONFIRMATIONS = Select("order_line.created", "production.released", "operation.confirmed")


@signal(
    "load", "orders", RISES, "{value} open [order is|orders are] due at the plant in that week", "no plant is named"
)
def plant_orders_due_same_week(known: Known) -> Floats:
    """Open orders of the plant due in the week of this order's promise, known at the start of today, orders."""
    return known.lookups.due_same_week()


@signal("load", "orders", RISES, "{value} [order is|orders are] open at the plant", "no plant is named")
def plant_open_orders(known: Known) -> Floats:
    """Open orders of the plant, known at the start of today, orders."""
    return known.lookups.open_orders("plant")


@signal(
    "load",
    "orders",
    EITHER,
    "{value} [order of the customer is|orders of the customer are] open",
    "no customer is named",
)
def customer_open_orders(known: Known) -> Floats:
    """Open orders of the customer, known at the start of today, orders."""
    return known.lookups.open_orders("customer")


@signal(
    "load",
    "lines",
    RISES,
    "{value} [line waits|lines wait] at the next work centre",
    "it is not known which work centre comes next",
)
def work_center_queue(known: Known) -> Floats:
    """Lines at or heading for the next work centre of a line, the longest queue, known at the start of today, lines."""
    lines = known.lines(evidence=CONFIRMATIONS)
    return lines.highest(lines.of_open(known.lookups.queue()))


@signal("load", "lines", RISES, "{value} [line is|lines are] open for an item of the order", "no item is named")
def item_open_lines(known: Known) -> Floats:
    """Open lines of all orders for the item, the most over the lines to ship, known at the start of today, lines."""
    lines = known.lines(evidence=CREATED)
    return lines.highest(lines.of_open(known.lookups.open_lines_of_item()))
