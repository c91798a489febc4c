"""What a plant file says: groups of customers, items, work centers, suppliers and routes, and how the plant is run.

A group stands for ``count`` individuals that differ in reliability. Hours are working hours unless stated
otherwise, days are calendar days, shares and chances lie in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

Range = tuple[float, float]


def _between(least: float, most: float) -> Any:
    return field(metadata={"least": least, "most": most})


def _share() -> Any:
    return _between(0.0, 1.0)


def _positive() -> Any:
    return _between(1e-9, 1e9)


def _many() -> Any:
    return _between(0.0, 1e9)


@dataclass(frozen=True)
class Shift:
    """When the floor works, Monday to Friday, hours of the day in UTC."""

    first_hour: float = _between(0, 24)
    last_hour: float = _between(0, 24)


@dataclass(frozen=True)
class Demand:
    """How many orders the plant is built for, and when they come.

    ``orders_per_day`` is the rate at which the capacities of the file apply; asked for more or fewer orders, the
    plant grows or shrinks with them. ``months`` are twelve weights of the year, ``lines`` the weights of orders with
    one, two, three ... lines, ``staggered`` the share of orders whose further lines are promised later.
    """

    orders_per_day: float = _positive()
    months: tuple[float, ...] = _many()
    lines: tuple[float, ...] = _many()
    staggered: float = _share()


@dataclass(frozen=True)
class Reliability:
    """How far individuals of a group differ and how far each drifts over the year, both in log units."""

    spread: float = _between(0, 2)
    drift: float = _between(0, 2)


@dataclass(frozen=True)
class Customers:
    """Who orders. Changes, cancellations and stops are expected counts over an order's life."""

    name: str
    count: int = _positive()
    share: float = _positive()
    route: str
    ship_complete: float = _share()
    lead_days: Range = _positive()
    date_changes: float = _many()
    quantity_changes: float = _many()
    cancellations: float = _many()
    credit_holds: float = _share()
    delivery_stops: float = _many()
    documents: float = _share()


@dataclass(frozen=True)
class Items:
    """What is ordered. ``stock_days`` of demand are kept on the shelf; 0 means made to order."""

    name: str
    count: int = _positive()
    share: float = _positive()
    routing: tuple[str, ...]
    components: tuple[str, ...]
    quantity: Range = _positive()
    price: float = _positive()
    scrap: float = _share()
    rework: float = _share()
    inspected: float = _share()
    fails: float = _share()
    engineering_holds: float = _share()
    stock_days: float = _many()


@dataclass(frozen=True)
class WorkCenters:
    """Machines with one queue. ``load`` is the share of their hours the year's orders need, breakdowns not counted.

    ``pieces`` is the share of operations booked in pieces, ``late`` that of bookings made late, by ``late_hours``
    on average.
    """

    name: str
    capacity: int = _positive()
    load: float = _between(0.01, 2)
    failure_hours: float = _positive()
    repair_hours: float = _many()
    pieces: float = _share()
    late: float = _share()
    late_hours: float = _many()


@dataclass(frozen=True)
class Suppliers:
    """Where components come from; a delivery that is due slips with a chance, by ``slip_days`` on average."""

    name: str
    components: tuple[str, ...]
    in_stock: float = _share()
    lead_days: Range = _positive()
    slips: float = _share()
    slip_days: float = _positive()


@dataclass(frozen=True)
class Routes:
    """Trucks of a region: they leave on ``weekdays`` (0 is Monday) at ``cut_off`` o'clock.

    ``load`` is the share of a truck's room the year's lines fill, ``fails`` the chance that none comes.
    """

    name: str
    weekdays: tuple[int, ...] = _between(0, 6)
    cut_off: float = _between(0, 24)
    load: float = _between(0.01, 2)
    fails: float = _share()


@dataclass(frozen=True)
class Planning:
    """How the planner works. Days are what is allowed for in the plan, not what happens."""

    days_per_operation: float = _positive()
    shipping_days: float = _positive()
    allowance: float = _many()
    move_hours: float = _many()
    overtime: float = _between(0, 0.5)
    reschedule_after_days: float = _positive()
    expedites_per_100_orders: float = _many()
    repromise: float = _share()
    early_days: float = _positive()
    accepts_short: float = _share()


@dataclass(frozen=True)
class Holds:
    """Days a hold stands on average, by its kind."""

    quality_days: float = _positive()
    engineering_days: float = _positive()
    credit_days: float = _positive()
    delivery_days: float = _positive()
    documents_days: float = _positive()


@dataclass(frozen=True)
class Shipping:
    """Between the last operation and the dock: two work centers, and what goes wrong how often."""

    inspection: str
    packaging: str
    wrong_labels: float = _share()
    document_trouble: float = _share()
    reconciliation: float = _share()


@dataclass(frozen=True)
class Records:
    """How the systems keep up: hours from a fact to its record on average, what is missed, what is booked wrongly."""

    erp_hours: float = _many()
    mes_hours: float = _many()
    qms_hours: float = _many()
    wms_hours: float = _many()
    tms_hours: float = _many()
    missed: float = _share()
    reversed: float = _share()


@dataclass(frozen=True)
class Plant:
    """A whole plant file."""

    name: str
    begins: date
    shift: Shift
    demand: Demand
    reliability: Reliability
    planning: Planning
    holds: Holds
    shipping: Shipping
    records: Records
    customers: tuple[Customers, ...]
    items: tuple[Items, ...]
    work_centers: tuple[WorkCenters, ...]
    suppliers: tuple[Suppliers, ...]
    routes: tuple[Routes, ...]
