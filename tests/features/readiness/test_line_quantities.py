"""How much of a line is made, and how much of it could leave now."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from features.events.schema import MICRO
from features.history import History
from features.readiness.blockers import Facts
from features.readiness.line_quantities import line_quantities
from features.readiness.statements import KnownOrder
from tests.support.readiness import booked, stated
from tests.support.stories import created, event, moment, shipped, story


def quantities(*events: dict[str, Any], day: float = 9) -> list[tuple[float | None, str | None, float]]:
    """By line, in the order of their ids: made, at which operation, could ship."""
    facts = Facts(KnownOrder(History.of(story(*events)), 0, moment(day)), moment(day), UTC)
    found = line_quantities(facts)
    rows = [found[line.key] for line in sorted(facts.lines, key=lambda line: line.id or "")]
    return [(None if r.made is None else r.made / MICRO, r.operation, r.shippable / MICRO) for r in rows]


def test_what_is_made_ships_once_somebody_says_so() -> None:
    told = [created(0, 20, quantity=100), booked(2, 60, "10"), booked(4, 55, "20")]
    assert quantities(*told) == [(55.0, "20", 0.0)]
    assert quantities(*told, stated(5, "labels")) == [(55.0, "20", 55.0)]
    assert quantities(*told, stated(5, "labels"), shipped(6, 40)) == [(55.0, "20", 15.0)]


def test_what_is_booked_in_part_is_not_made_by_that_operation() -> None:
    told = [created(0, 20, quantity=100), booked(2, 100, "10"), booked(4, 30, "20", "partial"), stated(5, "labels")]
    assert quantities(*told) == [(100.0, "10", 30.0)]
    assert quantities(created(0, 20, quantity=100), booked(2, 30, "10", "partial"), stated(5, "labels")) == [
        (None, None, 0.0)
    ]


def test_what_was_scrapped_after_is_not_made() -> None:
    scrapped = event("operation.scrapped", 4, quantity=5, reference="20")
    told = [created(0, 20, quantity=100), booked(2, 100, "10"), scrapped, stated(5, "labels")]
    assert quantities(*told) == [(95.0, "10", 95.0)]


def test_a_hold_keeps_its_line_and_no_other() -> None:
    told = [created(0, 20, line="1", quantity=10), created(0, 20, line="2", quantity=4)]
    told += [stated(5, "labels"), event("hold.placed", 6, kind="quality", reference="H", line_id="1")]
    assert quantities(*told) == [(None, None, 0.0), (None, None, 4.0)]


def test_several_production_orders_promise_and_have_made_nothing_yet() -> None:
    released = [event("production.released", 1, reference=name, quantity=50) for name in ("P1", "P2")]
    told = [created(0, 20, quantity=100), *released, booked(4, 50, "10"), stated(5, "labels")]
    assert quantities(*told) == [(None, None, 0.0)]


def test_nothing_more_leaves_of_a_line_that_has_left() -> None:
    assert quantities(created(0, 20, quantity=10), booked(2, 10), stated(3, "labels"), shipped(4, 10)) == [
        (10.0, "10", 0.0)
    ]
