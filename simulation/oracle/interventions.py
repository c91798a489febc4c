"""Decisions whose true effect the oracle finds: release a hold, expedite an order, move its date."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.plant.calendar import DAY
from simulation.plant.chance import Stream
from simulation.plant.shop import Shop
from simulation.plant.state import Order
from simulation.processes import holds, planner
from simulation.processes.trucks import plan_for_promise

MOVED_DAYS = 7
SOON = 14 * DAY
"""Decisions are tried on orders that are due within this time, where they may still matter, hours."""


@dataclass(frozen=True)
class Intervention:
    """One decision on one order; ``reference`` is the hold, or the days by which the date moves."""

    order_id: str
    decision: str
    reference: str | None


def carry_out(shop: Shop, intervention: Intervention) -> None:
    """Decide, now."""
    order = shop.orders[intervention.order_id]
    if intervention.decision == "release_hold":
        holds.release_hold(shop, order.holds[intervention.reference or ""], "decided")
    elif intervention.decision == "expedite":
        planner.expedite(shop, order, "decided", "shipping lead")
    else:
        moved = [(line, line.promise + MOVED_DAYS * DAY) for line in order.lines if line.open]
        for line, promise in moved:
            planner.promise_anew(shop, order, line, promise, "decided", "plant")
        plan_for_promise(shop, order, "promise moved")


def choose(shop: Shop, orders: list[Order], of_each: int, stream: Stream) -> list[Intervention]:
    """Up to ``of_each`` decisions of every kind, drawn from those that are open at the moment."""
    soon = [order for order in orders if order.due - shop.now <= SOON]
    possible: dict[str, list[Intervention]] = {
        "release_hold": [
            Intervention(order.order_id, "release_hold", hold.reference)
            for order in soon
            for hold in order.holds.values()
            if hold.kind != "material"
        ],
        "expedite": [
            Intervention(order.order_id, "expedite", None)
            for order in soon
            if not order.expedited and _unfinished(order)
        ],
        "move_date": [Intervention(order.order_id, "move_date", f"+{MOVED_DAYS} days") for order in soon],
    }
    return [chosen for options in possible.values() for chosen in _draw(options, of_each, stream)]


def _unfinished(order: Order) -> bool:
    return any(not line.begun or any(not batch.finished for batch in line.batches) for line in order.lines)


def _draw(options: list[Intervention], count: int, stream: Stream) -> list[Intervention]:
    rows = stream.permutation(len(options))[:count]
    return [options[row] for row in sorted(rows.tolist())]
