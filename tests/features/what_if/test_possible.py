"""What can and what cannot be stated of an order as it stands, on a history a reader can check."""

from __future__ import annotations

from typing import Any

import pytest

from features.history import History
from features.what_if.copies import checked_events
from features.what_if.possible import refusals
from tests.support.stories import created, event, moment, shipped, story

DAY = 4
ORDER: list[dict[str, Any]] = [
    created(0, 20, line="1/a"),
    created(0, 25, line="1/b"),
    created(0, 20, line="2"),
    created(0, 20, line="3"),
    event("hold.placed", 1, kind="credit", date=9),
    event("production.released", 1, reference="P", line="2", date=15, quantity=10),
    event("inspection.recorded", 2, reference="L1", kind="final", state="failed", line="2"),
    event("inspection.recorded", 2, reference="L2", kind="final", state="passed", line="2"),
    event("operation.confirmed", 2, reference="10", line="2", quantity=4, state="partial"),
    event("order_line.closed", 2, line="3", reason="short"),
    shipped(3, 4, line="1/a"),
]


def why(*events: dict[str, Any], rows: list[dict[str, Any]] = ORDER) -> list[tuple[int, str, str]]:
    history = History.of(story(*rows))
    added = checked_events(events, "A", moment(DAY))
    return [(one.row, one.column, str(one)) for one in refusals(history, 0, moment(DAY), added)]


def says(what: str, **said: Any) -> dict[str, Any]:
    return {"type": what} | said


@pytest.mark.parametrize(
    "said",
    [
        says("hold.released", kind="credit"),
        says("hold.placed", kind="credit", date="2024-01-15"),
        says("hold.placed", kind="credit", reference="C2"),
        says("inspection.recorded", reference="L1", kind="final", state="passed", line_id="2"),
        says("inspection.recorded", reference="L3", kind="final", state="passed", line_id="2"),
        says("production.rescheduled", reference="P", line_id="2", date="2024-01-10"),
        says("production.rescheduled", reference="P", date="2024-01-10"),
        says("inspection.recorded", kind="final", state="passed", line_id="1/a"),
        says("operation.confirmed", reference="10", line_id="2", quantity=0.0, state="final"),
        says("commitment.changed", line_id="1", date="2024-01-30"),
        says("goods.issued", line_id="1", quantity=16.0),
        says("goods.issued", line_id="1/a", quantity=-4.0),
        says("goods.returned", line_id="1/a", quantity=4.0),
        says("order_line.reopened", line_id="3"),
        says("order_line.reopened"),
        says("order_line.closed", reason="cancelled"),
        says("material.stated", state="short", reference="tin", line_id="2"),
        says("decision.recorded", kind="expedite"),
    ],
    ids=lambda said: said["type"],
)
def test_what_can_happen_is_not_refused(said: dict[str, Any]) -> None:
    assert why(said) == []


@pytest.mark.parametrize(
    ("said", "column", "detail"),
    [
        (
            says("hold.placed", kind="credit"),
            "reference",
            "must be that of a hold that is not open, got credit hold, open since Tue 2 Jan",
        ),
        (
            says("inspection.recorded", reference="L1", kind="final", state="failed", line_id="2"),
            "state",
            "must change something, got a lot that has failed already, Wed 3 Jan",
        ),
        (
            says("inspection.recorded", reference="L2", kind="final", state="passed", line_id="2"),
            "state",
            "must change something, got a lot that has passed already, Wed 3 Jan",
        ),
        (
            says("production.rescheduled", reference="P", line_id="2", date="2024-01-16T12:00:00Z"),
            "date",
            "must change something, got P, which is planned already for Tue 16 Jan",
        ),
        (
            says("production.rescheduled", line_id="2", date="2024-01-12"),
            "reference",
            "must be one of the production orders (P of line 2), got one without a name of line 2",
        ),
        (
            says("production.rescheduled", reference="P", line_id="1", date="2024-01-12"),
            "reference",
            "must be left out, as no production order of line 1 is known, got P of line 1",
        ),
        (
            says("inspection.recorded", kind="final", state="passed", line_id="2"),
            "reference",
            "must be one of the lots that failed (L1 of line 2), got no lot",
        ),
        (
            says("order_line.closed", line_id="3", reason="short"),
            "line_id",
            "must be a line that is still to ship (1/a, 1/b and 2), got 3: closed as short",
        ),
        (
            says("operation.scrapped", line_id="2", quantity=0.0),
            "quantity",
            "must change something, got 0",
        ),
        (
            says("goods.issued", line_id="1", quantity=17.0),
            "quantity",
            "must be at most what is still to ship (16), got 17",
        ),
        (
            says("goods.issued", line_id="1/a", quantity=-5.0),
            "quantity",
            "must take back at most what has been issued (4), got 5",
        ),
        (
            says("commitment.changed", line_id="1/b", date="2024-01-26T12:00:00Z"),
            "date",
            "must change something, got Fri 26 Jan, which is promised already",
        ),
    ],
)
def test_what_cannot_happen_says_why(said: dict[str, Any], column: str, detail: str) -> None:
    assert why(said) == [(0, column, detail)]


def test_each_event_is_judged_after_those_before_it() -> None:
    placed, released = (
        says("hold.placed", kind="quality", reference="Q"),
        says("hold.released", kind="quality", reference="Q"),
    )
    assert why(placed, released) == []
    assert [(row, column) for row, column, _ in why(released, placed, placed)] == [(0, "reference"), (2, "reference")]
    assert [
        row
        for row, _, _ in why(
            says("goods.issued", line_id="2", quantity=6.0), says("goods.issued", line_id="2", quantity=6.0)
        )
    ] == [1]


def test_without_a_production_order_the_work_is_planned_and_none_is_named() -> None:
    rows = [created(0, 20, line="1"), created(0, 20, line="2")]
    named = says("production.rescheduled", reference="P9", line_id="1", date="2024-01-12")
    assert why(named, rows=rows) == [
        (0, "reference", "must be left out, as no production order of line 1 is known, got P9 of line 1")
    ]
    planned = says("production.rescheduled", line_id="1", date="2024-01-12")
    assert why(planned, rows=rows) == []
    assert why(says("production.rescheduled", date="2024-01-12"), rows=rows) == []
    gone = [event("production.released", 1, reference="P2", line="2", date=9), shipped(3, line="2")]
    assert why(planned, says("production.rescheduled", date="2024-01-15"), rows=[*rows, *gone]) == [], "P2 is done"
    assert why(says("production.released", reference="P9", line_id="1"), named, rows=rows) == [], "it is known by then"


def test_of_an_order_that_has_left_only_reopening_comes_first() -> None:
    gone = [created(0, 20, line="1"), event("order_line.closed", 1, line="1", reason="cancelled")]
    placed = says("hold.placed", kind="credit")
    assert why(placed, rows=gone) == [
        (
            0,
            "type",
            "must be order_line.reopened before anything else of an order that has left, got one that is cancelled",
        )
    ]
    assert why(says("order_line.reopened"), placed, rows=gone) == []
