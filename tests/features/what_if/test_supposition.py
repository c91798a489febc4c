"""What is supposed of an order, in words a planner would use: days count from Monday 1 January 2024."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import pytest

from features.decision_points import DecisionPoints
from features.events.schema import TYPES, EventKey
from features.history import History
from features.readiness.blockers import Facts
from features.readiness.statements import KnownOrder
from features.what_if.copies import checked_events, with_events
from features.what_if.supposition import supposition
from tests.support.stories import created, event, moment, shipped, story

ORDER = [
    created(0, 20, line="10"),
    created(0, 20, line="30"),
    event("material.stated", 1, state="short", reference="steel", quantity=60, line="30", date=15),
    event("delivery.planned", 1, reference="D1", date=19, quantity=20),
    event("hold.placed", 1, kind="quality", reference="H9", line="30"),
    shipped(2, 4, line="10"),
]


def says(what: str, **said: Any) -> dict[str, Any]:
    return {"type": what} | said


CASES: dict[str, dict[str, Any]] = {
    "quality hold H1 on line 10 is placed": says("hold.placed", kind="quality", reference="H1", line_id="10"),
    "credit hold is placed, release expected Tue 9 Jan": says("hold.placed", kind="credit", date="2024-01-09"),
    "credit hold is released": says("hold.released", kind="credit"),
    "quality hold H9 on line 30 is released": says("hold.released", kind="quality", reference="H9"),
    "steel (60, line 30) comes today": says("material.stated", state="available", reference="steel", line_id="30"),
    "steel (60, line 30) comes on Mon 8 Jan": says(
        "material.stated", state="short", reference="steel", line_id="30", quantity=60.0, date="2024-01-08"
    ),
    "steel (9, line 30) is still missing, and no date is stated": says(
        "material.stated", state="short", reference="steel", line_id="30", quantity=9.0
    ),
    "tin (line 10) is missing": says("material.stated", state="short", reference="tin", line_id="10"),
    "tin (line 10) is missing until Mon 8 Jan": says(
        "material.stated", state="short", reference="tin", line_id="10", date="2024-01-08"
    ),
    "final inspection of lot L1 on line 10 fails": says(
        "inspection.recorded", kind="final", state="failed", reference="L1", line_id="10"
    ),
    "an inspection passes": says("inspection.recorded", state="passed"),
    "labels are met for line 10": says("readiness.stated", kind="labels", state="met", line_id="10"),
    "packaging is not met": says("readiness.stated", kind="packaging", state="not_met"),
    "the promise of line 10 moves to Tue 30 Jan": says("commitment.changed", line_id="10", date="2024-01-30"),
    "the promise moves to Tue 30 Jan": says("commitment.changed", date="2024-01-30"),
    "the customer asks for Tue 30 Jan": says("commitment.requested", date="2024-01-30"),
    "work P1 on line 10 is released": says("production.released", reference="P1", line_id="10"),
    "work on line 10 is planned to end Fri 12 Jan": says("production.rescheduled", date="2024-01-12", line_id="10"),
    "truck D1 leaves Fri 12 Jan": says("delivery.planned", reference="D1", date="2024-01-12"),
    "a truck is planned for Fri 12 Jan for line 10 with 1 unit": says(
        "delivery.planned", date="2024-01-12", quantity=1.0, line_id="10"
    ),
    "line 40 is ordered": says("order_line.created", line_id="40", quantity=1.0),
    "line 40 is ordered, promised for Fri 12 Jan": says(
        "order_line.created", line_id="40", quantity=1.0, date="2024-01-12"
    ),
    "the ordered quantity of line 10 is 8 units": says("order_line.changed", line_id="10", quantity=8.0),
    "line 10 is closed as short": says("order_line.closed", line_id="10", reason="short"),
    "the order is closed as cancelled": says("order_line.closed", reason="cancelled"),
    "line 10 is opened again": says("order_line.reopened", line_id="10"),
    "the order is opened again": says("order_line.reopened"),
    "4 units are booked at operation 30 on line 10": says(
        "operation.confirmed", reference="30", line_id="10", quantity=4.0, state="partial"
    ),
    "operation 30 on line 10 is finished with 1 more unit": says(
        "operation.confirmed", reference="30", line_id="10", quantity=1.0, state="final"
    ),
    "1 unit is scrapped at operation 30": says("operation.scrapped", reference="30", quantity=1.0),
    "2 units are reworked at operation 30": says("operation.reworked", reference="30", quantity=2.0),
    "6 units of line 10 leave": says("goods.issued", line_id="10", quantity=6.0),
    "all that is left leaves": says("goods.issued", state="complete"),
    "4 units of line 10 that left are taken back": says("goods.issued", line_id="10", quantity=-4.0),
    "1 unit of line 10 comes back": says("goods.returned", line_id="10", quantity=1.0),
    "somebody decides (expedite)": says("decision.recorded", kind="expedite"),
}


def told(*events: dict[str, Any]) -> str:
    history = History.of(story(*ORDER))
    now = np.array([moment(4)])
    added = checked_events(events, "A", int(now[0]))
    copy = with_events(history, DecisionPoints(np.array([0]), now), added, np.zeros(len(events), dtype=np.int64))
    facts = Facts(KnownOrder(copy, 0, int(now[0])), int(now[0]), UTC)
    return supposition(facts, {EventKey("what-if", f"what-if {number + 1}") for number in range(len(events))})


@pytest.mark.parametrize("clause", CASES)
def test_an_event_is_told_as_what_happens(clause: str) -> None:
    assert told(CASES[clause]) == f"if {clause}"


def test_every_type_of_event_has_its_words() -> None:
    assert {said["type"] for said in CASES.values()} == set(TYPES)


def test_several_events_are_told_in_one_sentence_and_many_are_counted() -> None:
    promise = {"type": "commitment.changed", "line_id": "10", "date": "2024-01-30"}
    truck = {"type": "delivery.planned", "reference": "D1", "date": "2024-01-29"}
    assert told(promise, truck) == "if the promise of line 10 moves to Tue 30 Jan and truck D1 leaves Mon 29 Jan"
    both = [promise, promise | {"line_id": "30"}, truck]
    assert told(*both) == "if the promises of lines 10 and 30 move to Tue 30 Jan and truck D1 leaves Mon 29 Jan"
    many = [{"type": "hold.placed", "kind": "quality", "reference": f"H{number}"} for number in range(6)]
    assert told(*many).endswith("quality hold H3 is placed and 2 more")
