"""What a plant file says: groups of customers, items, work centers, suppliers and routes, and how the plant is run.

A group stands for ``count`` individuals that differ in reliability. Hours are working hours unless stated
otherwise, days are calendar days, shares and chances lie in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated


@dataclass(frozen=True)
class Bounds:
    """What a number of the file may be, both ends included."""

    least: float
    most: float


LARGE = 1e9
Range = tuple[float, float]
Share = Annotated[float, Bounds(0, 1)]
Positive = Annotated[float, Bounds(1e-9, LARGE)]
Many = Annotated[float, Bounds(0, LARGE)]
Hour = Annotated[float, Bounds(0, 24)]
Load = Annotated[float, Bounds(0.01, 2)]
LogUnits = Annotated[float, Bounds(0, 2)]
Count = Annotated[int, Bounds(1, 100_000)]
Days = Annotated[Range, Bounds(0.01, 3650)]
Weights = Annotated[tuple[float, ...], Bounds(0, LARGE)]
Names = tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """When the floor works, Monday to Friday, hours of the day in UTC."""

    first_hour: Hour
    last_hour: Hour


@dataclass(frozen=True)
class Demand:
    """How many orders the plant is built for, and when they come.

    ``orders_per_day`` is the rate at which the capacities of the file apply; asked for more or fewer orders, the
    plant grows or shrinks with them. ``months`` are twelve weights of the year, ``lines`` the weights of orders with
    one, two, three ... lines, ``staggered`` the share of orders whose further lines are promised later.
    """

    orders_per_day: Positive
    months: Weights
    lines: Weights
    staggered: Share


@dataclass(frozen=True)
class Reliability:
    """How far individuals of a group differ and how far each drifts over the year, both in log units."""

    spread: LogUnits
    drift: LogUnits


@dataclass(frozen=True)
class Customers:
    """Who orders. Changes, cancellations and stops are expected counts over an order's life."""

    name: str
    count: Count
    share: Positive
    route: str
    ship_complete: Share
    lead_days: Days
    date_changes: Many
    quantity_changes: Many
    cancellations: Many
    credit_holds: Share
    delivery_stops: Many
    documents: Share


@dataclass(frozen=True)
class Items:
    """What is ordered. ``stock_days`` of demand are kept on the shelf; 0 means made to order.

    ``scrap`` is the share of pieces an operation spoils, ``rework`` the share of operations that repeat some of
    theirs, ``inspected`` the share of operations that are inspected, ``fails`` the share of inspections that fail.
    """

    name: str
    count: Count
    share: Positive
    routing: Names
    components: Names
    quantity: Annotated[Range, Bounds(1, 1e6)]
    price: Positive
    scrap: Share
    rework: Share
    inspected: Share
    fails: Share
    engineering_holds: Share
    stock_days: Many


@dataclass(frozen=True)
class WorkCenters:
    """Machines with one queue. ``load`` is the share of their hours the year's orders need, breakdowns not counted.

    ``pieces`` is the share of operations booked in pieces, ``late`` that of bookings made late, by ``late_hours``
    on average.
    """

    name: str
    capacity: Count
    load: Load
    failure_hours: Positive
    repair_hours: Many
    pieces: Share
    late: Share
    late_hours: Many


@dataclass(frozen=True)
class Suppliers:
    """Where components come from: ``in_stock`` is the chance that one is there, otherwise it takes ``lead_days``.

    A delivery that is due slips with the chance ``slips``, each time by ``slip_days`` on average.
    """

    name: str
    components: Names
    in_stock: Share
    lead_days: Days
    slips: Share
    slip_days: Positive


@dataclass(frozen=True)
class Routes:
    """Trucks of a region: they leave on ``weekdays`` (0 is Monday) at ``cut_off`` o'clock.

    ``load`` is the share of a truck's room the year's lines fill, ``fails`` the chance that none comes.
    """

    name: str
    weekdays: Annotated[tuple[int, ...], Bounds(0, 4)]
    cut_off: Hour
    load: Load
    fails: Share


@dataclass(frozen=True)
class Planning:
    """How the planner works. Days are what is allowed for in the plan, not what happens.

    Work is planned backwards from the truck: ``shipping_days`` before it, for packing and papers, the work ends, and
    ``days_per_operation`` for each operation before that it begins. Both are counted in working time, 7 days as five
    working ones. ``allowance`` is what is made on top, in expected scrap; ``move_hours`` pass between two operations;
    ``overtime`` is the share of hours that a work center with a long queue makes up; ``repromise`` is the chance a
    day that an order that will be late is promised anew; nothing ships more than ``early_days`` early;
    ``accepts_short`` is the chance that a customer does without a small shortfall.
    """

    days_per_operation: Positive
    shipping_days: Positive
    allowance: Many
    move_hours: Many
    overtime: Annotated[float, Bounds(0, 0.5)]
    reschedule_after_days: Positive
    expedites_per_100_orders: Many
    repromise: Share
    early_days: Positive
    accepts_short: Share


@dataclass(frozen=True)
class Holds:
    """Days a hold stands on average, by its kind."""

    quality_days: Positive
    engineering_days: Positive
    credit_days: Positive
    delivery_days: Positive
    documents_days: Positive


@dataclass(frozen=True)
class Shipping:
    """Between the last operation and the dock: two work centers, and what goes wrong how often.

    ``reconciliation`` is the chance that bookings do not add up, for each time something was booked in pieces.
    """

    inspection: str
    packaging: str
    wrong_labels: Share
    document_trouble: Share
    reconciliation: Share


@dataclass(frozen=True)
class Records:
    """How the systems keep up: hours from a fact to its record on average, what is missed, what is booked wrongly."""

    erp_hours: Many
    mes_hours: Many
    qms_hours: Many
    wms_hours: Many
    tms_hours: Many
    missed: Share
    reversed: Share


@dataclass(frozen=True)
class DataQuality:
    """Where records fall short of what happened; a plant file that leaves this out has none of it.

    Attributes
    ----------
    dates : systems (``erp``, ``mes``, ``qms``, ``wms``, ``tms``) that know days only: facts occur at the start of a
        day and are recorded by the run at ``nightly_hour``
    transactions : systems that record in one moment what happens in one moment
    sequenced : systems that state the order of their own records
    resent, restated : chance a week that the open lines of an order are sent again; that its promises, holds and plans
        are stated again with the same content
    misdated : share of goods issues posted with the date of the posting, reversed, and posted again with the true one
    left_behind : share of lines left by their truck that are posted as gone all the same, and reversed
    returned : share of lines shipped of which the customer sends some back
    closed_in_error : chance a working day that a line of an order is closed and, some days later, reopened
    quantity_zero : share of cancellations stated as an ordered quantity of 0
    accepted : share of small shortfalls closed as complete instead of short
    instalments : share of lines promised in two instalments
    booked_late : share of inspections, confirmations and shipping conditions booked ``late_days`` late on average
    unpromised : share of orders without a promise for the first ``promised_after_days``, whole days
    """

    dates: Names = ()
    nightly_hour: Hour = 23.5
    transactions: Names = ()
    sequenced: Names = ()
    resent: Share = 0.0
    restated: Share = 0.0
    misdated: Share = 0.0
    left_behind: Share = 0.0
    returned: Share = 0.0
    closed_in_error: Share = 0.0
    quantity_zero: Share = 0.0
    accepted: Share = 0.0
    instalments: Share = 0.0
    booked_late: Share = 0.0
    late_days: Many = 0.0
    unpromised: Share = 0.0
    promised_after_days: Days = (1.0, 1.0)


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
    data_quality: DataQuality = DataQuality()
