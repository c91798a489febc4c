"""The moves that are open to a planner, on histories a reader can check: days count from Monday 1 January 2024."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.history import History
from features.times import micros
from features.what_if.copies import stated
from features.what_if.moves import Move, feasible_moves
from features.what_if.possible import refusals
from features.what_if.words import headline
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
        "move the promise to Mon 15 Jan, if the customer agrees",
        "move the promise to Fri 19 Jan, if the customer agrees",
    ]
    assert all(move.consent for move in found)
    promise, truck = found[1].statements
    assert (promise["type"], promise["line_id"], promise["date"], promise["actor"]) == (
        "commitment.changed", "10", moment(18), "agreed",
    )  # fmt: skip
    assert (truck["type"], truck["reference"], truck["date"]) == ("delivery.planned", "D1", moment(18))


def test_several_promises_are_moved_together() -> None:
    found = moves(created(0, 11, line="10"), created(0, 14, line="20"), TRUCK)
    assert found[-1].sentence == "move the promises 7 days later, the first to Fri 19 Jan, if the customer agrees"
    assert [one.get("date") for one in found[-1].statements] == [moment(18), moment(21), moment(18)]


def test_open_holds_are_released_and_those_of_lines_that_left_are_not() -> None:
    hold = {"kind": "quality", "reference": "H1", "line": "20"}
    rows = [created(0, 11, line="10"), created(0, 11, line="20"), TRUCK, event("hold.placed", 1, **hold)]
    rows += [event("hold.placed", 1, kind="credit"), event("hold.placed", 1, kind="delivery", reference="H0")]
    rows += [event("hold.released", 2, kind="delivery", reference="H0")]
    assert told(*rows)[:2] == ["release quality hold H1 on line 20", "release credit hold"]
    assert told(*rows, shipped(3, line="20"))[0] == "release credit hold"


def test_a_component_that_is_short_comes_today_or_sooner_than_is_said() -> None:
    def short(date: float | None) -> list[str]:
        says = {"state": "short", "reference": "steel", "quantity": 60, "line": "30", "date": date}
        return told(created(0, 11, line="30"), TRUCK, event("material.stated", 1, **says))

    assert short(20) == ["steel (60, line 30) comes today", "steel (60, line 30) comes by Wed 10 Jan"]
    assert short(None) == short(20)
    assert short(8) == short(3) == ["steel (60, line 30) comes today"]
    says = {"state": "short", "reference": "steel", "line": "30"}
    found = moves(created(0, 11, line="30"), TRUCK, event("material.stated", 1, **says))
    assert [move.helps for move in found if move.kind == "component_sooner"] == [False], "no date may be sooner"


def test_failed_lots_pass_and_conditions_are_met() -> None:
    rows = [created(0, 11, line="10"), TRUCK]
    rows += [event("inspection.recorded", 1, state="failed", kind="in_process", reference="L1", line="10")]
    rows += [event("readiness.stated", 2, kind="labels", state="not_met", line="10")]
    rows += [event("readiness.stated", 2, kind="packaging", state="met", line="10")]
    assert told(*rows) == [
        "lot L1 on line 10 passes its in-process inspection",
        "labels are put right for line 10",
    ]


@pytest.mark.parametrize(
    ("trucks", "sentences"),
    [
        ([], ["plan a truck for Fri 12 Jan"]),
        ([event("delivery.planned", 1, reference="D0", date=3)], ["plan a truck for Fri 12 Jan"]),
        (
            [event("delivery.planned", 1, reference="D1", date=14)],
            ["truck D1 leaves on Fri 12 Jan, not Mon 15 Jan"],
        ),
        (
            [event("delivery.planned", 1, reference="D1", date=11, quantity=6)],
            ["truck D1 takes 10 pieces, not 6"],
        ),
        ([event("delivery.planned", 1, reference="D1", date=11)], []),
    ],
    ids=["none", "gone", "too late", "too small", "of no size"],
)
def test_trucks(trucks: list[dict[str, Any]], sentences: list[str]) -> None:
    assert told(created(0, 13, line="10"), *trucks) == sentences


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
    assert found.sentence == "book what is left on line 10 as final (operation 30, 6 pieces)"
    assert found.statements == (
        {"type": "operation.confirmed", "line_id": "10", "reference": "30", "state": "final", "quantity": 6.0,
         "work_center": "saw"},
    )  # fmt: skip
    final = event("operation.confirmed", 3, line="10", reference="30", quantity=6, state="final")
    assert told(*rows, final) == []


def test_what_is_done_ships_once_somebody_says_so_and_nothing_holds_it() -> None:
    made = event("operation.confirmed", 2, line="10", reference="30", quantity=6, state="final")
    packed = event("readiness.stated", 3, kind="packaging", state="met", line="10")
    rows = [created(0, 11, line="10"), TRUCK, made]
    assert told(*rows) == []
    assert told(*rows, packed) == ["ship the 6 pieces of line 10 that are done"]
    assert told(*rows, packed, shipped(3.5, 5, line="10"))[-1] == "ship the 1 piece of line 10 that is done"
    assert told(*rows, packed, event("hold.placed", 3, kind="credit")) == ["release credit hold"]
    assert told(created(0, 11, line="10"), TRUCK, packed) == ["ship all that is left of line 10 (10 pieces)"]


def test_an_order_that_is_late_shipped_or_unpromised_has_no_moves() -> None:
    held = event("hold.placed", 1, kind="credit")
    assert moves(created(0, 3, line="10"), held) == []
    assert moves(created(0, None, line="10"), held) == []
    assert moves(created(0, 11, line="10"), held, shipped(2, line="10")) == []


def test_days_are_those_of_the_plant() -> None:
    late_evening = created(0, None, line="10") | {"date": pd.Timestamp("2024-01-12T23:30:00Z")}
    assert told(late_evening)[0] == "plan a truck for Fri 12 Jan"
    assert told(late_evening, zone="Asia/Tokyo")[0] == "plan a truck for Fri 12 Jan", "Saturday there"
    assert told(late_evening | {"date": pd.Timestamp("2024-01-11T23:30:00Z")}, zone="Asia/Tokyo")[0] == (
        "plan a truck for Fri 12 Jan"
    )


def test_headlines_are_singular_and_plural() -> None:
    assert headline("release_hold", 1, 0.012, None) == "this release takes 1.2 points off the list"
    assert headline(None, 13, 1.5, 2e6) == "these 13 moves take 150 points and 2,000,000 of value at risk off the list"
    assert headline(None, 0, 0.0, None) == "no move takes risk off the list"
