"""The planner plans for trucks: hand-counted moments, and what holds in any year of the tiny plant."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from simulation import simulate
from simulation.description.description import Shift
from simulation.oracle.interventions import Intervention, carry_out
from simulation.plant.calendar import DAY, Calendar
from simulation.plant.shop import Shop
from simulation.plant.state import Batch, Line
from simulation.processes.trucks import departure_by, last_departure, route_of
from simulation.run import run_until, start
from tests.support.plants import tiny

MONDAY = date(2024, 1, 1)


@pytest.fixture
def shop() -> Shop:
    """The tiny plant at the start of a Tuesday, full of work."""
    shop = start(tiny(), 240, 80, 2)
    run_until(shop, 41)
    return shop


@pytest.mark.parametrize(
    ("moment", "hours", "begins"),
    [
        (10, 3, 7),
        (10, 4, 6),
        (DAY + 10, 6, 16),  # four hours of Tuesday, the last two of Monday
        (7 * DAY + 10, 6, 4 * DAY + 16),  # over the weekend: the last two of Friday
        (6 * DAY + 10, 12, 4 * DAY + 6),  # nobody works on Sunday
        (DAY + 3, 1, 17),  # nor before the shift
        (DAY + 23, 1, DAY + 17),  # nor after it
    ],
)
def test_work_is_counted_back_in_shifts(moment: float, hours: float, begins: float) -> None:
    calendar = Calendar(MONDAY, Shift(6, 18))
    assert calendar.before(moment, hours) == begins
    assert calendar.after(begins, hours) <= max(moment, begins + hours)


def end_for_truck(shop: Shop, line: Line) -> float:
    truck = last_departure(shop, route_of(shop, line.order), line.promise)
    return shop.calendar.before(truck, shop.plant.planning.shipping_days * shop.calendar.hours_per_day)


def unfinished(shop: Shop) -> list[Batch]:
    lines = [line for order in shop.open_orders() for line in order.lines if line.open]
    return [batch for line in lines for batch in line.batches if not batch.finished]


def truck_comes(shop: Shop, batch: Batch) -> bool:
    order = batch.line.order
    return departure_by(shop, route_of(shop, order), batch.line.promise) > shop.now


def test_work_that_begins_is_planned_for_its_truck_or_for_later(shop: Shop) -> None:
    """Never for earlier than the truck asks, and most of it for no later."""
    begun = []
    for day in range(42, 63):
        known = {id(batch) for batch in unfinished(shop)}
        run_until(shop, day)
        fresh = [batch for batch in unfinished(shop) if id(batch) not in known and batch.replanned_at < 0]
        begun += [batch.planned_end - end_for_truck(shop, batch.line) for batch in fresh if truck_comes(shop, batch)]
    assert len(begun) > 20
    assert min(begun) > -0.01
    assert sum(late < 0.01 for late in begun) > len(begun) / 2


def test_the_truck_that_is_planned_for_keeps_the_promise(shop: Shop) -> None:
    for order in shop.open_orders():
        route = route_of(shop, order)
        truck = departure_by(shop, route, order.due)
        assert truck <= order.due
        assert shop.calendar.weekday(int(truck // DAY)) in route.weekdays
        assert order.due < truck + 7 * DAY


def test_the_planned_end_follows_a_promise_that_is_moved(shop: Shop) -> None:
    batch = next(batch for batch in unfinished(shop) if batch.line.promise > shop.now + 3 * DAY)
    before = batch.planned_end
    carry_out(shop, Intervention(batch.line.order.order_id, "move_date", "+7 days"))
    assert batch.planned_end == pytest.approx(before + 7 * DAY) == end_for_truck(shop, batch.line)
    said = [row for row in shop.records.rows if row[11] == batch.reference][-1]
    assert said[2] == "production.rescheduled"
    assert said[8] == shop.records.micros(batch.planned_end)


def test_few_planned_ends_lie_after_the_truck() -> None:
    frames = [simulate(tiny(), 240, 80, seed) for seed in (1, 2, 3)]
    events = pd.concat(frames, keys=range(3), names=["year"]).reset_index("year").sort_values("occurred_at")
    released = events[events["type"] == "production.released"]
    trucks = events[events["type"] == "delivery.planned"].rename(columns={"date": "truck"})
    both = pd.merge_asof(
        released, trucks[["year", "order_id", "occurred_at", "truck"]], on="occurred_at", by=["year", "order_id"]
    )
    assert len(both) > 300
    assert (both["date"] > both["truck"]).mean() < 0.3
