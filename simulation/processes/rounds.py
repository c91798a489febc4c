"""The plant's morning: on every working day holds, components, customers and plans are looked at in turn."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simulation.plant.calendar import DAY, OFFICE
from simulation.plant.shop import Shop
from simulation.plant.state import Order
from simulation.processes import corrections, customers, holds, materials, planner, restatements, shelf, trucks

Process = Generator[Any, Any, None]


def make_rounds(shop: Shop) -> Process:
    """One look a working day at everything that is open."""
    slots = 0.0
    a_day = shop.plant.planning.expedites_per_100_orders / 100 * shop.world.orders_per_day * 7 / 5
    day = 0
    while True:
        yield shop.env.timeout(day * DAY + OFFICE[0] - shop.now)
        if shop.calendar.works(day):
            if shop.calendar.weekday(day) == 0:
                restatements.run_weekly(shop)
            shelf.review(shop)
            for order in shop.open_orders():
                _review(shop, order)
            slots += a_day
            slots = min(slots - planner.rescue(shop, int(slots)), 5 * a_day)
        day += 1


def _review(shop: Shop, order: Order) -> None:
    corrections.review(shop, order)
    customers.review(shop, order)
    holds.review(shop, order)
    for line in order.lines:
        if line.closed:
            continue
        materials.review(shop, line)
        if line.item.stocked:
            shelf.review_line(shop, line)
        else:
            planner.review_line(shop, line)
    trucks.confirm_carrier(shop, order)
