"""Readiness and its conditions on histories a reader can check."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from features.events import read_events
from features.history import History
from features.readiness.assessment import ConditionStanding, ConditionState, StatedBy, assess
from features.readiness.kinds import BlockerKind, BlockerRule
from features.times import micros
from tests.support.readiness import booked, condition, ids, only, ready, rules, stated, truck
from tests.support.stories import created, event, moment, shipped


def test_complete_is_not_shippable() -> None:
    told = [created(0, 20), truck(1, 19), booked(5, 10), stated(6, "packaging", "not_met", reason="no cartons")]
    found = ready(*told, day=7)
    assert (found.state, found.due, found.shippable) == ("open", moment(20), False)
    assert [blocker.sentence for blocker in found.blockers] == [
        "packaging is outstanding since Sun 7 Jan 12:00 (no cartons)"
    ]
    packed = ready(*told, stated(8, "packaging"), day=9)
    assert (packed.shippable, packed.blockers) == (True, ())
    assert {condition.kind: condition.state for condition in packed.conditions} == {
        "inspection": "not_stated",
        "packaging": "met",
        "labels": "not_stated",
        "documents": "not_stated",
        "quantities": "not_stated",
    }


def test_what_is_not_made_is_not_shippable_whatever_is_stated_met() -> None:
    told = [created(0, 20), truck(1, 19), booked(4, 10, "10"), booked(5, 4, "20", "partial"), stated(6, "packaging")]
    assert (ready(*told, day=7).blockers, ready(*told, day=7).shippable) == ((), False)
    done = [*told, booked(8, 6, "20"), stated(9, "packaging")]
    assert ready(*done, day=10).shippable


def test_of_several_production_orders_it_is_enough_that_nothing_contradicts() -> None:
    released = [event("production.released", 1, reference=name, quantity=5) for name in ("P1", "P2")]
    told = [created(0, 20), truck(1, 19), *released, booked(4, 5, "10")]
    assert not ready(*told, day=7).shippable
    assert ready(*told, stated(6, "packaging"), day=7).shippable


def test_a_line_that_nobody_speaks_of_is_not_shippable() -> None:
    told = [created(0, 20, line="1"), created(0, 20, line="2"), truck(1, 19), stated(2, "labels", line="1")]
    found = ready(*told, day=3)
    assert not found.shippable
    assert [(b.rule, b.sentence, b.lines, b.since) for b in found.blockers] == [
        ("condition", "packing and papers for line 2: nothing is reported yet", ("2",), None)
    ]
    assert ready(*told, stated(4, "labels"), day=5).shippable


def test_silence_comes_after_what_is_said_and_is_not_added_to_it() -> None:
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        truck(1, 19),
        stated(2, "labels", "not_met", line="2"),
        booked(3, 10, line="2"),
    ]
    assert [(blocker.rule, blocker.lines) for blocker in ready(*told, day=4).blockers] == [
        ("condition", ("2",)),
        ("condition", ("1",)),
    ]


def test_work_after_the_conditions_were_met_asks_for_them_again() -> None:
    """A late booking of work that was done before them does not."""
    told = [created(0, 20), truck(1, 19), stated(6, "packaging"), booked(5, 10, late=2)]
    assert ready(*told, day=8).shippable
    carrier = stated(9.5, "carrier")
    again = ready(*told, event("production.released", 9, reference="P2", event_id="P2"), carrier, day=10)
    said = "packing and papers: nothing is reported since the latest work, Wed 10 Jan 12:00"
    assert [(blocker.sentence, ids(blocker)) for blocker in again.blockers] == [(said, ["P2"])]
    assert not again.shippable


def test_a_condition_met_and_lost_says_since_when_and_by_whom() -> None:
    told = [
        created(0, 20),
        stated(2, "labels", source="wms", actor="packer", event_id="met"),
        stated(4, "labels", "not_met", source="wms", actor="shipping", reason="wrong label", event_id="lost"),
        stated(5, "labels", "not_met", source="qms", reason="still wrong", event_id="again"),
    ]
    before, after = (condition(ready(*told, day=day), "labels") for day in (3, 6))
    assert (before.state, before.since, before.said_by) == ("met", moment(2), StatedBy("wms", "packer"))
    assert (after.state, after.since, after.said_by) == ("not_met", moment(4), StatedBy("qms", None))
    assert (after.reason, ids(before), ids(after)) == ("still wrong", ["met"], ["lost", "again"])
    assert ids(only(ready(*told, day=4.5), "condition")) == ["lost"]


def test_a_statement_of_the_whole_order_replaces_those_of_its_lines() -> None:
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        stated(1, "labels", line="1"),
        stated(2, "labels", "not_met", line="2"),
        stated(3, "labels"),
        stated(4, "labels", "not_met", line="1"),
    ]
    by_day = {day: condition(ready(*told, day=day), "labels") for day in (1, 2, 3, 4)}
    assert {day: found.state for day, found in by_day.items()} == {
        1: "partly_met",
        2: "not_met",
        3: "met",
        4: "not_met",
    }
    lines = {day: (found.lines_met, found.lines_not_met, found.lines_not_stated) for day, found in by_day.items()}
    assert lines == {
        1: (("1",), (), ("2",)),
        2: (("1",), ("2",), ()),
        3: (("1", "2"), (), ()),
        4: (("2",), ("1",), ()),
    }
    assert only(ready(*told, day=4), "condition").lines == ("1",)


def test_a_condition_is_met_when_every_open_line_is() -> None:
    told = [created(0, 20, line="1"), created(0, 20, line="2"), stated(1, "labels", line="1")]
    assert condition(ready(*told, day=1), "labels").state == "partly_met"
    met = condition(ready(*told, stated(2, "labels", line="2"), day=2), "labels")
    assert (met.state, met.since) == ("met", moment(2))
    assert condition(ready(*told, shipped(2, 10, line="2"), day=2), "labels").state == "met"


def test_the_oldest_statement_speaks_for_all_that_are_not_met() -> None:
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        stated(2, "labels", "not_met", line="2", reason="torn"),
        stated(3, "labels", "not_met", line="1", reason="wrong"),
    ]
    found = ready(*told, day=4)
    labels, blocker = condition(found, "labels"), only(found, "condition")
    assert (labels.since, labels.reason, blocker.since) == (moment(2), "torn", moment(2))
    assert blocker.sentence == "labels are outstanding for lines 1 and 2 since Wed 3 Jan 12:00 (torn)"
    left = only(ready(*told, shipped(4, 10, line="2"), day=5), "condition")
    assert (left.lines, left.since, left.moot) == (("1",), moment(3), False)
    whole = [told[0], told[1], stated(1, "labels", "not_met"), told[2]]
    assert (only(ready(*whole, day=4), "condition").lines, len(condition(ready(*whole, day=4), "labels").events)) == (
        (),
        2,
    )


def test_conditions_may_be_stated_before_a_line_is_known() -> None:
    told = [stated(0, "labels", line="1"), stated(0, "packaging"), created(5, 20, line="1")]
    found = ready(*told, day=1)
    assert (found.state, condition(found, "labels").state, condition(found, "packaging").state) == (
        "unknown",
        "partly_met",
        "met",
    )


def test_what_is_said_of_a_line_that_has_left_is_told_and_holds_nothing_back() -> None:
    told = [
        created(0, 20, line="1"),
        created(0, 20, line="2"),
        truck(1, 19),
        stated(2, "labels", line="2"),
        stated(2, "labels", "not_met", line="1"),
        event("material.stated", 2, reference="screw", state="short", line="1"),
    ]
    assert [(b.rule, b.moot) for b in ready(*told, day=3).blockers] == [("shortage", False), ("condition", False)]
    left = ready(*told, shipped(4, 10, line="1"), day=5)
    assert [(b.rule, b.moot) for b in left.blockers] == [("shortage", True), ("condition", True)]
    assert left.blockers[1].sentence.endswith("; what it concerns has left or is closed")
    assert (condition(left, "labels").state, left.shippable) == ("not_met", True)


def test_nothing_is_asked_of_a_closed_line() -> None:
    told = [created(0, 20, line="1"), created(0, 20, line="2"), truck(1, 19), stated(2, "labels", line="2")]
    assert rules(ready(*told, day=3)) == ["condition"]
    assert ready(*told, event("order_line.closed", 3, line="1", reason="short"), day=3).shippable


def test_a_line_that_left_before_it_was_recorded_is_not_open() -> None:
    told = [created(0, 20, line="2"), stated(1, "labels", line="2"), truck(1, 19), shipped(2, line="1")]
    found = ready(*told, created(3, 20, line="1"), day=4)
    assert (found.state, found.blockers) == ("open", ())


def test_a_carrier_that_does_not_come_is_told_with_the_trucks() -> None:
    told = [created(0, 20), stated(1, "carrier", "not_met", reason="no truck came"), stated(2, "labels", "not_met")]
    assert [blocker.what for blocker in ready(*told, truck(3, 19), day=4).blockers] == ["labels", "carrier"]


def test_of_an_order_that_is_not_known_nothing_is_known() -> None:
    found = ready(created(5, 20), day=4)
    assert (found.state, found.due, found.blockers, found.shippable) == ("unknown", None, (), False)
    assert {condition.state for condition in found.conditions} == {"not_stated"}


def test_a_hold_may_be_known_before_a_line_is() -> None:
    found = ready(event("hold.placed", 0, kind="credit", reference="h"), created(5, 20), day=4)
    assert (found.state, rules(found), found.shippable) == ("unknown", ["hold"], False)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (event("order_line.closed", 4, reason="cancelled"), "cancelled"),
        (event("order_line.closed", 4, reason="short"), "shipped"),
        (shipped(4, 10), "shipped"),
    ],
)
def test_nothing_is_in_the_way_of_an_order_that_is_over(end: dict[str, Any], state: str) -> None:
    told = [created(0, 20), event("hold.placed", 1, kind="credit", reference="h"), stated(2, "labels", "not_met"), end]
    assert rules(ready(*told, day=3)) == ["hold", "condition", "no_truck"]
    over = ready(*told, day=5)
    assert (over.state, over.due, over.blockers, over.shippable) == (state, None, (), False)
    assert condition(over, "labels").state == "not_met"


def test_a_moment_of_another_year_says_so() -> None:
    told = [created(0, 800), event("hold.placed", 1, kind="credit", reference="h")]
    assert only(ready(*told, day=400), "hold").sentence == "credit hold h stands since Tue 2 Jan 2024 12:00"


def test_the_example_of_the_page_says_what_it_shows(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "readiness.md").read_text(encoding="utf-8")
    rows, shown = re.findall(r"```(?:csv|text)\n(.*?)```", page, re.S)
    header, *lines = rows.splitlines()
    moments = [line.split(",")[5] for line in lines]
    file = tmp_path / "events.csv"
    file.write_text("\n".join([f"{header},occurred_at", *map(",".join, zip(lines, moments, strict=True))]))
    found = assess(History.of(read_events(file)), 0, micros("2024-03-07T08:00:00Z"))
    assert [blocker.sentence for blocker in found.blockers] == shown.splitlines()
    assert (found.state, found.shippable) == ("open", False)


def test_the_page_names_every_kind_of_blocker_and_every_state() -> None:
    page = (Path(__file__).parents[3] / "docs" / "readiness.md").read_text(encoding="utf-8")
    words = {word for of in (ConditionState, ConditionStanding, BlockerKind, BlockerRule) for word in get_args(of)}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
