"""Trucks, plans, conditions and components of a state that is sent again: told once, they are known."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from features.history import History
from features.readiness.statements import KnownOrder
from features.times import DAY, isoformat
from serving.contract.order_state import OrderSnapshot
from serving.ingest.states.difference import as_cloud_events, missing_events
from serving.ingest.states.recorded_order import RecordedOrder
from tests.support.stories import created, event, moment, story

LINES = (created(0, 20, line="10", source="erp"), created(0, 30, line="20", source="erp"))
FIRST, SECOND = (
    {"reference": "D", "line_id": line, "planned": day} for line, day in (("10", "2024-01-19"), ("20", "2024-01-26"))
)


class Sent:
    """An order of two lines, of which states come in day by day."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = [*LINES, *rows]
        self.now = moment(5)

    def put(self, **state: Any) -> list[dict[str, Any]]:
        """The data of the events that a state leads to; that it leads to none when it is sent again."""
        missing = self._missing(state)
        for one in missing:
            told = {name: one[name] for name in ("source", "sequence")} | {"event_id": one["id"], "order_id": "A"}
            told |= {"type": one["type"].removeprefix("shiprisk."), "occurred_at": one["time"]}
            self.rows.append(told | {"recorded_at": isoformat(self.now)} | one["data"])
        assert self._missing(state) == []
        self.now += DAY
        return [one["data"] for one in missing]

    def _missing(self, state: dict[str, Any]) -> list[dict[str, Any]]:
        snapshot = OrderSnapshot.model_validate({"source": "erp"} | state)
        stored = RecordedOrder(KnownOrder(History.of(story(*self.rows)), 0, self.now))
        missing = missing_events(snapshot, stored, self.now, "UTC")
        return as_cloud_events(missing, "A", "erp", len(stored.events))


def lines_of(missing: list[dict[str, Any]]) -> list[str | None]:
    return [data.get("line_id") for data in missing]


def test_two_deliveries_of_one_reference_are_told_once() -> None:
    sent = Sent()
    assert lines_of(sent.put(deliveries=[FIRST, SECOND])) == ["10", "20"]
    assert lines_of(sent.put(deliveries=[FIRST, SECOND | {"planned": "2024-01-27"}])) == ["20"]
    assert lines_of(sent.put(deliveries=[FIRST | {"quantity": 4}, SECOND | {"planned": "2024-01-27"}])) == ["10"]


def test_a_truck_without_a_line_is_about_each_that_it_is_named_for() -> None:
    sent = Sent()
    sent.put(deliveries=[FIRST, SECOND])
    whole = {"reference": "D", "planned": "2024-01-26"}
    assert lines_of(sent.put(deliveries=[whole])) == [None]
    assert lines_of(sent.put(deliveries=[FIRST | {"planned": "2024-01-26"}])) == ["20"], "its list is whole"
    assert lines_of(sent.put(deliveries=[whole | {"quantity": 9}])) == [None]
    sized = [FIRST | {"planned": "2024-01-26", "quantity": 4}, SECOND | {"quantity": 5}]
    assert lines_of(sent.put(deliveries=sized)) == ["10", "20"]
    assert lines_of(sent.put(deliveries=[whole | {"quantity": 9}])) == []


def test_a_truck_of_the_whole_order_that_is_told_for_lines_names_them() -> None:
    sent = Sent()
    sent.put(deliveries=[{"reference": "D", "planned": "2024-01-19"}])
    assert lines_of(sent.put(deliveries=[FIRST, SECOND])) == ["10", "20"]


def test_a_plan_for_several_lines_is_told_once() -> None:
    sent = Sent()
    plans = [
        {"reference": "P", "line_id": line, "planned_end": f"2024-01-{day}"} for line, day in (("10", 15), ("20", 16))
    ]
    assert lines_of(sent.put(production=plans)) == ["10", "20"]
    assert lines_of(sent.put(production=[plans[0], plans[1] | {"planned_end": "2024-01-17"}])) == ["20"]
    assert lines_of(sent.put(production=[{"reference": "P", "planned_end": "2024-01-18"}])) == [None]


def test_a_plan_that_was_booked_late_is_not_the_one_in_force() -> None:
    """The truck of day 19 was planned on day 2; on day 4 one that was planned on day 1 is booked."""
    planned = [
        event("delivery.planned", 2, reference="D", date=19),
        event("delivery.planned", 1, reference="D", date=12, late=3),
    ]
    sent = Sent(*planned)
    assert sent.put(deliveries=[{"reference": "D", "planned": "2024-01-20T12:00:00Z"}]) == []


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("deliveries", {"reference": "D", "planned": "2024-01-19", "quantity": 5}),
        ("production", {"reference": "P", "planned_end": "2024-01-19"}),
    ],
)
def test_what_is_withdrawn_is_so_for_a_state_of_an_earlier_time_too(kind: str, item: dict[str, Any]) -> None:
    sent = Sent()
    sent.put(**{kind: [item]})
    assert len(sent.put(**{kind: []})) == 1
    assert sent.put(**{kind: []}, time="2024-01-03T00:00:00Z") == []
    sent.put(**{kind: [item]}, time="2024-01-03T00:00:00Z")
    assert len(sent.put(**{kind: []}, time="2024-01-02T00:00:00Z")) == 1


def test_what_is_told_of_the_whole_order_comes_before_what_is_told_of_lines() -> None:
    """Line 10's labels are not met, and stay so when those of the whole order come to be met."""
    own = {"kind": "labels", "state": "not_met", "line_id": "10"}
    whole = {"kind": "labels", "state": "not_met"}
    sent = Sent()
    assert lines_of(sent.put(conditions=[own])) == ["10"]
    assert lines_of(sent.put(conditions=[own, whole])) == [None]
    assert lines_of(sent.put(conditions=[own, whole | {"state": "met"}])) == [None, "10"]
    short = {"reference": "K", "state": "short", "quantity": 2}
    assert lines_of(sent.put(components=[short | {"line_id": "10"}, short | {"state": "available"}])) == [None, "10"]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"deliveries": [FIRST, FIRST | {"planned": "2024-01-30"}]}, "deliveries must be told once, got more of D"),
        ({"deliveries": [FIRST, {"reference": "D", "planned": "2024-01-30"}]}, "for the whole order, got both of D"),
        ({"conditions": [{"kind": "labels", "state": "met"}] * 2}, "each of conditions must be told once, got"),
        ({"holds": [{"reference": "H", "kind": "quality", "line_id": line} for line in ("10", "20")]}, "got more of H"),
    ],
)  # fmt: skip
def test_what_would_stand_two_ways_at_once_is_refused(state: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        OrderSnapshot.model_validate({"source": "erp"} | state)
