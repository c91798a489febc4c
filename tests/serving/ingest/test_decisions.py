"""Decisions are events: who may make them, at which version, and what they do to the worklist."""

from __future__ import annotations

import pytest

from features.times import isoformat
from serving.principal import Caller
from serving.problems import NotFound, VersionMismatch, VersionMissing
from serving.store.bulk_reads import event_frame
from serving.store.schema import events
from tests.support.filled import record_decision
from tests.support.stores import House
from tests.support.stories import created, event, moment


def test_a_snooze_lasts_until_its_date_or_a_change(store: House) -> None:
    store.ingest(created(0, 20), created(0, 20, order="B"))
    record_decision(store, "A", kind="snooze", until=isoformat(moment(5)))
    record_decision(store, "B", kind="snooze", until_change=True)
    record_decision(store, "B", kind="comment", comment="the customer called")
    assert store.listed() == []
    assert {row["order_id"] for row in store.listed(snoozed=True)} == {"A", "B"}
    store.move_to(6)
    assert [row["order_id"] for row in store.listed()] == ["A"]
    store.ingest(event("hold.placed", 4, "B", kind="quality"))
    assert {row["order_id"] for row in store.listed()} == {"A", "B"}


def test_a_decision_is_an_event_that_says_who_and_what(store: House) -> None:
    store.ingest(created(0, 20))
    record_decision(store, "A", kind="assign", owner="Ann", actor="Bob", comment="she knows the customer")
    sent_events = [row for row in store.all(events) if row["type"] == "decision.recorded"]
    fields = sorted((row["kind"], row["actor"], row["state"], row["reason"], row["reference"]) for row in sent_events)
    assert fields == [("assign", "Bob", "Ann", None, "1"), ("comment", "Bob", None, "she knows the customer", "1")]
    assert (store.listed()[0]["owner"], store.listed()[0]["decision"]) == ("Ann", "comment")
    assert len(event_frame(store.database)) == 3


def test_a_decision_is_about_the_order_as_it_was_read(store: House) -> None:
    store.ingest(created(0, 20))
    version = record_decision(store, "A", kind="acknowledge")
    later = record_decision(store, "A", version=version, kind="expedite")
    assert later != version
    with pytest.raises(VersionMismatch, match="must be as it was read"):
        record_decision(store, "A", version=version, kind="expedite")
    with pytest.raises(VersionMissing):
        record_decision(store, "A", version=None, kind="expedite")
    with pytest.raises(NotFound):
        record_decision(store, "Z", kind="expedite")


def test_an_order_of_another_plant_is_not_there(store: House) -> None:
    store.ingest(created(0, 20, plant="P1"))
    with pytest.raises(NotFound, match="must be one the service knows, got 'A'"):
        record_decision(store, "A", Caller("other", frozenset({"P2"})), kind="acknowledge")
    record_decision(store, "A", Caller("own", frozenset({"P1"})), kind="acknowledge")
