"""The weekly interface: what is known already is sent again with the same content."""

from __future__ import annotations

from simulation.plant.chance import happens
from simulation.plant.shop import Shop
from simulation.plant.state import Order
from simulation.processes import demand, holds, trucks
from simulation.processes.corrections import state_promise


def run_weekly(shop: Shop) -> None:
    """Send some orders' open lines again, and state some orders' promises, holds and plans again."""
    luck, quality = shop.records.stream, shop.plant.data_quality
    if not shop.records.on:
        return
    for order in shop.open_orders():
        if happens(luck, quality.resent):
            for line in order.lines:
                if not line.closed:
                    demand.state_line(shop, line)
        if happens(luck, quality.restated):
            _restate(shop, order)


def _restate(shop: Shop, order: Order) -> None:
    for hold in order.holds.values():
        holds.state_hold(shop, hold, "still held")
    trucks.state_delivery(shop, order, "unchanged")
    for line in order.lines:
        if order.promised and not line.closed:
            state_promise(shop, line, "unchanged", "plant")
        for batch in line.batches:
            if not batch.finished:
                shop.records.write(
                    "erp", "production.rescheduled", order, line, shop.now, date=batch.planned_end,
                    reference=batch.reference, reason="unchanged", actor="planner",
                )  # fmt: skip
