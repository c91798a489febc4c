"""States beside the store: clocks that differ, plants, orders that have enough; without a model, as none is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from features.orders.spells import CONDITIONS_MET, SHORTAGES
from features.readiness.statements import KnownOrder
from features.times import LATEST, SECOND
from serving.contract.cloudevents import cloud_events
from serving.contract.order_state import OrderSnapshot
from serving.ingest.ingest import ingest_events
from serving.ingest.states.snapshot import SnapshotResult, ingest_snapshot
from serving.principal import NOBODY, Caller
from serving.problems import InvalidBody, StateOutdated
from serving.store.schema import state_versions
from serving.store.tables.events import events_of, history_of
from tests.support.stores import House, house
from tests.support.stories import created, event, shipped, story

LINE: dict[str, Any] = {"line_id": "10", "quantity": 300, "promised": "2024-01-20"}
KIEL = Caller("kiel", frozenset({"Kiel"}))


@pytest.fixture
def bare(url: str) -> Iterator[House]:
    """A store on day 3, without a model."""
    new_house = house(url, None, day=3)
    yield new_house
    new_house.database.close()


def put(store: House, caller: Caller = NOBODY, ahead: int = 0, **state: Any) -> SnapshotResult:
    """A state that comes in by a machine whose clock is so many microseconds ahead."""
    snapshot = OrderSnapshot.model_validate({"source": "erp"} | state)
    context = store.services.scoring_context("event")
    context = replace(context, now=context.now + ahead)
    return store.database.write(lambda c: ingest_snapshot(c, "A", snapshot, caller, context))


def known(store: House) -> KnownOrder:
    return KnownOrder(history_of(store.database.read(lambda c: events_of(c, ["A"]))), 0, LATEST)


@pytest.mark.parametrize("ahead", [5 * SECOND, -5 * SECOND, 0])
def test_clocks_that_differ_do_no_harm(bare: House, ahead: int) -> None:
    """100, then 120 have left, by two machines; and a hold that the second one does not know any more."""
    put(bare, ahead=ahead, lines=[LINE | {"issued": 100}], holds=[{"reference": "H", "kind": "credit"}])
    assert put(bare, lines=[LINE | {"issued": 120}], holds=[]).derived == {"goods.issued": 1, "hold.released": 1}
    assert known(bare).lines[0].issued == 120_000_000
    assert put(bare, ahead=-ahead, lines=[LINE | {"issued": 90}]).derived == {"goods.issued": 2}
    assert known(bare).lines[0].issued == 90_000_000
    assert put(bare, ahead=ahead, lines=[LINE | {"issued": 90}], holds=[]).derived == {}


WHOLE = {"line": None, "event_id": "early"}
EARLY = {
    "ten of the line": shipped(0, 10, line="10"),
    "ten of the order": shipped(0, 10, **WHOLE),
    "a hundred of the order": shipped(0, 100, **WHOLE),
    "all of the order": shipped(0, **WHOLE),
    "the order is closed": event("order_line.closed", 1, reason="short", **WHOLE),
    "forty are wanted": event("order_line.changed", 1, quantity=40, **WHOLE),
}


@pytest.mark.parametrize("early", EARLY)
@pytest.mark.parametrize("issued", [(0,), (10,), (30,), (100, 100), (50, 50), (0, 100), (0, 0)])
def test_a_state_holds_whatever_was_recorded_before_its_lines(
    bare: House, early: str, issued: tuple[float, ...]
) -> None:
    """Lines of 100 each, as they stand on day 0.5: after what left, and before what was closed or changed."""
    bare.ingest(EARLY[early])
    lines = [LINE | {"line_id": f"{n}0", "quantity": 100, "issued": gone} for n, gone in enumerate(issued, start=1)]
    state = {"lines": lines, "time": "2024-01-02T00:00:00Z"}
    put(bare, **state)
    assert [(line.ordered, line.issued, line.open) for line in known(bare).lines] == [
        (100_000_000, round(gone * 1e6), gone < 100) for gone in issued
    ]
    assert put(bare, **state).derived == {}


def test_an_instalment_has_what_had_left_of_its_line_and_no_more(bare: House) -> None:
    bare.ingest(EARLY["ten of the line"])
    put(bare, lines=[LINE | {"instalment": "1", "issued": 10}])
    assert [(line.id, line.issued) for line in known(bare).lines] == [("10/1", 10_000_000)]
    assert put(bare, lines=[LINE | {"instalment": "1", "issued": 10}]).derived == {}


def test_a_line_that_is_added_after_all_were_closed_is_open(bare: House) -> None:
    put(bare, lines=[LINE | {"issued": 0}])
    bare.ingest(event("order_line.closed", 2.5, reason="cancelled"))
    state = {"lines": [LINE | {"issued": 0}, LINE | {"line_id": "20", "issued": 0}], "time": "2024-01-03T00:00:00Z"}
    put(bare, version=1, **state)
    assert [line.open for line in known(bare).lines] == [True, True]
    assert put(bare, version=1, **state).derived == {}


def test_a_key_of_one_plant_cannot_change_another_plants_line(bare: House) -> None:
    own, other = LINE | {"plant": "Kiel"}, LINE | {"line_id": "20", "plant": "Ulm"}
    labels = {"kind": "labels", "state": "met", "line_id": "20"}
    held = {"reference": "H", "kind": "credit", "line_id": "20"}
    put(bare, lines=[own, other], holds=[held], conditions=[labels])
    assert put(bare, KIEL, lines=[own], holds=[], conditions=[], deliveries=[]).derived == {}
    assert put(bare, KIEL, lines=[own | {"quantity": 4}, other]).derived == {"order_line.changed": 1}
    with pytest.raises(InvalidBody, match=r"/lines/1/line_id must be a line of the key's plants"):
        put(bare, KIEL, lines=[own, other | {"quantity": 4}])
    with pytest.raises(InvalidBody) as twice:
        put(bare, KIEL, lines=[own, other | {"quantity": 4, "item": "another"}])
    assert len(twice.value.errors) == 1, "one fault of one place, however much of the line it would change"
    with pytest.raises(InvalidBody, match=r"/holds/0/line_id must be a line of the key's plants"):
        put(bare, KIEL, lines=[own], holds=[held | {"line_id": "10"}])
    with pytest.raises(InvalidBody, match=r"/lines/0/plant must be one of the key's plants"):
        put(bare, KIEL, lines=[own | {"plant": "Ulm"}])
    assert put(bare, lines=[own], holds=[], conditions=[]).derived == {
        "hold.released": 1, "order_line.changed": 1, "order_line.closed": 1, "readiness.stated": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "of_line", "whole"),
    [
        (
            "components",
            {"reference": "steel", "state": "short", "line_id": "10", "expected": "2024-01-26"},
            {"reference": "steel", "state": "short", "expected": "2024-01-09"},
        ),
        ("conditions", {"kind": "labels", "state": "met", "line_id": "10"}, {"kind": "labels", "state": "met"}),
        (
            "conditions",
            {"kind": "labels", "state": "not_met", "line_id": "10", "reason": "torn"},
            {"kind": "labels", "state": "not_met", "reason": "lost"},
        ),
    ],
)
def test_what_is_stated_without_a_line_takes_the_place_of_a_lines_statement_though_its_time_is_earlier(
    bare: House, kind: str, of_line: dict[str, str], whole: dict[str, str]
) -> None:
    time = "2024-01-02T00:00:00Z"  # before the first statement, which is of day 3
    put(bare, lines=[LINE], **{kind: [of_line]})
    for items in ([whole], []):
        put(bare, lines=[LINE], time=time, **{kind: items})
        assert put(bare, lines=[LINE], time=time, **{kind: items}).derived == {}, "the same state again is no event"
        spells = known(bare).spells(SHORTAGES if kind == "components" else CONDITIONS_MET)
        stands = {(one.latest.date, one.latest.reason) for one in spells if one.latest.state == whole["state"]}
        assert len(stands) == (1 if items or whole["state"] == "not_met" else 0)


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("holds", {"reference": "H", "kind": "credit"}),
        ("conditions", {"kind": "labels", "state": "met"}),
        ("components", {"reference": "steel", "state": "short"}),
        ("production", {"reference": "P", "planned_end": "2024-01-15"}),
        ("deliveries", {"reference": "D", "planned": "2024-01-19"}),
    ],
)
def test_a_key_of_one_plant_withdraws_nothing_of_an_order_that_others_share(
    bare: House, kind: str, item: dict[str, Any]
) -> None:
    own, other = LINE | {"plant": "Kiel"}, LINE | {"line_id": "20", "plant": "Ulm"}
    put(bare, lines=[own, other], **{kind: [item]})
    assert put(bare, KIEL, lines=[own], **{kind: []}).derived == {}
    put(bare, lines=[own])
    assert sum(put(bare, **{kind: []}).derived.values()) == 1


def test_versions_of_one_plants_key_bind_no_other_sender(bare: House) -> None:
    """Kiel numbers its own states; before there is an order there is nothing to number."""
    own, other = LINE | {"plant": "Kiel"}, LINE | {"line_id": "20", "plant": "Ulm"}
    assert put(bare, KIEL, version=2**62).seq == 0
    assert bare.all(state_versions) == []
    assert put(bare, version=1, lines=[own, other]).derived == {"order_line.created": 2}
    assert put(bare, KIEL, version=2**62).derived == {}
    assert put(bare, version=2, lines=[own, other | {"quantity": 6}]).derived == {"order_line.changed": 1}
    assert put(bare, KIEL, version=2**62).derived == {}
    with pytest.raises(StateOutdated, match="which erp sent as version"):
        put(bare, KIEL, version=3, lines=[own])


def test_a_version_whose_state_is_refused_is_not_stored(bare: House) -> None:
    with pytest.raises(InvalidBody):
        put(bare, version=5, lines=[LINE | {"issued": 1e12}])
    assert put(bare, version=5, lines=[LINE]).derived == {"order_line.created": 1}


@pytest.mark.parametrize(
    ("member", "value"), [("quantity", 1e303), ("issued", 1.7e308), ("value", -1.7e308), ("value", 1e303)]
)
def test_no_quantity_is_too_large_to_be_refused(bare: House, member: str, value: float) -> None:
    must = f"/lines/0/{member} must be a number of at most"
    with pytest.raises(InvalidBody, match=must):
        put(bare, lines=[LINE | {member: value}])
    put(bare, lines=[LINE | {"issued": 10, "value": 5}])
    with pytest.raises(InvalidBody, match=must):
        put(bare, lines=[LINE | {member: value}])


def test_an_order_takes_no_more_events_than_the_most(bare: House) -> None:
    settings = bare.services.settings.model_copy(update={"max_order_events": 4})
    context = replace(bare.services.scoring_context("event"), settings=settings)
    rows = [
        created(0, 20, event_id="first"),
        *(event("goods.returned", 1, quantity=1, event_id=f"r{n}") for n in range(4)),
    ]
    sent = cloud_events(story(*rows, created(0, 20, order="B", event_id="b")))

    def post(events: list[Any]) -> list[str]:
        result = bare.database.write(lambda c: ingest_events(c, events, context))
        return [one.outcome for one in result.events]

    assert post(sent[:3]) == ["accepted"] * 3
    assert post(sent) == ["duplicate"] * 3 + ["rejected"] * 2 + ["accepted"]
    assert post(sent[3:4]) == ["accepted"]
    result = bare.database.write(lambda c: ingest_events(c, sent[4:5], context))
    assert result.events[0].errors[0]["pointer"] == "/subject"
    assert (
        "must be of an order that has at most 4 events with all that is sent, got one that has 4 stored"
        in (result.events[0].errors[0]["detail"])
    )
    snapshot = OrderSnapshot.model_validate({"source": "erp", "lines": [LINE, LINE | {"line_id": "20"}]})
    with pytest.raises(InvalidBody, match="got must be of an order that has at most 4 events") as refused:
        bare.database.write(lambda c: ingest_snapshot(c, "A", snapshot, NOBODY, context))
    assert [error["pointer"] for error in refused.value.errors] == [""], "said once, of the order"


def test_an_order_takes_no_more_lines_than_the_most(bare: House) -> None:
    settings = bare.services.settings.model_copy(update={"max_order_lines": 2})
    context = replace(bare.services.scoring_context("event"), settings=settings)
    rows = [created(0, 20, line_id=line, event_id=f"line {line}") for line in ("10", "20", "30")]
    sent = cloud_events(story(*rows, event("goods.returned", 1, line_id="20", quantity=1, event_id="returned")))

    def post(*events: Any) -> list[str]:
        return [one.outcome for one in bare.database.write(lambda c: ingest_events(c, events, context)).events]

    assert post(*sent[:2]) == ["accepted", "accepted"]
    assert post(*sent) == ["duplicate", "duplicate", "rejected", "accepted"], "what names a line more, and nothing else"
    result = bare.database.write(lambda c: ingest_events(c, sent[2:3], context))
    assert "at most 2 lines with all that is sent, got one that has 2 stored" in result.events[0].errors[0]["detail"]
    lines = [LINE | {"line_id": line} for line in ("1", "2", "3")]
    snapshot = OrderSnapshot.model_validate({"source": "erp", "lines": lines})
    with pytest.raises(InvalidBody, match="/lines must be at most 2, got 3"):
        bare.database.write(lambda c: ingest_snapshot(c, "B", snapshot, NOBODY, context))
