"""How what the records say became of an order changes with every record: the chain that the track record reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.history import History
from features.outcomes import OUTCOMES, label_revisions, outcomes
from features.times import NEVER
from tests.support.stories import created, days, event, moment, shipped, story

Chain = list[tuple[str, float]]
"""Outcomes with the day since when the records hold each."""


def chain(*events: dict[str, Any]) -> Chain:
    """Every change of the label of order A, in the order in which they are kept."""
    found = label_revisions(History.of(story(*events)))
    since = (found.known_at - moment(0)) / days(1)
    return [(str(OUTCOMES[code]), float(day)) for code, day in zip(found.outcome, since, strict=True)]


def at_ends(*events: dict[str, Any], day: float, ends: list[float]) -> Chain:
    """What is known of order A, looked at on a day, by records that end on each of some days; -1 is not known."""
    history = History.of(story(*events))
    told = []
    for end in ends:
        code, known_at, _ = outcomes(history, np.array([0]), np.array([moment(day)]), until=moment(end))
        since = -1.0 if known_at[0] == NEVER else (known_at[0] - moment(0)) / days(1)
        told.append((str(OUTCOMES[code[0]]), float(since)))
    return told


SENT_BACK = [created(0, 10), shipped(3, 10), shipped(4, -10, late=2)]
"""Ten leave on day 3, settled on day 5; a posting of day 4, booked on day 6, takes them back."""
SENT_AGAIN = [*SENT_BACK, shipped(8, 10)]


def test_a_success_that_is_taken_back_is_not_settled_until_its_promise_has_passed() -> None:
    assert chain(*SENT_BACK) == [("on_time_in_full", 5.0), ("unsettled", 6.0), ("missed", 12.0)]
    assert at_ends(*SENT_BACK, day=1, ends=[4.9, 5, 5.9, 6, 11.9, 12, 99]) == [
        ("unsettled", -1.0),
        ("on_time_in_full", 5.0),
        ("on_time_in_full", 5.0),
        ("unsettled", -1.0),
        ("unsettled", -1.0),
        ("missed", 12.0),
        ("missed", 12.0),
    ]


def test_a_success_that_is_taken_back_and_sent_again_in_time_is_settled_anew() -> None:
    assert chain(*SENT_AGAIN) == [("on_time_in_full", 5.0), ("unsettled", 6.0), ("on_time_in_full", 10.0)]
    assert at_ends(*SENT_AGAIN, day=1, ends=[7, 9.9, 10, 99]) == [
        ("unsettled", -1.0),
        ("unsettled", -1.0),
        ("on_time_in_full", 10.0),
        ("on_time_in_full", 10.0),
    ]


def test_what_is_taken_back_after_the_promise_has_passed_was_missed_at_once() -> None:
    told = [created(0, 10), shipped(3, 10), shipped(4, -10, late=20)]
    assert chain(*told) == [("on_time_in_full", 5.0), ("missed", 24.0)]


def test_a_miss_that_is_booked_as_shipped_in_part_and_then_in_full_is_revised_twice() -> None:
    told = [created(0, 10), shipped(8, 4, late=12), shipped(9, 6, late=21)]
    assert chain(*told) == [("missed", 12.0), ("partial", 20.0), ("on_time_in_full", 30.0)]


def test_a_record_that_changes_nothing_leaves_the_label_and_its_day() -> None:
    told = [created(0, 10), shipped(3, 10), event("hold.placed", 7, kind="credit"), shipped(15, 1)]
    assert chain(*told) == [("on_time_in_full", 5.0)]
    assert at_ends(*told, day=1, ends=[99]) == [("on_time_in_full", 5.0)]


def test_a_line_that_was_missed_stays_missed_while_a_later_one_is_opened_again() -> None:
    """Line 1 is missed on day 12. Line 2 is cancelled on day 5 and opened on day 13: that says nothing new."""
    told = [
        created(0, 10, line="1"),
        created(0, 20, line="2"),
        event("order_line.closed", 2, line="2", reason="cancelled"),
        event("order_line.reopened", 13, line="2"),
    ]
    assert chain(*told) == [("missed", 12.0)]
    assert chain(*told, shipped(15, 10, line="2")) == [("missed", 12.0), ("unsettled", 15.0), ("partial", 22.0)]


# -- re-promised across the end of the records, and booked late --------------------------------------------------


@pytest.mark.parametrize(("looked", "expected"), [(1.0, ("missed", 12.0)), (9.5, ("on_time_in_full", 22.0))])
def test_a_promise_moved_before_it_passes_is_judged_by_the_day_of_the_look(
    looked: float, expected: tuple[str, float]
) -> None:
    """Promised for day 10, on day 9 for day 25; it left on day 20. By records that end on day 11 neither is known."""
    told = [created(0, 10), event("commitment.changed", 9, date=25, actor="plant"), shipped(20, 10)]
    assert at_ends(*told, day=looked, ends=[11, 99]) == [("unsettled", -1.0), expected]


def test_what_was_booked_late_is_a_miss_by_the_records_that_end_before() -> None:
    told = [created(0, 10), shipped(9, 10, late=30)]
    assert at_ends(*told, day=1, ends=[12, 38.9, 39]) == [
        ("missed", 12.0),
        ("missed", 12.0),
        ("on_time_in_full", 39.0),
    ]
