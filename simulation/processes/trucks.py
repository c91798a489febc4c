"""Trucks: when they leave, who gets on, and what is planned again for those who do not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simulation.description.description import Routes
from simulation.plant.calendar import DAY
from simulation.plant.chance import happens
from simulation.plant.shop import Shop
from simulation.plant.state import BLOCKS_SHIPPING, Line, Order
from simulation.plant.world import Lane
from simulation.processes.conditions import state_condition
from simulation.processes.corrections import post_issue, post_left_behind, post_return

Process = Generator[Any, Any, None]
PATIENCE = 4 * DAY
"""How late an order has to be before a customer who wants it complete takes what is there, hours."""


def next_departure(shop: Shop, route: Routes, after: float) -> float:
    """The first truck that leaves later than ``after``."""
    day = int(after // DAY)
    while shop.calendar.weekday(day) not in route.weekdays or day * DAY + route.cut_off <= after:
        day += 1
    return day * DAY + route.cut_off


def departure_by(shop: Shop, route: Routes, before: float) -> float:
    """The last truck that leaves by ``before``, whether it has left or not."""
    day = int(before // DAY)
    while shop.calendar.weekday(day) not in route.weekdays or day * DAY + route.cut_off > before:
        day -= 1
    return day * DAY + route.cut_off


def last_departure(shop: Shop, route: Routes, before: float) -> float:
    """The last truck that leaves by ``before``; the next one from now where that has left."""
    moment = departure_by(shop, route, before)
    return moment if moment > shop.now else next_departure(shop, route, shop.now)


def route_of(shop: Shop, order: Order) -> Routes:
    """The route whose trucks take the order."""
    return shop.world.lanes[order.customer.group.route].group


def plan_delivery(shop: Shop, order: Order, departure: float, reason: str | None = None) -> None:
    """State with which truck the order is to go."""
    order.planned_ship = departure
    state_delivery(shop, order, reason)


def state_delivery(shop: Shop, order: Order, reason: str | None) -> None:
    """State the truck that is planned."""
    shop.records.write(
        "tms", "delivery.planned", order, None, shop.now, reference=order.delivery, date=order.planned_ship,
        quantity=sum(line.open for line in order.lines), route=order.customer.group.route, reason=reason,
    )  # fmt: skip


def plan_for_promise(shop: Shop, order: Order, reason: str | None = None) -> None:
    """Plan the last truck that keeps the promise."""
    departure = last_departure(shop, route_of(shop, order), order.due)
    if abs(departure - order.planned_ship) > 1:
        plan_delivery(shop, order, departure, reason)


def confirm_carrier(shop: Shop, order: Order) -> None:
    """In the morning of the day on which an order is to leave."""
    if shop.now < order.planned_ship < shop.now + 12:
        state_condition(shop, order, None, "carrier", "met")


def run_lane(shop: Shop, lane: Lane) -> Process:
    """The trucks of one route, one departure after another."""
    while True:
        yield shop.env.timeout(next_departure(shop, lane.group, shop.now) - shop.now)
        _load(shop, lane)


def _load(shop: Shop, lane: Lane) -> None:
    name = lane.group.name
    comes = shop.lane_luck[name].random() >= lane.group.fails * lane.trouble(shop.now)
    horizon = shop.now + shop.plant.planning.early_days * DAY
    waiting = [order for order in shop.open_orders() if order.customer.group.route == name and order.due <= horizon]
    following = next_departure(shop, lane.group, shop.now)
    room = lane.room
    for order in sorted(waiting, key=lambda order: (order.due, order.number)):
        lines = _loadable(shop, order, following)
        if comes and lines and room >= len(lines):
            room -= len(lines)
            _issue(shop, order, lines, following)
        elif lines:
            reason = "truck full" if comes else "no truck came"
            if not comes:
                state_condition(shop, order, None, "carrier", "not_met", reason)
            plan_delivery(shop, order, following, reason)
            for line in lines:
                line.left_behind.append((shop.now, reason))
                post_left_behind(shop, line, min(line.ready, line.open))
        elif order.planned_ship <= shop.now + 0.01:
            plan_delivery(shop, order, following, "not ready")


def _loadable(shop: Shop, order: Order, following: float) -> list[Line]:
    """The lines that go with this truck: all that are due, or what is there when it is the last chance."""
    horizon = shop.now + shop.plant.planning.early_days * DAY
    wanted = [line for line in order.lines if line.open and line.promise <= horizon]
    there = [line for line in wanted if line.ready and not order.held(BLOCKS_SHIPPING, line)]
    if len(there) == len(wanted) and all(line.ready >= line.open or line.settled_short for line in there):
        return there
    there = [line for line in there if _is_next(line, there)]
    if order.customer.ship_complete:
        return there if shop.now - order.due > PATIENCE else []
    return there if following > order.due else []


def _is_next(line: Line, there: list[Line]) -> bool:
    """Whether no instalment before this one stays behind, even in part."""
    before = [part for part in line.parts if (part.instalment or "") < (line.instalment or "")]
    return all(part.closed or (part in there and part.ready >= part.open) for part in before)


def _issue(shop: Shop, order: Order, lines: list[Line], following: float) -> None:
    for line in lines:
        quantity = min(line.ready, line.open)
        line.ready -= quantity
        line.shipped += quantity
        line.shipped_log.append((shop.now, quantity))
        post_issue(shop, line, quantity)
        if not line.open:
            shop.close(line, "complete")
        elif line.settled_short:
            shop.close(line, "complete" if happens(order.luck, shop.plant.data_quality.accepted) else "short")
        post_return(shop, line, quantity)
    if order.order_id in shop.orders:
        order.deliveries += 1
        plan_delivery(shop, order, max(following, order.planned_ship), "rest of a short delivery")
