"""Decisions are events: who may make them, at which version, and what they do to the worklist."""

from __future__ import annotations

import pytest

from features.errors import InvalidRequest
from features.times import isoformat
from serving.principal import Caller
from serving.problems import NotFound, VersionMismatch, VersionMissing
from serving.store.bulk_reads import event_frame
from serving.store.schema import events, orders
from tests.support.filled import outcome_of, record_decision
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


def listed(store: House) -> list[str]:
    return [row["order_id"] for row in store.listed()]


def test_a_late_order_cannot_be_snoozed(store: House) -> None:
    store.ingest(created(0, 2))
    store.move_to(3)
    with pytest.raises(InvalidRequest, match="a late order cannot be snoozed: A was due Wed 3 Jan 12:00, yesterday"):
        record_decision(store, "A", kind="snooze", until=isoformat(moment(9)))
    store.fresh()
    with pytest.raises(InvalidRequest, match="a late order cannot be snoozed"):
        record_decision(store, "A", kind="snooze", until_change=True)


def test_an_order_that_becomes_late_while_it_is_snoozed_is_back_in_the_list(store: House) -> None:
    """A promise that moves earlier takes the snooze with it, and where it has passed ends it at once."""
    store.ingest(created(0, 11), created(0, 18, order="B"))
    for order in ("A", "B"):
        record_decision(store, order, kind="snooze", until=isoformat(moment(8)))
    assert listed(store) == []
    store.ingest(event("commitment.changed", 3, date=4), event("commitment.changed", 3, "B", date=5))
    assert listed(store) == ["A"]
    assert [isoformat(row["snoozed_until"]) for row in store.listed(snoozed=True)] == ["2024-01-04T23:59:59.999999Z"]
    store.move_to(4.5)
    assert store.fresh() > 0
    assert {row["order_id"]: row["state"] for row in store.listed()} == {"A": "late", "B": "open"}
    assert store.listed(states=("late",))[0]["snoozed_until"] is None


def test_what_is_late_is_listed_before_it_is_scored_as_late(store: House) -> None:
    store.ingest(created(0, 11))
    store.database.write(lambda c: c.execute(orders.update().values(snoozed_until=moment(20))))
    store.move_to(11)
    assert listed(store) == []
    store.move_to(11.1)
    assert (store.listed()[0]["state"], store.listed(snoozed=True)) == ("open", [])


@pytest.mark.parametrize(
    ("promise", "asked", "until", "cut"),
    [
        (11, moment(30), "2024-01-10T23:59:59.999999Z", True),  # due on a Friday
        (14, moment(30), "2024-01-11T23:59:59.999999Z", True),  # on a Monday
        (12, moment(30), "2024-01-11T23:59:59.999999Z", True),  # on a Saturday
        (11, moment(5), "2024-01-06T12:00:00Z", False),
    ],
)
def test_a_snooze_ends_before_the_working_day_before_the_promise(
    store: House, promise: float, asked: int, until: str, cut: bool
) -> None:
    store.ingest(created(0, promise))
    snooze = outcome_of(store, "A", kind="snooze", until=isoformat(asked)).snooze
    assert snooze is not None
    assert (isoformat(snooze.until or 0), snooze.asked, snooze.cut) == (until, asked, cut)
    assert isoformat(store.listed(snoozed=True)[0]["snoozed_until"]) == until


def test_a_snooze_says_in_words_how_long_it_lasts(store: House) -> None:
    def words(order: str, **asked: object) -> str:
        snooze = outcome_of(store, order, kind="snooze", **asked).snooze
        return snooze.sentence if snooze else ""

    store.ingest(created(0, 11), created(0, None, order="Undated"))
    assert words("A", until="2024-01-09") == "A is snoozed to the end of Tue 9 Jan"
    back = "it is back in the list on Thu 11 Jan, the working day before its promise of Fri 12 Jan 12:00"
    assert words("A", until="2024-01-25") == f"A is snoozed to the end of Wed 10 Jan, at the latest: {back}"
    assert words("A", until_change=True) == f"A is snoozed to the end of Wed 10 Jan, at the latest: {back}"
    assert words("Undated", until_change=True) == "Undated is snoozed until something happens"
    assert words("Undated", until="2024-03-25") == "Undated is snoozed to the end of Mon 25 Mar"


def test_a_snooze_into_the_working_day_before_the_promise_is_refused(store: House) -> None:
    store.ingest(created(0, 11))
    store.move_to(9)
    record_decision(store, "A", kind="snooze", until_change=True)
    store.move_to(9.5)
    with pytest.raises(
        InvalidRequest, match="must end before Thu 11 Jan, the working day before its promise of Fri 12"
    ):
        record_decision(store, "A", kind="snooze", until_change=True)
    assert listed(store) == ["A"]


def test_an_order_is_given_to_an_owner_and_to_nobody(store: House) -> None:
    store.ingest(created(0, 20), created(0, 20, order="B"))
    before = {row["order_id"]: row["risk"] for row in store.listed()}
    record_decision(store, "A", kind="assign", owner="Ann", actor="Bob")
    assert [row["order_id"] for row in store.listed(owners=("Ann",))] == ["A"]
    record_decision(store, "A", kind="assign", owner=" ", actor="Bob")
    assert {row["order_id"]: row["owner"] for row in store.listed(owners=("",))} == {"A": None, "B": None}
    assert {row["order_id"]: row["risk"] for row in store.listed()} == before
