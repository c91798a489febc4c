"""Components: what is short, when it is expected, and suppliers who slip."""

from __future__ import annotations

import math
from functools import partial

from simulation.plant.calendar import DAY
from simulation.plant.chance import draw_between
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Shortage
from simulation.plant.stays import SHORTAGE, Stay
from simulation.processes.holds import release_hold

INVENTORY_ERROR = 0.02
"""The chance that a component counted as there is not, found when the work is to begin."""
SUPPLIER_SAYS = 0.8
"""The share of slips of which the supplier tells."""


def order_components(shop: Shop, line: Line) -> None:
    """Look for every component of a new line; what is not on the shelf is bought."""
    for name in line.item.group.components:
        supplier = shop.world.suppliers[name]
        if line.order.luck.random() >= supplier.group.in_stock:
            _buy(shop, line, name, draw_between(line.order.luck, supplier.group.lead_days))


def recount(shop: Shop, line: Line) -> bool:
    """The look into the bin before work begins; True if all is there."""
    for name in line.item.group.components:
        if line.order.luck.random() < INVENTORY_ERROR * shop.world.suppliers[name].trouble(shop.now):
            lead = draw_between(line.order.luck, shop.world.suppliers[name].group.lead_days)
            _buy(shop, line, name, lead / 2)
    return not line.shortages


def _buy(shop: Shop, line: Line, component: str, days: float) -> None:
    state_shortage(shop, line, component, math.ceil(line.ordered * (0.3 + 0.7 * line.order.luck.random())), days)


def state_shortage(shop: Shop, line: Line, component: str, quantity: int, days: float) -> None:
    """State that a line is short of a component, expected in ``days``."""
    shortage = Shortage(component, quantity, shop.now + days * DAY, Stay(SHORTAGE, shop.now, component))
    line.shortages.append(shortage)
    line.stays.append(shortage.stay)
    _record_shortage(shop, line, shortage, "short")


def _record_shortage(shop: Shop, line: Line, shortage: Shortage, state: str) -> None:
    short = state == "short"
    shop.records.write(
        "erp", "material.stated", line.order, line, shop.now, missable=not short, reference=shortage.component,
        quantity=shortage.quantity if short else 0, state=state, date=shortage.expected if short else None,
    )  # fmt: skip


def review(shop: Shop, line: Line) -> None:
    """The morning's look at what is short: what is due arrives in the course of the day, or slips."""
    luck = line.order.luck
    for shortage in line.shortages:
        if shortage.expected > shop.now + 10:
            continue
        supplier = shop.world.suppliers.get(shortage.component)
        if supplier is None:
            continue
        slips = supplier.group.slips * supplier.trouble(shop.now) * (0.6 if line.order.expedited else 1.0)
        if luck.random() < min(0.9, slips):
            shortage.expected = shop.now + (1 + supplier.group.slip_days * luck.standard_exponential()) * DAY
            if luck.random() < SUPPLIER_SAYS:
                _record_shortage(shop, line, shortage, "short")
        else:
            shop.later(9 * luck.random(), partial(receive, shop, line, shortage))


def receive(shop: Shop, line: Line, shortage: Shortage) -> None:
    """It is there; a material hold goes with the last shortage."""
    if shortage not in line.shortages:
        return
    line.shortages.remove(shortage)
    shortage.stay.ends = shop.now
    _record_shortage(shop, line, shortage, "available")
    if line.shortages:
        return
    for hold in list(line.order.holds.values()):
        if hold.kind == "material" and hold.line is line:
            release_hold(shop, hold, "material arrived")
