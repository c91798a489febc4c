"""The engine against the naive twins of ``tests/naive``: every signal, on any history, at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Floats
from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.history import History
from features.pipeline.computation import compute
from features.times import isoformat, plant_calendar
from tests.naive.events import orders_of
from tests.naive.others import Records
from tests.naive.registry import twins
from tests.naive.seen import Seen
from tests.support.histories import Row, histories_and_moments
from tests.support.stories import created, event, moment, shipped, story

pytestmark = pytest.mark.usefixtures("compiled")
TWINS = twins()
NAMES = [name for name in catalogue() if name in TWINS]
ZONES = st.sampled_from(["UTC", "UTC", "Pacific/Auckland"])
ENDS = st.sampled_from([None, None, None, *map(moment, (200, 200, 200, 9.25, 4.5, 2)), moment(6.5) - 1])
"""When the records end: with the last one, long after, or on a day; the last of these is the end of one."""
MANY = settings(max_examples=max(60, settings().max_examples))
"""Few histories are deep, so this takes more of them than other tests."""


def engine(history: History, points: DecisionPoints, context: Context) -> Floats:
    """(n_points, n_names) what the engine says. The one place that calls it."""
    return compute(history, points, context, NAMES)


@dataclass(frozen=True)
class Question:
    """Every order of a history, looked at in several moments; the records end with the last one or at ``end``."""

    rows: list[Row]
    moments: list[int]
    zone: str
    end: int | None

    @cached_property
    def events(self) -> pd.DataFrame:
        return story(*self.rows)

    @cached_property
    def history(self) -> History:
        return History.of(self.events)

    @cached_property
    def points(self) -> DecisionPoints:
        n = self.history.n_orders
        return DecisionPoints(np.repeat(np.arange(n), len(self.moments)), np.tile(np.array(self.moments), n))

    @cached_property
    def records(self) -> Records:
        return Records(orders_of(self.events), plant_calendar(self.zone), self.end)

    def of_engine(self) -> Floats:
        return engine(self.history, self.points, Context.of(self.history, plant_calendar(self.zone), self.end))

    def of_twins(self) -> Floats:
        """The same, one order, one moment and one signal after the other."""
        seen = [Seen.of(self.records, order, as_of) for order in self.records.orders for as_of in self.moments]
        return np.array([[TWINS[name](one) for name in NAMES] for one in seen], dtype=np.float64)

    def differences(self) -> list[str]:
        """Where engine and twins do not agree; a value that is missing in both does."""
        engines, naive = self.of_engine(), self.of_twins()
        agree = np.isclose(engines, naive, rtol=1e-9, atol=1e-9, equal_nan=True)
        orders, moments = self.history.order_ids[self.points.order], [isoformat(int(m)) for m in self.points.as_of]
        return [
            f"{NAMES[column]} of order {orders[row]} at {moments[row]} must be {naive[row, column]} as its twin says, "
            f"got {engines[row, column]} from the engine"
            for row, column in np.argwhere(~agree)
        ]

    def __str__(self) -> str:
        end = "with the last one" if self.end is None else isoformat(self.end)
        return f"A plant in {self.zone}, records that end {end}:\n{readable(self.events)}"


def readable(events: pd.DataFrame) -> str:
    """The events of each order as they were known, without the columns that say nothing."""
    ordered = events.sort_values(["order_id", "recorded_at", "occurred_at", "source", "event_id"])
    shown = ordered.dropna(axis="columns", how="all").astype(object)
    for column in ("occurred_at", "recorded_at", "date"):
        if column in shown:
            shown[column] = [None if pd.isna(at) else f"{at:%m-%d %H:%M}" for at in ordered[column]]
    return shown.where(shown.notna(), "").to_string(index=False)


def test_every_signal_has_a_naive_twin_and_every_twin_a_signal() -> None:
    alone = sorted(set(catalogue()) - set(TWINS))
    assert not alone, f"every signal must have a twin in tests/naive, got none for {', '.join(alone)}"
    unknown = sorted(set(TWINS) - set(catalogue()))
    assert not unknown, f"every twin in tests/naive must be of a signal, got {', '.join(unknown)}"


@MANY
@given(histories_and_moments(), ZONES, ENDS)
def test_engine_and_twins_agree(asked: tuple[list[Row], list[int]], zone: str, end: int | None) -> None:
    question = Question(*asked, zone, end)
    differences = question.differences()
    if differences:
        pytest.fail("\n".join([*differences[:20], str(question)]), pytrace=False)


# -- twins on histories a reader can check ----------------------------------------------------------------------


def twin(name: str, *rows: dict[str, Any], day: float, order: str = "A") -> float:
    """What a twin says of an order on a day; the engine must agree with every twin on that day."""
    question = Question(list(rows), [moment(day)], "UTC", moment(day))
    assert not question.differences()
    return TWINS[name](Seen.of(question.records, order, moment(day)))


def confirmed(day: float, operation: str, order: str = "A", **says: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"quantity": 1, "state": "final", "reference": operation, "line": "1"}
    return event("operation.confirmed", day, order, **(given | says))


def test_what_is_said_of_the_whole_order_replaces_what_was_said_of_its_lines() -> None:
    labels: dict[str, Any] = {"kind": "labels"}
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        event("readiness.stated", 1, line="1", state="met", **labels),
        event("readiness.stated", 2, line="2", state="met", **labels),
        event("readiness.stated", 3, state="not_met", **labels),
        event("readiness.stated", 4, line="1", state="met", **labels),
        event("readiness.stated", 5, line="1", state="not_met", **labels),
    ]
    days = (2, 3, 4, 5)
    assert [twin("conditions_met", *told, day=day) for day in days] == [2, 0, 1, 0]
    assert [twin("conditions_not_met", *told, day=day) for day in days] == [0, 1, 1, 2]
    assert [twin("conditions_outstanding", *told, day=day) for day in days] == [4, 5, 5, 5]
    assert [twin("lines_ready_ratio", *told, day=day) for day in days] == [1, 0, 0.5, 0]
    assert [twin("conditions_lost", *told, day=day) for day in days] == [0, 0, 0, 1]
    assert twin("days_condition_not_met", *told, day=6) == 3


def made(order: str, operations: int, **says: Any) -> list[dict[str, Any]]:
    """A line of item x: released on day 1, an operation finished on each day from day 2, shipped on day 6."""
    return [
        created(0, 40, order=order, line="1", item="x", **says),
        event("production.released", 1, order, line="1"),
        *(confirmed(2 + n, str(n), order) for n in range(operations)),
        shipped(6, 10, order, line="1"),
    ]


def test_what_an_item_usually_takes_is_learned_from_the_lines_that_left() -> None:
    """Created on day 0, released on 1, operations finished on 2 and 3: it left 6, 5, 4 and 3 days after these."""
    told = [*made("B", 2), created(8, 20, line="1", item="x"), confirmed(9, "0")]
    assert np.isnan(twin("operations_left", *made("B", 2), created(4, 20, line="1", item="x"), day=6))
    assert [twin("operations_left", *told, day=day) for day in (8, 9)] == [2, 1]
    assert twin("usual_days_left", *told, day=8.5) == 6 - 0.5  # from its creation, as it has not begun
    assert twin("usual_days_left", *told, day=10) == 4 - 1
    assert twin("usual_days_left", *told, day=15) == 0
    assert twin("pace_slack", *told, day=10) == 10 - 3
    assert twin("usual_lead_time_slack", *told, day=10) == 12 - 6
    assert twin("yield_needed_per_day", *told, day=10) == 1 / 10
    assert twin("lines_complete_ratio", *told, confirmed(10, "1"), day=10) == 1


def test_a_line_without_a_promise_has_no_slack_to_it() -> None:
    told = [
        created(0, 20, order="B", item="x"),
        shipped(6, order="B"),
        created(7, None, item="x"),
    ]
    assert twin("usual_days_left", *told, day=8) == 6 - 1
    assert np.isnan(twin("pace_slack", *told, day=8))


def test_a_line_still_needs_the_usual_days_of_work_and_fails_the_usual_inspections() -> None:
    """B, released on day 1, had its last operation done on day 3; it failed with one operation done and with two."""
    failed = [event("inspection.recorded", day, "B", line="1", state="failed", reference="i") for day in (2.5, 4)]
    told = [*made("B", 2), *failed, created(8, 20, line="1", item="x")]
    truck = event("delivery.planned", 8, reference="d", date=18)
    assert twin("usual_work_days_left", *told, day=10) == 2  # it is not released: all days of the work are left
    assert twin("work_slack", *told, day=10) == 20 - 10 - 2
    assert twin("work_slack", *told, truck, day=10) == 18 - 10 - 2
    assert [twin("usual_failures_left", *told, *rows, day=12) for rows in ([], [confirmed(9, "0")])] == [2, 2]
    released = event("production.released", 9.5, line="1")
    assert twin("usual_work_days_left", *told, released, day=10) == 2 - 0.5
    assert twin("usual_failures_left", *told, confirmed(9, "0"), confirmed(10, "1"), day=12) == 1


def test_work_covers_an_order_until_too_much_is_lost() -> None:
    """Twelve pieces for ten; three are lost; then two more are released, of which one is taken back."""
    told = [
        created(0, 20, line="1", quantity=10),
        event("production.released", 1, line="1", reference="p", quantity=12),
        event("operation.scrapped", 2, line="1", quantity=3),
        event("production.released", 3, line="1", reference="q", quantity=2),
        event("production.released", 4, line="1", reference="q", quantity=1),
    ]
    assert np.isnan(twin("quantity_cover", *told, day=0))
    covers = [twin("quantity_cover", *told, day=day) for day in (1, 2, 3, 4)]
    assert covers == pytest.approx([0.2, -0.1, 0.1, 0.0])


def test_a_component_and_a_hold_take_as_long_as_others_of_their_kind_took() -> None:
    """Steel came two days after the date that was stated last; a credit hold stood three days."""
    told = [
        created(0, 40, order="B", line="1"),
        event("material.stated", 1, "B", state="short", reference="steel", line="1", date=3),
        event("material.stated", 2, "B", state="short", reference="steel", line="1", date=5),
        event("material.stated", 7, "B", state="available", reference="steel", line="1"),
        event("hold.placed", 1, "B", kind="credit", reference="h"),
        event("hold.released", 4, "B", kind="credit", reference="h"),
        created(0, 40, line="1"),
        event("material.stated", 5, state="short", reference="steel", line="1", date=10),
        event("hold.placed", 5, kind="credit", reference="k"),
    ]
    assert [twin("usual_component_delay", *told, day=day) for day in (6, 8)] == [0, 2]
    assert [twin("usual_shortage_slack", *told, day=day) for day in (6, 8, 12)] == [30, 28, 40 - 12 - 2]
    assert twin("usual_hold_days", *told, day=8) == 3


def test_half_an_operation_is_rounded_to_even() -> None:
    """Lines left with 2 and with 3 operations, that is 2.5: two are enough."""
    told = [*made("B", 2), *made("C", 3), created(8, 20, line="1", item="x"), confirmed(8, "0")]
    assert twin("operations_left", *told, day=8) == 1.5
    assert twin("lines_complete_ratio", *told, day=8) == 0
    assert twin("lines_complete_ratio", *told, confirmed(9, "1"), day=9) == 1
    assert twin("complete_not_shippable", *told, confirmed(9, "1"), day=9) == 1


def test_the_mean_of_an_item_is_shrunk_by_five_lines_of_any() -> None:
    other = [row | ({"item": "y"} if "item" in row else {}) for row in made("C", 0)]
    told = [*made("B", 2), *other, created(8, 20, line="1", item="x")]
    assert twin("operations_left", *told, day=8) == (2 + 5 * 1) / (1 + 5)


def test_a_line_waits_where_lines_of_its_item_mostly_went() -> None:
    """From the saw two went to the mill, one to the lathe. B waits at the mill, A is done at the saw."""
    went = [
        row
        for order, work_center in (("B", "mill"), ("C", "mill"), ("D", "lathe"))
        for row in (
            created(0, 40, order=order, line="1", item="x"),
            confirmed(1, "10", order, work_center="saw"),
            confirmed(2, "20", order, work_center=work_center, state="partial" if order == "B" else "final"),
        )
    ]
    waiting = [created(3, 40, line="1", item="x"), confirmed(4, "10", work_center="saw")]
    assert twin("work_center_queue", *went, *waiting, day=4) == 1
    assert twin("work_center_queue", *went, *waiting, day=5) == 2
    assert np.isnan(twin("work_center_queue", *went, day=5, order="C"))
    assert twin("item_open_lines", *went, *waiting, day=5) == 4


def test_the_latest_quantity_that_is_given_of_each_delivery_counts() -> None:
    told = [
        created(0, 20, quantity=10),
        event("delivery.planned", 1, reference="d", date=18, quantity=4),
        event("delivery.planned", 2, reference="d", date=21),
        event("delivery.planned", 3, reference="e", date=15, quantity=3),
    ]
    assert [twin("planned_quantity_ratio", *told, day=day) for day in (0, 2, 3)] == [0, 0.4, 0.7]
    assert [twin(name, *told, day=3) for name in ("deliveries_revised", "delivery_moved", "days_to_truck")] == [
        1,
        3,
        18,
    ]


def planned(day: float, date: float, line: str | None = None, **says: Any) -> dict[str, Any]:
    return event("delivery.planned", day, reference="D", date=date, line=line, **says)


def test_one_truck_for_several_lines_is_a_plan_of_each() -> None:
    """Line 1 is promised for day 20 and goes on day 18, line 2 is promised for day 30 and goes on day 33."""
    told = [created(0, 20, line="1"), created(0, 30, line="2")]
    told += [planned(1, 18, "1", quantity=4), planned(2, 33, "2", quantity=6), planned(3, 18, "1", quantity=4)]
    assert [twin("delivery_slack", *told, day=day) for day in (1, 2, 3)] == [2, -3, -3]
    assert [twin("deliveries_revised", *told, day=day) for day in (2, 3)] == [0, 0]
    assert twin("planned_quantity_ratio", *told, day=3) == (4 + 6) / 20
    assert twin("days_to_truck", *told, day=3) == 30


def test_what_is_stated_of_a_truck_without_a_line_is_about_each_of_its_lines() -> None:
    """On day 3 it is put off to day 25 with all it takes; the same again, with a line and without, is no revision."""
    told = [created(0, 20, line="1"), created(0, 30, line="2"), planned(1, 18, "1"), planned(2, 24, "2")]
    told += [planned(3, 25, quantity=8), planned(4, 25, "2"), planned(5, 25), planned(6, 29, "2", quantity=3)]
    assert [twin("delivery_slack", *told, day=day) for day in (2, 3, 6)] == [2, 20 - 25, -5]
    assert [twin("delivery_moved", *told, day=day) for day in (2, 3, 5, 6)] == [0, 7, 7, 7 + 4]
    assert [twin("deliveries_revised", *told, day=day) for day in (2, 3, 5, 6)] == [0, 1, 1, 2]
    assert [twin("planned_quantity_ratio", *told, day=day) for day in (5, 6)] == [8 / 20, 3 / 20]


def test_a_truck_of_the_whole_order_goes_for_a_line_until_that_says_otherwise() -> None:
    told = [created(0, 20, line="1"), created(0, 30, line="2")]
    told += [planned(1, 25), planned(2, 25, "2"), planned(3, 22, "1"), planned(4, 26)]
    assert [twin("delivery_slack", *told, day=day) for day in (1, 2, 3, 4)] == [20 - 25, 30 - 25, 20 - 22, 20 - 26]
    assert [twin("deliveries_revised", *told, day=day) for day in (2, 3, 4)] == [0, 1, 2]
    assert twin("delivery_moved", *told, day=4) == -3 + 4


def test_a_truck_of_the_whole_order_takes_the_lines_that_are_due_first() -> None:
    """Line 2 is due ten days later, so its end on day 25 is not late for the truck of day 18 until line 1 has left."""
    told = [created(0, 20, line="1"), created(0, 30, line="2"), planned(1, 18)]
    told += [event("production.released", 2, line="2", reference="q", date=25)]
    assert np.isnan(twin("planned_end_truck_slack", *told, day=2))
    told += [event("production.released", 3, reference="p", date=17)]
    assert twin("planned_end_truck_slack", *told, day=3) == 1
    assert twin("planned_end_truck_slack", *told, shipped(17, line="1"), day=17) == 18 - 25


def test_a_plan_of_before_does_not_overturn_the_one_in_force() -> None:
    """On Wednesday, day 2, the end is put off to day 16; what was planned on Tuesday, day 14, is booked on day 4."""
    told = [
        created(0, 20),
        event("production.released", 0, reference="p", date=10),
        event("production.rescheduled", 2, reference="p", date=16),
        event("production.rescheduled", 1, reference="p", date=14, late=3),
        planned(2, 19),
        planned(1, 23, late=3, quantity=7),
    ]
    for day in (3, 4):
        assert twin("planned_end_slack", *told, day=day) == 20 - 16
        assert twin("days_to_planned_end", *told, day=day) == 16 - day
        assert twin("schedule_churn", *told, day=day) == 1
        assert twin("planned_end_travel", *told, day=day) == 6
        assert twin("delivery_slack", *told, day=day) == 1
        assert twin("deliveries_revised", *told, day=day) == 0
    assert twin("planned_quantity_ratio", *told, day=4) == 0.7


def test_slack_is_lost_from_the_first_plan_that_met_a_promise() -> None:
    told = [
        event("production.released", 0, reference="p", date=10),
        created(1, 20),
        event("production.rescheduled", 3, reference="p", date=16),
        event("commitment.changed", 9, date=18, actor="customer"),
    ]
    assert np.isnan(twin("planned_end_slack_lost", *told, day=0))
    assert [twin("planned_end_slack_lost", *told, day=day) for day in (1, 3, 9)] == [0, 6, 8]
    assert twin("planned_end_slack_change_last_7_days", *told, day=9) == (18 - 16) - (20 - 10)
    assert twin("promise_moves_by_customer", *told, day=9) == 1


def test_working_days_are_those_after_today_up_to_the_promise() -> None:
    """Day 3 is a Thursday, day 7 the Monday after."""
    told = [created(0, 7)]
    assert [twin("working_days_to_promise", *told, day=day) for day in (3, 4, 6, 7, 8)] == [2, 1, 1, 0, 0]
    assert twin("promise_hour", *told, day=3) == 12


def test_a_component_slips_line_by_line() -> None:
    told = [
        created(0, 20),
        event("material.stated", 1, state="short", reference="s", line="1", date=5),
        event("material.stated", 2, state="short", reference="s", line="2", date=9),
        event("material.stated", 3, state="short", reference="s", line="1", date=7),
        event("material.stated", 4, state="short", reference="s", date=30),
        event("material.stated", 5, state="short", reference="s", line="2", date=8),
    ]
    assert [twin("component_slip", *told, day=day) for day in (3, 4, 5)] == [2, 2 + 23, 25]
    assert [twin("open_shortages", *told, day=day) for day in (3, 4, 5)] == [2, 1, 2]
    assert [twin("shortages_due_after_need", *told, day=day) for day in (3, 4)] == [0, 1]
    assert twin("shortage_slack", *told, day=5) == 20 - 30
    assert twin("shortages_overdue", *told, day=8) == 0
    assert twin("shortages_overdue", *told, day=9) == 1


def test_an_order_that_came_back_is_not_judged_until_its_promise_has_passed() -> None:
    """B shipped on day 3, believed on day 5; on day 7 all of it but one is reversed; its promise was day 10."""
    told = [
        created(0, 10, order="B", customer="C"),
        shipped(3, 10, "B"),
        shipped(4, -9, "B", late=3),
        created(0, 90, customer="C"),
    ]
    shares = [twin("customer_partial_share", *told, day=day) for day in (6, 8, 13)]
    assert shares[0] == 0
    assert np.isnan(shares[1])
    assert shares[2] == 1
