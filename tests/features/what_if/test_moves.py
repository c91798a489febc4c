"""The moves that are open to a planner, on histories a reader can check: days count from Monday 1 January 2024."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import History
from features.readiness.blockers import Facts, hold_blockers, lot_blockers, shortage_blockers
from features.readiness.statements import KnownOrder
from features.times import micros
from features.what_if.copies import stated
from features.what_if.moves import Move, feasible_moves
from features.what_if.possible import refusals
from features.what_if.words import KINDS, headline
from features.wording import ENGLISH
from tests.support.stories import created, event, moment, shipped, story

PROMISED = "move_promise_3", "move_promise_7"
TRUCK = event("delivery.planned", 1, reference="D1", date=11, quantity=10)


def moves(*rows: dict[str, Any], day: float = 4, zone: str = "UTC") -> list[Move]:
    """Those of the order on a day; each of them can happen, and changes something."""
    history = History.of(story(*rows))
    found = feasible_moves(history, 0, moment(day), zone)
    for move in found:
        added = stated(move.statements, np.full(len(move.statements), moment(day)))
        assert refusals(history, 0, moment(day), added, zone) == [], move.sentence
    return found


def told(*rows: dict[str, Any], day: float = 4, zone: str = "UTC") -> list[str]:
    """Their sentences, but for those that move the promise."""
    return [move.sentence for move in moves(*rows, day=day, zone=zone) if move.kind not in PROMISED]


def test_an_order_that_lacks_nothing_can_only_have_its_promise_moved() -> None:
    found = moves(created(0, 11, line="10"), TRUCK)
    assert [move.kind for move in found] == list(PROMISED)
    assert [move.sentence for move in found] == [
        "move the promise to Mon 15 Jan, truck D1 to Mon 15 Jan, if the customer agrees",
        "move the promise to Fri 19 Jan, truck D1 to Fri 19 Jan, if the customer agrees",
    ]
    assert all(move.consent for move in found)
    promise, truck = found[1].statements
    assert (promise["type"], promise["line_id"], promise["date"], promise["actor"]) == (
        "commitment.changed", "10", moment(18), "agreed",
    )  # fmt: skip
    assert (truck["type"], truck["reference"], truck["date"]) == ("delivery.planned", "D1", moment(18))


def test_several_promises_are_moved_together() -> None:
    found = moves(created(0, 11, line="10"), created(0, 14, line="20"), TRUCK)
    assert found[-1].sentence == (
        "move the promises 7 days later, the first to Fri 19 Jan, truck D1 to Fri 19 Jan, if the customer agrees"
    )
    assert [one.get("date") for one in found[-1].statements] == [moment(18), moment(21), moment(18)]


def test_open_holds_are_released_and_those_of_lines_that_left_are_not() -> None:
    hold = {"kind": "quality", "reference": "H1", "line": "20"}
    rows = [created(0, 11, line="10"), created(0, 11, line="20"), TRUCK, event("hold.placed", 1, **hold)]
    rows += [event("hold.placed", 1, kind="credit"), event("hold.placed", 1, kind="delivery", reference="H0")]
    rows += [event("hold.released", 2, kind="delivery", reference="H0")]
    assert told(*rows)[:2] == ["release quality hold H1 on line 20", "release credit hold"]
    assert told(*rows, shipped(3, line="20"))[0] == "release credit hold"


def test_a_component_that_is_short_comes_today_or_sooner_than_is_said() -> None:
    def short(date: float | None, *lines: dict[str, Any]) -> list[str]:
        says = {"state": "short", "reference": "steel", "quantity": 60, "line": "30", "date": date}
        return told(created(0, 11, line="30"), *lines, TRUCK, event("material.stated", 1, **says))

    assert short(20) == ["steel (60) comes today", "steel (60) comes by Wed 10 Jan"]
    assert short(None) == short(20)
    assert short(8) == short(3) == ["steel (60) comes today"]
    assert short(8, created(0, 11, line="20"))[0] == "steel (60, line 30) comes today", "one of several lines is named"
    says = {"state": "short", "reference": "steel", "line": "30"}
    found = moves(created(0, 11, line="30"), TRUCK, event("material.stated", 1, **says))
    assert [move.helps for move in found if move.kind == "component_sooner"] == [False], "no date may be sooner"


def test_failed_lots_pass_and_conditions_are_met() -> None:
    rows = [created(0, 11, line="10"), TRUCK]
    rows += [event("inspection.recorded", 1, state="failed", kind="in_process", reference="L1", line="10")]
    rows += [event("readiness.stated", 2, kind="labels", state="not_met", line="10")]
    rows += [event("readiness.stated", 2, kind="packaging", state="met", line="10")]
    assert told(*rows) == [
        "in-process inspection of lot L1 on line 10 passes",
        "labels are put right for line 10",
    ]


@pytest.mark.parametrize(
    ("trucks", "sentences"),
    [
        ([], ["plan a truck for Fri 12 Jan"]),
        ([event("delivery.planned", 1, reference="D0", date=3)], ["plan a truck for Fri 12 Jan"]),
        (
            [event("delivery.planned", 1, reference="D1", date=14)],
            ["truck D1 leaves Fri 12 Jan, not Mon 15 Jan"],
        ),
        (
            [event("delivery.planned", 1, reference="D1", date=11, quantity=6)],
            ["truck D1 takes 10 units, not 6"],
        ),
        ([event("delivery.planned", 1, reference="D1", date=11)], []),
    ],
    ids=["none", "gone", "too late", "too small", "of no size"],
)
def test_trucks(trucks: list[dict[str, Any]], sentences: list[str]) -> None:
    assert told(created(0, 13, line="10"), *trucks) == sentences


def test_a_truck_leaves_earlier_for_the_lines_that_it_takes() -> None:
    """Line 10 is due on Thursday the 11th, line 20 on the 18th; the first truck takes ten pieces, or all of them."""
    rows = [created(0, 10, line="10"), created(0, 17, line="20")]
    first, rest = event("delivery.planned", 1, reference="D1", date=9, quantity=10), {"reference": "D2", "quantity": 10}
    assert told(*rows, first, event("delivery.planned", 1, date=17, **rest)) == []
    late = event("delivery.planned", 1, date=18, **rest)
    assert told(*rows, first, late) == ["truck D2 leaves Thu 18 Jan, not Fri 19 Jan"]
    assert told(*rows, first | {"quantity": 20}, late) == []
    own = event("delivery.planned", 1, date=12, line="10", **rest)
    assert told(*rows, first | {"line_id": "20"}, own) == ["truck D2 leaves Thu 11 Jan, not Sat 13 Jan"]


def test_a_truck_that_leaves_hours_too_late_is_told_with_the_time() -> None:
    rows = created(0, 11, line="10"), event("delivery.planned", 1, reference="D1", date=11.25)
    assert told(*rows) == ["truck D1 leaves Fri 12 Jan 12:00, not Fri 12 Jan 18:00"]


def test_a_truck_leaves_by_the_promise_and_on_a_working_day() -> None:
    saturday, friday = created(0, 12, line="10"), created(0, 11, line="10")
    dates = [moves(row)[0].statements[0]["date"] for row in (saturday, friday)]
    assert dates == [micros("2024-01-12T15:00:00Z"), moment(11)]
    assert moves(created(0, 4.5, line="10"), day=4)[0].kind == "plan_truck"
    assert "plan_truck" not in [move.kind for move in moves(created(0, 6, line="10"), day=5)], "only Saturday is left"


def test_what_is_booked_in_part_is_booked_as_final() -> None:
    half = event("operation.confirmed", 2, line="10", reference="30", quantity=4, state="partial", work_center="saw")
    rows = [created(0, 11, line="10"), TRUCK, half]
    found = moves(*rows)[0]
    assert found.sentence == "book what is left on line 10 as final (operation 30, 6 units)"
    assert found.statements == (
        {"type": "operation.confirmed", "line_id": "10", "reference": "30", "state": "final", "quantity": 6.0,
         "work_center": "saw"},
    )  # fmt: skip
    scrapped = event("operation.scrapped", 3, line="10", reference="30", quantity=2)
    assert moves(*rows, scrapped)[0].sentence == "book what is left on line 10 as final (operation 30, 4 units)"
    final = event("operation.confirmed", 3, line="10", reference="30", quantity=6, state="final")
    assert told(*rows, final) == []


def test_what_is_done_ships_once_somebody_says_so_and_nothing_holds_it() -> None:
    made = event("operation.confirmed", 2, line="10", reference="30", quantity=6, state="final")
    packed = event("readiness.stated", 3, kind="packaging", state="met", line="10")
    rows = [created(0, 11, line="10"), TRUCK, made]
    assert told(*rows) == []
    assert told(*rows, packed) == ["ship the 6 units of line 10 that are done"]
    assert told(*rows, packed, shipped(3.5, 5, line="10"))[-1] == "ship the 1 unit of line 10 that is done"
    assert told(*rows, packed, event("hold.placed", 3, kind="credit")) == ["release credit hold"]
    assert told(created(0, 11, line="10"), TRUCK, packed) == ["ship all that is left of line 10 (10 units)"]


def test_a_promise_that_moves_names_each_truck_with_its_own_day() -> None:
    early = event("delivery.planned", 1, reference="D0", date=8, quantity=4)
    third = event("delivery.planned", 1, reference="D2", date=10)
    found = moves(created(0, 11, line="10"), TRUCK, early)
    assert found[-1].sentence == (
        "move the promise to Fri 19 Jan, truck D1 to Fri 19 Jan and truck D0 to Tue 16 Jan, if the customer agrees"
    )
    assert "truck D0 to Tue 16 Jan and 1 more," in moves(created(0, 11, line="10"), TRUCK, early, third)[-1].sentence


def test_no_truck_is_moved_behind_the_new_promise() -> None:
    """It is planned for the day after the promise: as many days later it would be late again."""
    late = event("delivery.planned", 1, reference="D1", date=12, quantity=10)
    found = [move for move in moves(created(0, 11, line="10"), late) if move.kind in PROMISED]
    assert [move.sentence for move in found] == [
        "move the promise to Mon 15 Jan, truck D1 to Mon 15 Jan, if the customer agrees",
        "move the promise to Fri 19 Jan, truck D1 to Fri 19 Jan, if the customer agrees",
    ]
    for move in found:
        promise, truck = move.statements
        assert truck["date"] <= promise["date"]


def test_of_a_late_order_everything_is_moved_but_its_promise() -> None:
    rows = [created(0, 2, line="10"), event("hold.placed", 1, kind="quality", reference="H1", line="10")]
    rows += [event("readiness.stated", 2, kind="labels", state="not_met", line="10")]
    assert [move.sentence for move in moves(*rows)] == [
        "release quality hold H1 on line 10",
        "plan a truck for Mon 8 Jan",
        "labels are put right for line 10",
    ]


def test_the_truck_of_a_late_order_leaves_on_the_next_working_day() -> None:
    late = created(0, 2, line="10")
    truck = event("delivery.planned", 1, reference="D1", date=11)
    assert told(late, truck, day=4) == ["truck D1 leaves Mon 8 Jan, not Fri 12 Jan"]
    assert told(late, truck, day=7.5) == ["truck D1 leaves Wed 10 Jan, not Fri 12 Jan"]
    assert told(late, event("delivery.planned", 1, reference="D1", date=7), day=4) == [], "it leaves before"
    waiting = created(0, 13, line="20"), event("delivery.planned", 1, reference="D2", date=14, line="20")
    assert told(late, shipped(3, line="10"), *waiting) == ["truck D2 leaves Fri 12 Jan, not Mon 15 Jan"]


def test_an_order_that_is_shipped_or_unpromised_has_no_moves() -> None:
    held = event("hold.placed", 1, kind="credit")
    assert moves(created(0, None, line="10"), held) == []
    assert moves(created(0, 11, line="10"), held, shipped(2, line="10")) == []


def test_days_are_those_of_the_plant() -> None:
    late_evening = created(0, None, line="10") | {"date": pd.Timestamp("2024-01-12T23:30:00Z")}
    assert told(late_evening)[0] == "plan a truck for Fri 12 Jan"
    assert told(late_evening, zone="Asia/Tokyo")[0] == "plan a truck for Fri 12 Jan", "Saturday there"
    assert told(late_evening | {"date": pd.Timestamp("2024-01-11T23:30:00Z")}, zone="Asia/Tokyo")[0] == (
        "plan a truck for Fri 12 Jan"
    )


def test_a_move_names_a_thing_as_the_blocker_does() -> None:
    rows = [created(0, 11, line="10", quantity=5_000), created(0, 11, line="20"), TRUCK]
    rows += [event("hold.placed", 1, kind="quality", reference="H1", line="20")]
    rows += [event("material.stated", 1, reference="steel", state="short", quantity=1_200, line="10", date=3)]
    rows += [event("inspection.recorded", 1, state="failed", kind="final", reference="L1", line="10")]
    history = History.of(story(*rows))
    facts = Facts(KnownOrder(history, 0, moment(4)), moment(4), UTC)
    blockers = [*hold_blockers(facts), *shortage_blockers(facts), *lot_blockers(facts)]
    names = ["quality hold H1 on line 20", "steel (1,200, line 10)", "final inspection of lot L1 on line 10"]
    assert [one.sentence.startswith(name) for one, name in zip(blockers, names, strict=True)] == [True] * 3
    assert [one.sentence for one in moves(*rows)[:3]] == [
        f"release {names[0]}", f"{names[1]} comes today", f"{names[2]} passes",
    ]  # fmt: skip


def test_moves_in_another_language() -> None:
    czech = replace(
        ENGLISH,
        templates={
            **ENGLISH.templates,
            "hold": "blokace {reference}",
            "move.release": "uvolnit: {hold}",
            "move.kind.release_hold": "{count} uvolnění uberou {taken}",
            "move.taken": "{points} [n:bod|body|bodů]",
        },
        form=lambda number: 0 if number == 1 else 1 if 2 <= number <= 4 else 2,
        decimal=",",
        thousands=" ",
    )
    history = History.of(story(created(0, 11, line="10"), event("hold.placed", 1, kind="credit", reference="H1")))
    assert feasible_moves(history, 0, moment(4), language=czech)[0].sentence == "uvolnit: blokace H1"
    assert headline("release_hold", 1, 0.05, None, czech) == "1 uvolnění uberou 5 bodů"


def test_headlines_are_singular_and_plural() -> None:
    assert headline("release_hold", 1, 0.012, None) == "this release takes 1.2 points off the list"
    assert headline(None, 13, 1.5, 2e6) == "these 13 moves take 150 points and 2,000,000 of value at risk off the list"
    assert headline(None, 0, 0.0, None) == "no move takes risk off the list"
    assert headline("lot_passes", 1, 0.01, None) == "this passed lot takes 1 point off the list"
    for kind in KINDS:
        assert headline(kind, 2, 0.2, None).startswith("these two ")


# -- instalments, lines without an id, lines that nobody created ---------------------------------------------


INSTALMENTS = [created(0, 11, line="10/1"), created(0, 11, line="10/2"), TRUCK]
READY = [event("readiness.stated", 3, kind="labels", state="met", line=part) for part in ("10/1", "10/2")]


@pytest.mark.parametrize(
    "stops",
    [
        event("hold.placed", 2, kind="quality", reference="H1", line="10"),
        event("operation.confirmed", 2, line="10", reference="30", quantity=4, state="partial"),
        event("inspection.recorded", 2, state="failed", kind="final", reference="L1", line="10"),
        event("readiness.stated", 2, kind="packaging", state="not_met", line="10"),
    ],
    ids=["hold", "work", "failed lot", "condition"],
)
def test_what_is_stated_of_a_line_stops_its_instalments(stops: dict[str, Any]) -> None:
    ships = [move.line_id for move in moves(*INSTALMENTS, *READY) if move.kind == "ship_done"]
    assert ships == ["10/1", "10/2"]
    assert "ship_done" not in [move.kind for move in moves(*INSTALMENTS, stops, *READY)]


def test_a_line_with_a_failed_lot_does_not_ship() -> None:
    rows = [created(0, 11, line="10"), created(0, 11, line="20"), TRUCK]
    rows += [event("inspection.recorded", 1, state="failed", kind="final", reference="L1", line="10")]
    rows += [event("readiness.stated", 3, kind="labels", state="met")]
    assert [move.line_id for move in moves(*rows) if move.kind == "ship_done"] == ["20"]
    passed = event("inspection.recorded", 2, state="passed", kind="final", reference="L1", line="10")
    assert [move.line_id for move in moves(*rows, passed) if move.kind == "ship_done"] == ["10", "20"]


def test_the_promise_of_a_line_without_an_id_is_that_of_the_whole_order_and_is_stated_once() -> None:
    def dates(*rows: dict[str, Any]) -> list[tuple[str | None, int]]:
        return [(one["line_id"], one["date"]) for one in moves(*rows)[-1].statements if "actor" in one]

    assert dates(created(0, 11), created(0, 11, line="1")) == [(None, moment(18))]
    assert dates(created(0, 11), created(0, 14, line="1"), created(0, 11, line="2")) == [
        (None, moment(18)), ("1", moment(21)),
    ]  # fmt: skip
    whole_and_part = created(0, 11, line="10"), created(0, 11, line="10/1")
    assert dates(*whole_and_part) == [("10", moment(18)), ("10/1", moment(18))], (
        "a line that is known speaks for itself"
    )


def test_what_is_stated_of_a_line_that_nobody_created_is_not_a_move() -> None:
    rows = [created(0, 11, line="10"), TRUCK]
    rows += [event("hold.placed", 1, kind="quality", reference="H9", line="9")]
    rows += [event("material.stated", 1, state="short", reference="steel", line="9")]
    rows += [event("inspection.recorded", 1, state="failed", kind="final", reference="L9", line="9")]
    rows += [event("readiness.stated", 1, kind="labels", state="not_met", line="9")]
    assert told(*rows) == []


def test_trucks_of_lines_that_left_are_not_those_of_the_others() -> None:
    rows = [created(0, 11, line="10"), created(0, 13, line="20"), shipped(2, line="10")]
    rows += [event("delivery.planned", 1, reference="D1", date=16, quantity=2, line="10")]
    found = moves(*rows)
    assert found[0].sentence == "plan a truck for Fri 12 Jan"
    assert [move.kind for move in found] == ["plan_truck", *PROMISED]
    assert all(one["type"] == "commitment.changed" for one in found[-1].statements)


NAMES = st.sampled_from([None, "1", "2", "9", "10", "10/1", "10/2"])
STATED = st.one_of(
    st.builds(lambda line, day: created(0, day, line=line), NAMES, st.sampled_from([11, 14, None])),
    st.builds(
        lambda line, day, word: event("delivery.planned", 1, reference=word, date=day, quantity=6, line=line),
        NAMES, st.sampled_from([3, 11, 16]), st.sampled_from(["D1", "D2", None]),
    ),
    st.builds(
        lambda what, line, word: event(what, 2, kind="quality", reference=word, line=line),
        st.sampled_from(["hold.placed", "hold.released"]), NAMES, st.sampled_from(["H1", None]),
    ),
    st.builds(
        lambda state, line, day: event("material.stated", 2, state=state, reference="steel", date=day, line=line),
        st.sampled_from(["short", "short", "available"]), NAMES, st.sampled_from([5, 20]),
    ),
    st.builds(
        lambda state, line: event("inspection.recorded", 2, state=state, kind="final", reference="L1", line=line),
        st.sampled_from(["failed", "passed"]), NAMES,
    ),
    st.builds(
        lambda kind, state, line: event("readiness.stated", 3, kind=kind, state=state, line=line),
        st.sampled_from(["labels", "packaging"]), st.sampled_from(["met", "met", "not_met"]), NAMES,
    ),
    st.builds(
        lambda state, line: event("operation.confirmed", 2, reference="30", quantity=4, state=state, line=line),
        st.sampled_from(["partial", "final"]), NAMES,
    ),
    st.builds(lambda quantity, line: shipped(2.5, quantity, line=line), st.sampled_from([None, 3]), NAMES),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([None, "1", "2", "10/1", "10/2"]), min_size=1, max_size=3, unique=True),
       st.lists(STATED, min_size=1, max_size=10))  # fmt: skip
def test_every_move_can_happen_as_it_stands(lines: list[str | None], rows: list[dict[str, Any]]) -> None:
    moves(*(created(0, 11 + 3 * (line == "1"), line=line) for line in lines), *rows)
