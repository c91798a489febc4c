"""A key of one plant sends no events of another plant's lines, instalments or holds in an order of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from serving.ingest.ingest import ingest_events
from serving.principal import NOBODY, Caller
from serving.store.schema import events
from tests.support.stores import House, house

KIEL, ULM = (Caller(name, frozenset({name})) for name in ("Kiel", "Ulm"))


@pytest.fixture
def store(url: str) -> Iterator[House]:
    """An order of two lines: 1 of Kiel, 2 of Ulm with a quality hold."""
    own = house(url, None, day=3)
    send(own, NOBODY, "order_line.created", line_id="1", quantity=10, plant="Kiel")
    send(own, NOBODY, "order_line.created", line_id="2", quantity=10, plant="Ulm")
    send(own, NOBODY, "hold.placed", line_id="2", kind="quality", reference="HU")
    yield own
    own.database.close()


def send(store: House, caller: Caller, event_type: str, **data: Any) -> str:
    """What became of an event."""
    return post(store, caller, cloud_event(f"{caller.id} {event_type} {sorted(data.items())}", event_type, **data))[0]


def post(store: House, caller: Caller, *sent: dict[str, Any]) -> list[str]:
    """What became of the events of a request."""
    context = store.services.scoring_context("event")
    result = store.database.write(lambda connection: ingest_events(connection, sent, context, caller))
    return [str(event.outcome) for event in result.events]


def cloud_event(event_id: str, event_type: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": event_id, "source": "erp", "subject": "A", "type": f"shiprisk.{event_type}",
        "time": "2024-01-02T00:00:00Z", "data": data,
    }  # fmt: skip


@pytest.mark.parametrize("name", [{"line_id": "2/9"}, {"line_id": "2", "instalment": "9"}])
def test_an_instalment_of_another_plants_line_however_it_is_written(store: House, name: dict[str, str]) -> None:
    assert send(store, KIEL, "order_line.created", quantity=1, plant="Kiel", **name) == "rejected"
    assert send(store, ULM, "goods.issued", line_id="2", quantity=4) == "accepted"


@pytest.mark.parametrize("name", [{"line_id": "2/9"}, {"line_id": "2", "instalment": "9"}])
def test_one_more_instalment_of_another_plants_line(store: House, name: dict[str, str]) -> None:
    send(store, ULM, "order_line.created", line_id="2", instalment="1", quantity=5, plant="Ulm")
    assert send(store, KIEL, "order_line.created", quantity=1, plant="Kiel", **name) == "rejected"
    assert send(store, ULM, "order_line.created", quantity=1, plant="Ulm", **name) == "accepted"


@pytest.mark.parametrize("name", [{"line_id": "2/9/1"}, {"line_id": "2/9", "instalment": "1"}])
def test_a_name_two_marks_deep_locks_nobody_out_of_the_line_it_begins_with(store: House, name: dict[str, str]) -> None:
    """Line 2 speaks of 2/9, and not of 2/9/1."""
    assert send(store, KIEL, "order_line.created", quantity=1, plant="Kiel", **name) == "accepted"
    assert send(store, ULM, "goods.issued", line_id="2", quantity=4) == "accepted"
    assert send(store, ULM, "goods.issued", quantity=1, **name) == "rejected"
    assert send(store, KIEL, "goods.issued", quantity=1, **name) == "accepted"


@pytest.mark.parametrize("line", [{"line_id": "1"}, {"line_id": "2"}, {}])
def test_a_hold_on_another_plants_line_is_not_theirs_whatever_line_they_name(
    store: House, line: dict[str, str]
) -> None:
    assert send(store, KIEL, "hold.released", kind="quality", reference="HU", **line) == "rejected"
    assert send(store, KIEL, "hold.placed", kind="quality", reference="HU", **line) == "rejected"
    assert send(store, KIEL, "hold.placed", line_id="1", kind="quality", reference="HK") == "accepted"
    assert send(store, KIEL, "hold.released", line_id="1", kind="quality", reference="HK") == "accepted"
    assert send(store, ULM, "hold.released", line_id="2", kind="quality", reference="HU") == "accepted"


@pytest.mark.parametrize("event_type", ["production.rescheduled", "delivery.planned"])
def test_a_plan_of_another_plants_line_is_not_moved_by_an_event_without_a_line(store: House, event_type: str) -> None:
    dated = {"reference": "P1", "date": "2024-03-01T00:00:00Z"}
    assert send(store, ULM, event_type, line_id="2", **dated) == "accepted"
    assert send(store, KIEL, event_type, **dated) == "rejected", "it would move the plan of line 2"
    assert send(store, KIEL, event_type, line_id="1", **dated) == "accepted", "the plan of their own line alone"
    assert send(store, KIEL, event_type, **dated | {"reference": "P2"}) == "accepted", "one of the whole order"
    assert send(store, NOBODY, event_type, **dated) == "accepted"


@pytest.mark.parametrize(
    ("event_type", "theirs", "ours"),
    [
        ("material.stated", {"reference": "steel", "state": "short"}, {"reference": "steel", "state": "available"}),
        ("readiness.stated", {"kind": "labels", "state": "met"}, {"kind": "labels", "state": "not_met"}),
    ],
)
def test_what_was_stated_of_another_plants_line_is_not_replaced_by_a_statement_without_a_line(
    store: House, event_type: str, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    assert send(store, ULM, event_type, line_id="2", **theirs) == "accepted"
    assert send(store, KIEL, event_type, **ours) == "rejected", "it would take the place of what stands of line 2"
    assert send(store, KIEL, event_type, line_id="1", **ours) == "accepted"
    other = {name: "paint" if name == "reference" else "documents" for name in ours if name != "state"}
    assert send(store, KIEL, event_type, **ours | other) == "accepted", "nobody has spoken of that for another line"
    assert send(store, NOBODY, event_type, **ours) == "accepted"


@pytest.mark.parametrize("line", [{"line_id": "1"}, {}])
def test_a_lot_of_another_plants_line_is_not_theirs_whatever_line_they_name(store: House, line: dict[str, str]) -> None:
    """A lot is told apart by its reference alone."""
    assert send(store, ULM, "inspection.recorded", line_id="2", reference="L1", state="failed") == "accepted"
    assert send(store, KIEL, "inspection.recorded", reference="L1", state="passed", **line) == "rejected"
    assert send(store, KIEL, "inspection.recorded", reference="L2", state="failed", **line) == "accepted"
    assert send(store, ULM, "inspection.recorded", line_id="2", reference="L1", state="passed") == "accepted"


# -- what was said before a line, or an order, was there -----------------------------------------------------


SAID_BEFORE: list[tuple[str, dict[str, Any]]] = [
    ("order_line.closed", {"reason": "cancelled"}),
    ("goods.issued", {"quantity": 9}),
    ("goods.issued", {"state": "complete"}),
    ("order_line.changed", {"quantity": 0}),
    ("commitment.changed", {"date": "2024-05-01T00:00:00Z"}),
    ("hold.placed", {"kind": "quality", "reference": "H3"}),
    ("order_line.created", {"quantity": 1}),
]


@pytest.mark.parametrize(("event_type", "data"), SAID_BEFORE)
@pytest.mark.parametrize("name", [{"line_id": "3"}, {"line_id": "3/1"}, {"line_id": "3", "instalment": "1"}])
def test_what_is_said_of_a_line_that_nobody_has_created_binds_no_other_plant(
    store: House, event_type: str, data: dict[str, Any], name: dict[str, str]
) -> None:
    assert send(store, KIEL, event_type, **name, **data) == "rejected"
    assert send(store, ULM, "order_line.created", quantity=9, plant="Ulm", **name) == "accepted"
    assert {row["type"] for row in store.all(events) if str(row["line_id"]).startswith("3")} == {"order_line.created"}


def test_a_line_may_be_named_before_it_is_created_by_the_plant_that_it_is_of(store: House) -> None:
    """Nothing that was accepted is lost when the order line follows, and nobody else takes the line over."""
    assert send(store, KIEL, "goods.issued", line_id="3", quantity=4, plant="Kiel") == "accepted"
    assert send(store, KIEL, "goods.issued", line_id="3", quantity=2) == "accepted"
    assert send(store, ULM, "order_line.created", line_id="3", quantity=6, plant="Ulm") == "rejected"
    assert send(store, KIEL, "order_line.created", line_id="3", quantity=6, plant="Kiel") == "accepted"


def test_events_that_come_with_the_first_of_their_line_need_name_no_plant(store: House) -> None:
    sent = [
        cloud_event("early", "goods.issued", line_id="3", quantity=4),
        cloud_event("first", "order_line.created", line_id="3", quantity=6, plant="Kiel"),
    ]
    assert post(store, KIEL, *sent) == ["accepted", "accepted"]


def test_an_event_whose_id_is_taken_lets_none_pass_beside_it(store: House) -> None:
    post(store, ULM, cloud_event("taken", "delivery.planned", line_id="2", date="2024-02-01T00:00:00Z"))
    sent = [
        cloud_event("taken", "order_line.created", line_id="3", quantity=6, plant="Kiel"),
        cloud_event("beside", "order_line.closed", line_id="3", reason="cancelled"),
    ]
    assert post(store, KIEL, *sent) == ["conflict", "rejected"]
    other = [one | {"subject": "B"} for one in sent]
    assert post(store, KIEL, *other) == ["conflict", "rejected"]


@pytest.mark.parametrize("line", [{"line_id": "1"}, {}])
def test_a_hold_that_nobody_has_placed_is_not_released_for_another_plant(store: House, line: dict[str, str]) -> None:
    told = send(store, KIEL, "hold.released", kind="quality", reference="H3", **line)
    placed = send(store, ULM, "hold.placed", line_id="2", kind="quality", reference="H3")
    assert (told, placed) in (("rejected", "accepted"), ("accepted", "rejected")), "never both, in silence"
