"""New orders: who orders what, for when, and what the desk finds wrong with it."""

from __future__ import annotations

import bisect
import math
from collections.abc import Generator
from datetime import timedelta
from typing import Any

from simulation.plant.calendar import DAY, OFFICE
from simulation.plant.chance import cumulative_shares, draw_between, happens, pick
from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order
from simulation.processes import materials, shelf
from simulation.processes.corrections import promise_later
from simulation.processes.holds import place_hold
from simulation.processes.trucks import plan_for_promise

Process = Generator[Any, Any, None]
STAGGER_DAYS = (5.0, 14.0)


def take_orders(shop: Shop) -> Process:
    """Exactly the wanted number of orders over the plant's days, more in strong months.

    The next arrival is the smallest of those still to come, so that a future from any moment needs no memory of
    the ones before.
    """
    days = _cumulative_days(shop)
    reached = 0.0
    for number in range(shop.total_orders):
        left = shop.total_orders - number
        reached += (1 - reached) * (1 - (1 - shop.demand.random()) ** (1 / left))
        day = min(bisect.bisect_right(days, reached), len(days) - 1)
        before = days[day - 1] if day else 0.0
        share = min(1.0, (reached - before) / (days[day] - before))
        moment = day * DAY + OFFICE[0] + share * (OFFICE[1] - OFFICE[0])
        yield shop.env.timeout(max(0.0, moment - shop.now))
        _enter_order(shop, number)


def _cumulative_days(shop: Shop) -> list[float]:
    begins, months = shop.plant.begins, shop.plant.demand.months
    weights = [
        months[(begins + timedelta(days=day)).month - 1] if shop.calendar.works(day) else 0.0
        for day in range(shop.days)
    ]
    return cumulative_shares(weights)


def _enter_order(shop: Shop, number: int) -> None:
    world, luck = shop.world, shop.chance.stream("orders", number)
    customer = world.customers[pick(luck, world.customer_weights)]
    order = Order(f"SO{number:06}", number, customer, shop.now, luck, shop.env.event())
    promise = shop.calendar.end_of_working_day(shop.now + draw_between(luck, customer.group.lead_days) * DAY)
    staggered = luck.random() < shop.plant.demand.staggered
    order.promised = not happens(luck, shop.plant.data_quality.unpromised)
    for index in range(pick(luck, world.line_weights) + 1):
        later = draw_between(luck, STAGGER_DAYS) * DAY if staggered and index else 0.0
        _enter_line(shop, order, index, shop.calendar.end_of_working_day(promise + later))
    shop.orders[order.order_id] = order
    if not order.promised:
        promise_later(shop, order)
    _check_at_desk(shop, order)
    plan_for_promise(shop, order)


def _enter_line(shop: Shop, order: Order, index: int, promise: float) -> None:
    luck = order.luck
    item = shop.world.items[pick(luck, shop.world.item_weights)]
    quantity = math.ceil(draw_between(luck, item.group.quantity))
    needs_documents = bool(luck.random() < order.customer.group.documents)
    parts: list[tuple[str | None, int, float]] = [(None, quantity, promise)]
    if quantity > 1 and happens(luck, shop.plant.data_quality.instalments):
        second = shop.calendar.end_of_working_day(promise + draw_between(luck, STAGGER_DAYS) * DAY)
        parts = [("1", quantity - quantity // 2, promise), ("2", quantity // 2, second)]
    for instalment, ordered, by in parts:
        line = Line(f"{index + 1}0", order, item, ordered, by, [(shop.now, ordered)], instalment)
        line.needs_documents = needs_documents
        order.lines.append(line)
        if order.promised:
            line.promise_log.append((shop.now, by, "plant"))
        state_line(shop, line)


def state_line(shop: Shop, line: Line) -> None:
    """State that a line is ordered, as it stands; without a date where nothing is promised yet."""
    order, item = line.order, line.item
    shop.records.write(
        "erp", "order_line.created", order, line, shop.now, quantity=line.ordered,
        date=line.promise if order.promised else None, customer=order.customer.name, item=item.name,
        route=order.customer.group.route, value=round(line.ordered * item.price, 2), actor="customer",
    )  # fmt: skip


def _check_at_desk(shop: Shop, order: Order) -> None:
    """What the desk finds: no credit, an open drawing, components that have to be bought."""
    luck, customer = order.luck, order.customer
    if luck.random() < customer.group.credit_holds * customer.trouble(shop.now):
        place_hold(shop, order, None, "credit", "limit exceeded", shop.plant.holds.credit_days)
    for line in order.lines:
        if line.item.stocked:
            shelf.reserve(shop, line)
            continue
        if luck.random() < line.item.group.engineering_holds * line.item.trouble(shop.now):
            place_hold(shop, order, line, "engineering", "drawing not released", shop.plant.holds.engineering_days)
        materials.order_components(shop, line)
