"""Holds: who places them, and how they come to be released, day by day."""

from __future__ import annotations

from functools import partial

from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import Hold, Line, Order
from simulation.plant.stays import HOLD, Stay

URGENT = 1.5
"""How much sooner people look at the holds of an expedited order."""
SOURCE = {"quality": "qms", "engineering": "erp", "material": "erp", "credit": "erp", "delivery": "tms",
          "documents": "erp"}  # fmt: skip
PLACED_BY = {"quality": "inspector", "engineering": "engineer", "material": "planner", "credit": "accounting",
             "delivery": "customer", "documents": "shipping"}  # fmt: skip


def place_hold(shop: Shop, order: Order, line: Line | None, kind: str, reason: str, days: float) -> Hold:
    """Place a hold that stands ``days`` on average; the date stated is what its owner hopes for."""
    order.holds_placed += 1
    expected = shop.now + days * DAY * (0.6 + 0.8 * order.luck.random())
    reference = f"H{order.number:06}-{order.holds_placed}"
    stay = Stay(HOLD, shop.now, kind)
    for held in order.lines if line is None else [line]:
        held.stays.append(stay)
    hold = Hold(reference, kind, order, line, shop.now, min(1.0, 5 / 7 / days * 1.4), expected, stay)
    order.holds[reference] = hold
    state_hold(shop, hold, reason)
    return hold


def state_hold(shop: Shop, hold: Hold, reason: str) -> None:
    """State that a hold stands, and when its owner expects to release it."""
    shop.records.write(
        SOURCE[hold.kind], "hold.placed", hold.order, hold.line, shop.now,
        kind=hold.kind, reference=hold.reference, reason=reason, actor=PLACED_BY[hold.kind], date=hold.expected,
    )  # fmt: skip


def release_hold(shop: Shop, hold: Hold, reason: str = "cleared") -> None:
    """Let it move on; what waited is looked at again."""
    order = hold.order
    if order.holds.pop(hold.reference, None) is None:
        return
    hold.stay.ends = shop.now
    shop.records.write(
        SOURCE[hold.kind], "hold.released", order, hold.line, shop.now,
        kind=hold.kind, reference=hold.reference, reason=reason, actor=PLACED_BY[hold.kind],
    )  # fmt: skip
    order.hold_released.succeed()
    order.hold_released = shop.env.event()
    for center in shop.centers.values():
        center.dispatch()


def review(shop: Shop, order: Order) -> None:
    """The morning's look at the holds of an order: each may be released in the course of the day."""
    for hold in list(order.holds.values()):
        if hold.kind == "material":
            continue
        chance = hold.daily * (URGENT if order.expedited else 1.0)
        if order.luck.random() < chance:
            shop.later(9 * order.luck.random(), partial(release_hold, shop, hold))
