"""Customers after the order: they move promises, change quantities, cancel, and stop deliveries."""

from __future__ import annotations

import math

from simulation.plant.calendar import DAY
from simulation.plant.chance import happens
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order
from simulation.processes.holds import place_hold, release_hold
from simulation.processes.planner import promise_anew
from simulation.processes.trucks import plan_for_promise

LATER = 0.6
"""The share of moved promises that move to a later day."""
LEAST_NOTICE = 4 * DAY
DELIVERY_WINDOW = 5 * DAY
"""Customers stop deliveries that are close."""


def review(shop: Shop, order: Order) -> None:
    """What a customer thinks of on a working day: at most one thing."""
    group, luck = order.customer.group, order.luck
    life = sum(group.lead_days) / 2 * 5 / 7
    trouble = order.customer.trouble(shop.now)
    drawn = luck.random() * life / trouble
    for expected, action in (
        (group.date_changes, _move_promise),
        (group.quantity_changes, _change_quantity),
        (group.cancellations, _cancel),
        (group.delivery_stops * life * DAY / DELIVERY_WINDOW, _stop_delivery),
    ):
        if drawn < expected:
            action(shop, order)
            return
        drawn -= expected


def _open_line(order: Order) -> Line:
    lines = [line for line in order.lines if line.open]
    return lines[int(order.luck.integers(len(lines)))]


def _move_promise(shop: Shop, order: Order) -> None:
    if not order.promised:
        return
    luck = order.luck
    later = luck.random() < LATER
    days = 2 + 12 * luck.random() if later else -(1 + 5 * luck.random())
    for line in order.lines:
        promise = max(line.promise + days * DAY, shop.now + LEAST_NOTICE)
        if line.open and (later or promise < line.promise):
            promise = shop.calendar.end_of_working_day(promise)
            promise_anew(
                shop,
                order,
                line,
                promise,
                "asked for a later date" if later else "asked for an earlier date",
                "customer",
            )
    plan_for_promise(shop, order, "promise moved")


def _change_quantity(shop: Shop, order: Order) -> None:
    """One line's; a line promised in instalments keeps what was agreed."""
    line = _open_line(order)
    if line.instalment:
        return
    factor = 0.6 + 0.8 * order.luck.random()
    quantity = max(1, line.shipped, math.ceil(line.ordered * factor))
    if quantity == line.ordered:
        return
    line.ordered = quantity
    line.ordered_log.append((shop.now, quantity))
    line.settled_short = False
    shop.records.write(
        "erp", "order_line.changed", order, line, shop.now, quantity=quantity, reason="customer's need",
        actor="customer",
    )  # fmt: skip
    if line.shipped >= quantity:
        shop.close(line, "complete")


def _cancel(shop: Shop, order: Order) -> None:
    """The whole order, or one line of several, all its instalments; what has begun is seldom given up."""
    whole = order.luck.random() < 0.5
    lines = [line for line in order.lines if line.open] if whole else [_open_line(order)]
    for line in lines:
        parts = line.parts
        if line.closed or any(part.shipped for part in parts):
            continue
        if any(part.begun for part in parts) and order.luck.random() < 0.8:
            continue
        quantity_zero = happens(order.luck, shop.plant.data_quality.quantity_zero)
        for part in parts:
            for hold in list(order.holds.values()):
                if hold.line is part:
                    release_hold(shop, hold, "line cancelled")
            shop.close(part, "cancelled", quantity_zero)


def _stop_delivery(shop: Shop, order: Order) -> None:
    if order.due - shop.now < DELIVERY_WINDOW and not order.held(("delivery",)):
        place_hold(shop, order, None, "delivery", "customer cannot receive", shop.plant.holds.delivery_days)
