"""What stands in the simulated plant and no event tells: a witness reads it each morning, for ``benchmarks/gap.py``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from features.times import timestamps
from simulation.description.description import Plant
from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order
from simulation.processes.trucks import last_departure
from simulation.run import run_until, start

Row = dict[str, float]
NONE = 9 * DAY
"""So long ago came what is not short."""


def witnessed_year(plant: Plant, orders: int, days: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The events of a year, and a row for each morning and open order: ``as_of``, ``order_id``, the state.

    The events are those of ``simulation.simulate``; looking changes nothing.
    """
    shop = start(plant, orders, days, seed)
    rows: list[dict[str, object]] = []
    for day in range(1, days):
        run_until(shop, day)
        as_of = shop.records.micros(shop.now)
        rows.extend({"as_of": as_of, "order_id": o.order_id} | state_of(shop, o) for o in shop.open_orders())
    run_until(shop, days)
    state = pd.DataFrame(rows)
    return shop.records.frame(days), state.assign(as_of=timestamps(state["as_of"].to_numpy(dtype=np.int64)))


def state_of(shop: Shop, order: Order) -> Row:
    """What a visitor would see who may look at everything but the luck to come, days where not stated otherwise."""
    lines = [line for line in order.lines if line.open]
    lane = shop.world.lanes[order.customer.group.route]
    truck = last_departure(shop, lane.group, order.due) if order.due > shop.now else shop.now
    worst: Callable[[Callable[[Line], float]], float] = lambda of: max(map(of, lines), default=0.0)  # noqa: E731
    troubles = [shop.world.suppliers[s.component].trouble(shop.now) for line in lines for s in line.shortages
                if s.component in shop.world.suppliers]  # fmt: skip
    return {
        "x_estimate_slack": min(((truck - shop.ready_estimate(line)) / DAY for line in lines), default=0.0),
        "x_truck_days": (truck - shop.now) / DAY,
        "x_truck_before_promise": (order.due - truck) / DAY,
        "x_unsecured": worst(lambda line: 1 - line.secured / line.ordered),
        "x_unsecured_begun": worst(lambda line: (1 - line.secured / line.ordered) * line.begun),
        "x_not_ready": worst(lambda line: 1 - line.ready / line.open),
        "x_unready_lines": sum(line.ready < line.open for line in lines),
        "x_finishing": worst(lambda line: float(line.finishing > 0)),
        "x_settled_short": worst(lambda line: float(line.settled_short)),
        "x_steps_left": worst(_steps_left),
        "x_queue_hours": worst(lambda line: _queue_hours(shop, line)),
        "x_batches": worst(lambda line: sum(not batch.finished for batch in line.batches)),
        "x_pieces": worst(lambda line: sum(batch.pieces for batch in line.batches)),
        "x_running": sum(line.running for line in lines),
        "x_shortages": sum(len(line.shortages) for line in lines),
        "x_shortage_days": worst(lambda line: _shortage_hours(shop, line) / DAY),
        "x_supplier_trouble": max(troubles, default=0.0),
        "x_shelf_lack": worst(lambda line: _shelf_lack(shop, line)),
        "x_holds": len(order.holds),
        "x_customer_trouble": order.customer.trouble(shop.now),
        "x_item_trouble": worst(lambda line: line.item.trouble(shop.now)),
        "x_item_fails": worst(lambda line: line.item.trouble(shop.now) * _fails(line)),
        "x_item_scrap": worst(lambda line: line.item.trouble(shop.now) * line.item.group.scrap),
        "x_machine_trouble": worst(lambda line: _machine_trouble(shop, line)),
        "x_lane_trouble": lane.trouble(shop.now) * lane.group.fails,
        "x_ship_complete": float(order.customer.ship_complete),
        "x_documents": float(any(line.needs_documents for line in lines)),
        "x_expedited": float(order.expedited),
        "x_truck_share": _truck_share(shop, order),
    }  # fmt: skip


def _shortage_hours(shop: Shop, line: Line) -> float:
    return max((shortage.expected - shop.now for shortage in line.shortages), default=-NONE)


def _fails(line: Line) -> float:
    return line.item.group.fails * line.item.group.inspected


def _steps_left(line: Line) -> float:
    if not line.begun and not line.item.stocked:
        return len(line.item.group.routing)
    return max((len(b.line.item.group.routing) - b.step for b in line.batches if not b.finished), default=0)


def _names_left(shop: Shop, line: Line) -> tuple[str, ...]:
    routing = line.item.group.routing
    done = int(len(routing) - _steps_left(line))
    return (*routing[done:], shop.plant.shipping.inspection, shop.plant.shipping.packaging)


def _queue_hours(shop: Shop, line: Line) -> float:
    """Hours of work queued ahead of the line at what it still needs, over the machines there."""
    hours = 0.0
    for name in _names_left(shop, line):
        center = shop.centers[name]
        ahead = [job.hours for job in center.queue if job.line is not None and job.line.promise < line.promise]
        hours += sum(ahead) / center.machines.count
    return hours


def _machine_trouble(shop: Shop, line: Line) -> float:
    return sum(
        center.machines.trouble(shop.now) * center.machines.group.repair_hours / center.machines.group.failure_hours
        for center in (shop.centers[name] for name in _names_left(shop, line))
    )


def _shelf_lack(shop: Shop, line: Line) -> float:
    if not line.item.stocked:
        return 0.0
    need = line.ordered - line.secured
    return need / max(1, line.ordered) if shop.shelf[line.item.name] < need else 0.0


def _truck_share(shop: Shop, order: Order) -> float:
    """Lines by the same route that are due as soon or sooner, in those that a truck takes."""
    route = order.customer.group.route
    others = (other for other in shop.open_orders() if other.customer.group.route == route and other.due <= order.due)
    return sum(len(other.lines) for other in others) / shop.world.lanes[route].room
