"""What else has to get out of the door, as it was known at the start of the day."""

from __future__ import annotations

from tests.naive.commitments import due
from tests.naive.events import NAN, Events, latest_word
from tests.naive.others import week_of
from tests.naive.registry import twin
from tests.naive.seen import Seen


def _open_orders_with(seen: Seen, dimension: str) -> list[Events] | None:
    """Open orders with the same latest word as this one; None if it has none."""
    own = latest_word(seen.events, dimension)
    return None if own is None else [e for e in seen.morning.open_orders if latest_word(e, dimension) == own]


@twin
def plant_open_orders(seen: Seen) -> float:
    orders = _open_orders_with(seen, "plant")
    return NAN if orders is None else len(orders)


@twin
def plant_orders_due_same_week(seen: Seen) -> float:
    orders = _open_orders_with(seen, "plant")
    if orders is None or seen.due is None:
        return NAN
    promises = [promise for events in orders if (promise := due(events)) is not None]
    return sum(week_of(seen.calendar, promise) == week_of(seen.calendar, seen.due) for promise in promises)


@twin
def customer_open_orders(seen: Seen) -> float:
    orders = _open_orders_with(seen, "customer")
    return NAN if orders is None else len(orders)


@twin
def work_center_queue(seen: Seen) -> float:
    following = [seen.morning.next_work_center(seen.events, line) for line in seen.open_lines]
    return max((float(seen.morning.queue(name)) for name in following if name is not None), default=NAN)


@twin
def item_open_lines(seen: Seen) -> float:
    items = [line.item for _, line in seen.morning.open_lines]
    return max((float(items.count(ln.item)) for ln in seen.open_lines if ln.item is not None), default=NAN)
