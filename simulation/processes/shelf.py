"""Items made to stock: what lies on the shelf, who waits for it, and the lots that fill it again."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import Line
from simulation.plant.world import Item
from simulation.processes.materials import receive, state_shortage
from simulation.processes.readiness import prepare
from simulation.processes.trucks import last_departure, route_of

Process = Generator[Any, Any, None]
PICK_DAYS = 4.0
"""Days before its truck at which a stock line is picked, in working time, 7 days as five working ones."""
LAST_PICK_DAYS = 1.0
"""The same, for what is there, complete or not."""
LOT_LEAD_DAYS = 6.0
"""What a planner says a lot takes."""


def reserve(shop: Shop, line: Line) -> None:
    """Set aside what the line still needs; what is not there is short until the next lot."""
    name = line.item.name
    needed = line.ordered - line.secured
    amount = min(needed, shop.shelf[name])
    if amount > 0:
        shop.shelf[name] -= amount
        line.reserved += amount
    waits = any(shortage.component == name for shortage in line.shortages)
    if needed > amount and not waits:
        state_shortage(shop, line, name, needed - amount, LOT_LEAD_DAYS)
    elif needed <= amount and waits:
        receive(shop, line, next(entry for entry in line.shortages if entry.component == name))


def review(shop: Shop) -> None:
    """The morning's look at the shelf: start a lot where what is there and coming runs low."""
    for item in shop.world.items:
        if item.stocked and shop.shelf[item.name] + shop.coming[item.name] <= item.reorder:
            shop.coming[item.name] += item.lot
            shop.env.process(_fill(shop, item))


def _fill(shop: Shop, item: Item) -> Process:
    due = shop.now + item.group.stock_days * DAY / 2
    for name in item.group.routing:
        center = shop.centers[name]
        hours = center.machines.hours * item.effort(item.lot)
        job = center.enter(hours, due, None)
        yield job.granted
        yield shop.env.timeout(shop.calendar.after(shop.now, center.hours_for(job)) - shop.now)
        center.leave(job)
        yield shop.env.timeout(shop.plant.planning.move_hours)
    scrap = min(0.5, item.group.scrap * item.trouble(shop.now) * len(item.group.routing))
    shop.coming[item.name] -= item.lot
    shop.shelf[item.name] += item.lot - int(shop.stock_luck.binomial(item.lot, scrap))
    _serve(shop, item)


def _serve(shop: Shop, item: Item) -> None:
    """Give a new lot to those who wait, the earliest promise first."""
    waiting = [
        line
        for order in shop.open_orders()
        for line in order.lines
        if line.item is item and not line.closed and line.ordered > line.secured
    ]
    for line in sorted(waiting, key=lambda line: line.promise):
        reserve(shop, line)


def review_line(shop: Shop, line: Line) -> None:
    """The morning's look at a stock line: wait for the lot, or pick."""
    needed = line.ordered - line.secured
    if needed > 0:
        reserve(shop, line)
        _move_expectation(shop, line)
    complete = line.ordered <= line.secured
    if line.reserved and shop.now >= _pick_from(shop, line, PICK_DAYS if complete else LAST_PICK_DAYS):
        quantity, line.reserved = line.reserved, 0
        line.begun = True
        line.pickings += 1
        shop.env.process(prepare(shop, line, quantity, 0, line.pickings))


def _pick_from(shop: Shop, line: Line, days: float) -> float:
    """So many days before the last truck that keeps the promise, or the next one where that has left."""
    truck = last_departure(shop, route_of(shop, line.order), line.promise)
    return shop.calendar.before(truck, days * shop.calendar.hours_per_day)


def _move_expectation(shop: Shop, line: Line) -> None:
    for shortage in line.shortages:
        if shortage.component == line.item.name and shortage.expected < shop.now:
            line.shortages.remove(shortage)
            shortage.stay.ends = shop.now
            state_shortage(shop, line, line.item.name, line.ordered - line.secured, LOT_LEAD_DAYS / 2)
