"""The individuals of a plant: who is reliable, who is not, and how that drifts; and how large the plant has to be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulation.description.description import Customers, Items, Plant, Reliability, Routes, Suppliers, WorkCenters
from simulation.plant.calendar import Calendar
from simulation.plant.chance import Stream, cumulative_shares

YEAR = 365
SETUP = 0.3
"""The share of an average operation that does not depend on the quantity."""
LOT_DAYS = 10.0
"""Days of demand that a lot for the shelf covers."""


@dataclass(frozen=True)
class Trouble:
    """A multiplier of every chance that something goes wrong: one number a day, 1 on average over individuals."""

    by_day: tuple[float, ...]

    def __call__(self, moment: float) -> float:
        """The multiplier at a moment in hours."""
        return self.by_day[int(moment // 24)]


@dataclass(frozen=True)
class Customer:
    """One customer of a group."""

    name: str
    group: Customers
    ship_complete: bool
    trouble: Trouble


@dataclass(frozen=True)
class Item:
    """One item of a group; ``lot`` is made at a time for the shelf and reordered at ``reorder``."""

    name: str
    group: Items
    mean_quantity: float
    price: float
    trouble: Trouble
    lot: int
    reorder: int

    @property
    def stocked(self) -> bool:
        return self.group.stock_days > 0

    def effort(self, quantity: float) -> float:
        """Hours of an operation on a quantity, in those of an average order line."""
        return SETUP + (1 - SETUP) * quantity / self.mean_quantity


@dataclass(frozen=True)
class Supplier:
    """One supplier."""

    group: Suppliers
    trouble: Trouble


@dataclass(frozen=True)
class Machines:
    """A work center as it stands: machines, and the hours an average operation takes."""

    group: WorkCenters
    count: int
    hours: float
    trouble: Trouble


@dataclass(frozen=True)
class Lane:
    """A route as it stands: how many lines a truck takes."""

    group: Routes
    room: int
    trouble: Trouble


@dataclass(frozen=True)
class World:
    """All individuals, and the weights with which orders choose them."""

    customers: tuple[Customer, ...]
    customer_weights: list[float]
    items: tuple[Item, ...]
    item_weights: list[float]
    suppliers: dict[str, Supplier]
    machines: dict[str, Machines]
    lanes: dict[str, Lane]
    line_weights: list[float]
    orders_per_day: float


def draw_world(plant: Plant, calendar: Calendar, orders: int, days: int, stream: Stream) -> World:
    """Draw the individuals and size the plant for ``orders`` over ``days``."""
    trouble = _Troubles(plant.reliability, days, stream)
    per_day = orders / days
    lines = cumulative_shares(plant.demand.lines)
    mean_lines = sum(1 - bound for bound in lines) + 1
    customers, customer_weights = _customers(plant, stream, trouble)
    items, item_weights = _items(plant, per_day * mean_lines, stream, trouble)
    suppliers = {name: Supplier(group, trouble()) for group in plant.suppliers for name in group.components}
    efforts = _efforts(plant, items, item_weights, per_day * mean_lines)
    growth = per_day / plant.demand.orders_per_day
    machines = {}
    for group in plant.work_centers:
        count = max(1, round(group.capacity * growth))
        hours = group.load * count * calendar.hours_per_day / max(efforts[group.name], 1e-9)
        machines[group.name] = Machines(group, count, hours, trouble())
    lanes = _lanes(plant, per_day * mean_lines, trouble)
    return World(
        tuple(customers), cumulative_shares(customer_weights), tuple(items), cumulative_shares(item_weights),
        suppliers, machines, lanes, lines, per_day,
    )  # fmt: skip


class _Troubles:
    def __init__(self, reliability: Reliability, days: int, stream: Stream) -> None:
        self.reliability, self.stream = reliability, stream
        self.days = np.arange(days + 400)

    def __call__(self) -> Trouble:
        level = self.reliability.spread * self.stream.standard_normal() - self.reliability.spread**2 / 2
        phase, speed = self.stream.uniform(0, 2 * math.pi), self.stream.uniform(0.6, 1.6)
        wave = np.sin(2 * math.pi * speed * self.days / YEAR + phase)
        return Trouble(tuple(np.exp(level + self.reliability.drift * wave).tolist()))


def _customers(plant: Plant, stream: Stream, trouble: _Troubles) -> tuple[list[Customer], list[float]]:
    made, weights = [], []
    for group in plant.customers:
        size = stream.pareto(1.5, group.count) + 0.5
        for number in range(group.count):
            complete = bool(stream.random() < group.ship_complete)
            made.append(Customer(f"{group.name} {number + 1:02}", group, complete, trouble()))
            weights.append(float(group.share * size[number] / size.sum()))
    return made, weights


def _items(plant: Plant, lines_per_day: float, stream: Stream, trouble: _Troubles) -> tuple[list[Item], list[float]]:
    made, weights = [], []
    total = sum(group.share for group in plant.items)
    for group in plant.items:
        size = stream.pareto(2.0, group.count) + 0.5
        for number in range(group.count):
            weight = float(group.share / total * size[number] / size.sum())
            mean = sum(group.quantity) / 2
            demand = lines_per_day * weight * mean
            price = round(group.price * math.exp(0.3 * stream.standard_normal()), 2)
            lot = max(1, math.ceil(demand * LOT_DAYS))
            reorder = math.ceil(demand * group.stock_days)
            made.append(Item(f"{group.name} {number + 1:02}", group, mean, price, trouble(), lot, reorder))
            weights.append(weight)
    return made, weights


def _efforts(plant: Plant, items: list[Item], weights: list[float], lines_per_day: float) -> dict[str, float]:
    """Average operations a day at each work center."""
    efforts = dict.fromkeys((group.name for group in plant.work_centers), 0.0)
    for item, weight in zip(items, weights, strict=True):
        lines = lines_per_day * weight
        daily = lines if not item.stocked else lines * item.mean_quantity / item.lot * item.effort(item.lot)
        for name in item.group.routing:
            efforts[name] += daily
    for name in (plant.shipping.inspection, plant.shipping.packaging):
        efforts[name] += lines_per_day
    return efforts


def _lanes(plant: Plant, lines_per_day: float, trouble: _Troubles) -> dict[str, Lane]:
    total = sum(group.share for group in plant.customers)
    lanes = {}
    for group in plant.routes:
        share = sum(customers.share for customers in plant.customers if customers.route == group.name) / total
        lines_per_truck = lines_per_day * share * 7 / len(group.weekdays)
        lanes[group.name] = Lane(group, max(2, math.ceil(lines_per_truck / group.load)), trouble())
    return lanes
