"""What became of orders after decisions, beside orders that nobody decided about."""

from __future__ import annotations

from serving.overviews.decision_outcomes import OrderCourse, outcomes_of_decisions, sum_courses
from serving.overviews.weeks import find_week
from serving.principal import NOBODY, Caller, Role
from tests.support.filled import record_decision
from tests.support.stores import House
from tests.support.stories import created, shipped

OF_ULM = Caller("Uli", frozenset({"Ulm"}), Role.PLANNER, "key")


def test_an_order_that_went_late_counts_so_though_it_has_shipped_since() -> None:
    sums = sum_courses(
        [
            OrderCourse("A", 0.8, "shipped", went_late=False, after=None),
            OrderCourse("B", 0.6, "shipped", went_late=True, after=None),
            OrderCourse("C", 0.5, "open", went_late=False, after=0.2),
            OrderCourse("D", 0.1, "cancelled", went_late=False, after=None),
        ]
    )
    assert sums is not None
    assert (sums.orders, sums.shipped, sums.late, sums.cancelled, sums.open) == (4, 1, 1, 1, 1)
    assert (sums.before, sums.open_before, sums.open_after) == (0.5, 0.5, 0.2)
    assert sum_courses([]) is None


def test_decisions_of_a_week_and_orders_without(store: House) -> None:
    for order, promise in (("Ships", 20.0), ("Late", 4.0), ("Open", 20.0), ("Talk", 20.0), ("Nobody", 20.0)):
        store.ingest(created(0, promise, order=order, plant="Kiel"))
    store.fresh()
    store.move_to(3.2)
    for order in ("Ships", "Late", "Open"):
        record_decision(store, order, kind="acknowledge")
    record_decision(store, "Late", kind="expedite")
    record_decision(store, "Talk", kind="comment", comment="who knows")
    store.move_to(5)
    store.ingest(shipped(4.5, order="Ships"))
    store.fresh()
    week = find_week(None, store.now[0], "UTC")
    told = outcomes_of_decisions(store.services, week, NOBODY)
    assert [(kind, sums.orders) for kind, sums in told.by_kind] == [("acknowledge", 3), ("expedite", 1)]
    acknowledged = dict(told.by_kind)["acknowledge"]
    assert (acknowledged.shipped, acknowledged.late, acknowledged.open) == (1, 1, 1)
    assert outcomes_of_decisions(store.services, week, OF_ULM).by_kind == []


def test_others_are_orders_of_like_risk_that_were_open_when_the_week_began(store: House) -> None:
    store.move_to(-1)
    for order in ("Decided", "Other"):
        store.ingest(created(-2, 20, order=order))
    store.ingest(created(-2, -1.5, order="Late"))
    store.fresh()
    store.move_to(2)
    store.fresh()
    record_decision(store, "Decided", kind="acknowledge")
    told = outcomes_of_decisions(store.services, find_week(None, store.now[0], "UTC"), NOBODY)
    others = told.others
    assert others is not None
    assert others.orders == 1, "not the one decided about, nor the late one"
    assert told.from_risk > 0
