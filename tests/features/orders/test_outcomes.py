"""What became of an order, seen from a moment: histories a reader can follow in the head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.history import History
from features.outcomes import OUTCOMES, decided_between, label_revisions, outcomes
from features.policy import OutcomePolicy, OutcomeRules
from features.times import NEVER
from tests.support.stories import created, days, event, moment, shipped, story


def outcome(*events: dict[str, Any], day: float, until: float = 1000, **rules: Any) -> tuple[str, float | None]:
    """The outcome of order A seen from a day, and the day it was known; by other rules than the default where given."""
    history = History.of(story(*events), OutcomePolicy(OutcomeRules(**rules)))
    order, as_of = np.array([0]), np.array([moment(day)])
    found, known_at, _ = outcomes(history, order, as_of, until=moment(until))
    day_known = None if known_at[0] == NEVER else (known_at[0] - moment(0)) / days(1)
    return str(OUTCOMES[found[0]]), day_known


def test_shipped_in_full_by_the_promise_is_known_two_days_after_the_last_issue() -> None:
    assert outcome(created(0, 10), shipped(4, 6), shipped(8, 4), day=1) == ("on_time_in_full", 10.0)


def test_nothing_shipped_by_the_promise_is_missed_known_two_days_after_it() -> None:
    assert outcome(created(0, 10), shipped(11, 10), day=1) == ("missed", 12.0)


def test_a_part_shipped_by_the_promise_is_partial() -> None:
    assert outcome(created(0, 10), shipped(9, 6), shipped(11, 4), day=1) == ("partial", 12.0)


def test_one_of_two_lines_missed_is_partial_against_the_last_promise() -> None:
    lines = [created(0, 10, line="1"), created(0, 20, line="2"), shipped(12, 10, line="1"), shipped(15, 10, line="2")]
    assert outcome(*lines, day=1) == ("partial", 22.0)


def test_a_re_promise_does_not_erase_the_miss_for_the_moments_before_it() -> None:
    told = [created(0, 10), event("commitment.changed", 9, date=20, actor="plant"), shipped(15, 10)]
    assert outcome(*told, day=1) == ("missed", 12.0)
    assert outcome(*told, day=9.5) == ("on_time_in_full", 17.0)


def test_a_goods_issue_booked_late_counts_when_it_left_and_is_known_when_booked() -> None:
    told = [created(0, 10), shipped(9, 10, late=30)]
    assert outcome(*told, day=1) == ("on_time_in_full", 39.0)
    assert outcome(*told, day=1, until=20) == ("missed", 12.0)


def test_a_cancelled_line_leaves_the_order() -> None:
    told = [
        created(0, 10, line="1"),
        created(0, 10, line="2"),
        event("order_line.closed", 5, line="2", reason="cancelled"),
        shipped(9, 10, line="1"),
    ]
    assert outcome(*told, day=1) == ("on_time_in_full", 11.0)


def test_a_line_cancelled_after_its_promise_was_missed() -> None:
    told = [created(0, 10), event("order_line.closed", 15, reason="cancelled")]
    assert outcome(*told, day=1) == ("missed", 12.0)


def test_an_order_cancelled_whole_has_no_other_outcome() -> None:
    assert outcome(created(0, 10), event("order_line.closed", 5, reason="cancelled"), day=1) == ("cancelled", 5.0)


def test_the_quantity_in_force_at_the_promise_decides() -> None:
    raised = event("order_line.changed", 5, quantity=20)
    assert outcome(created(0, 10), raised, shipped(9, 10), day=1)[0] == "partial"
    afterwards = event("order_line.changed", 11, quantity=20)
    assert outcome(created(0, 10), afterwards, shipped(9, 10), day=1)[0] == "on_time_in_full"


def test_a_reversal_takes_back_what_was_issued() -> None:
    assert outcome(created(0, 10), shipped(8, 10), shipped(9, -10), day=1) == ("missed", 12.0)


def test_a_line_closed_short_stays_short() -> None:
    told = [created(0, 10), shipped(8, 6), event("order_line.closed", 9, reason="short")]
    assert outcome(*told, day=1) == ("partial", 12.0)


def test_under_delivery_within_the_tolerance_is_in_full() -> None:
    assert outcome(created(0, 10), shipped(8, 9.5), day=1, under_delivery=0.05)[0] == "on_time_in_full"
    assert outcome(created(0, 10), shipped(8, 9.4), day=1, under_delivery=0.05)[0] == "partial"


def test_before_the_records_settle_it_is_unsettled() -> None:
    assert outcome(created(0, 10), shipped(4, 6), day=1, until=11.9) == ("unsettled", None)


def test_an_order_that_is_late_or_shipped_at_the_moment_has_no_outcome_to_predict() -> None:
    assert outcome(created(0, 10), day=10.5)[0] == "unsettled"
    assert outcome(created(0, 10), shipped(3, 10), day=4)[0] == "unsettled"


def test_a_goods_issue_of_the_whole_order_fills_its_lines() -> None:
    lines = [created(0, 10, line="1"), created(0, 10, line="2")]
    assert outcome(*lines, shipped(9), day=1)[0] == "on_time_in_full"
    assert outcome(*lines, shipped(9, 15), day=1)[0] == "partial"


def test_shipped_on_the_last_moment_of_the_promise_is_in_time() -> None:
    assert outcome(created(0, 10), shipped(10, 10), day=1)[0] == "on_time_in_full"
    assert outcome(created(0, 10), shipped(10.00001, 10), day=1)[0] == "missed"
    assert outcome(created(0, 10), event("order_line.changed", 10, quantity=5), shipped(9, 5), day=1)[0] == (
        "on_time_in_full"
    )
    assert outcome(created(0, 10), day=10)[0] == "missed"


def test_a_correction_known_at_the_moment_counts_whenever_it_happened() -> None:
    told = [created(0, 10), event("order_line.changed", 10.5, quantity=5, late=-2), shipped(9, 5)]
    assert outcome(*told, day=8.75)[0] == "on_time_in_full"
    assert outcome(*told, day=1)[0] == "partial"


def test_a_goods_issue_without_a_line_passes_over_lines_that_are_cancelled_or_not_known_yet() -> None:
    lines = [created(0, 10, line="10"), created(0, 10, line="20")]
    cancelled = event("order_line.closed", 1, line="10", reason="cancelled")
    assert outcome(*lines, cancelled, shipped(5, 10), day=2)[0] == "on_time_in_full"
    raised = [created(0, 9, line="10"), shipped(2, 15), event("order_line.changed", 3, line="10", quantity=20)]
    assert outcome(*raised, created(8, 30, line="20"), day=4)[0] == "partial"


def test_a_late_issue_is_not_given_to_its_line_again() -> None:
    lines = [created(0, 5, line="10"), created(0, 20, line="20")]
    assert outcome(*lines, shipped(7, 10), shipped(10, 10), day=1)[0] == "partial"


def test_all_that_is_left_may_be_booked_before_the_line_is() -> None:
    assert outcome(shipped(0, line="1"), created(1, 20, line="1"), shipped(30, 1, line="1"), day=1)[0] == "unsettled"
    assert outcome(shipped(2, line="2", late=-2), created(1, 20, line="1"), created(1, 20, line="2"), day=1)[0] == (
        "partial"
    )


@pytest.mark.parametrize("share", [0.29, 0.07, 0.57])
def test_the_tolerance_is_exact(share: float) -> None:
    told = [created(0, 10, quantity=100), shipped(8, round(100 - 100 * share))]
    assert outcome(*told, day=1, under_delivery=share)[0] == "on_time_in_full"


def test_the_track_record_keeps_what_was_believed_and_when() -> None:
    """Missed was believed from day 12, until the late booking on day 39 corrected it."""
    revisions = label_revisions(History.of(story(created(0, 10), shipped(9, 10, late=30))))
    assert [str(OUTCOMES[code]) for code in revisions.outcome] == ["missed", "on_time_in_full"]
    assert ((revisions.known_at - moment(0)) / days(1)).tolist() == [12.0, 39.0]


def test_an_order_shipped_long_before_its_promise_counts_in_the_track_record() -> None:
    believed = label_revisions(History.of(story(created(0, 60), shipped(9, 10))))
    assert [str(OUTCOMES[code]) for code in believed.outcome] == ["on_time_in_full"]


# -- when an outcome is settled ----------------------------------------------------------------------------------


def believed(*events: dict[str, Any]) -> list[tuple[str, float]]:
    """What the track record holds of order A, and the day from which it does."""
    found = label_revisions(History.of(story(*events)))
    day = (found.known_at - moment(0)) / days(1)
    return [(str(OUTCOMES[code]), float(known)) for code, known in zip(found.outcome, day, strict=True)]


def test_an_early_issue_that_is_booked_last_does_not_settle_it_earlier() -> None:
    assert outcome(created(0, 10), shipped(8, 6), shipped(4, 4, late=5), day=1) == ("on_time_in_full", 10.0)


def test_what_came_back_and_left_again_settles_it_when_it_left_again() -> None:
    told = [created(0, 10), shipped(3, 10), shipped(4, -10), shipped(8, 10)]
    assert outcome(*told, day=1) == ("on_time_in_full", 10.0)


def test_more_than_all_of_it_settles_nothing_later() -> None:
    assert outcome(created(0, 10), shipped(3, 10), shipped(4, 1), day=1) == ("on_time_in_full", 5.0)


def test_a_booking_of_the_last_moment_of_the_records_counts() -> None:
    told = [created(0, 10), shipped(9, 10, late=30)]
    assert outcome(*told, day=1, until=39) == ("on_time_in_full", 39.0)
    assert outcome(*told, day=1, until=38.9) == ("missed", 12.0)


def test_silence_after_the_last_record_settles_nothing() -> None:
    """The records end on day 11, one day before it would be known that the order was missed."""
    history = History.of(story(created(0, 10), event("hold.placed", 11, kind="credit")))
    found, known_at, _ = outcomes(history, np.array([0]), np.array([moment(1)]))
    assert (OUTCOMES[found[0]], known_at[0]) == ("unsettled", NEVER)


def test_an_outcome_is_ripe_when_the_last_promise_and_its_grace_have_passed() -> None:
    history = History.of(story(created(0, 20, line="1"), created(0, 10, line="2"), shipped(3)))
    _, known_at, ripe_at = outcomes(history, np.array([0]), np.array([moment(1)]), until=moment(100))
    assert (known_at[0], ripe_at[0]) == (moment(5), moment(22))


def test_a_booking_at_the_moment_at_which_a_miss_would_be_known_comes_before_it() -> None:
    assert believed(created(0, 10), shipped(9, 10, late=3)) == [("on_time_in_full", 12.0)]


# -- which lines, promises and quantities ------------------------------------------------------------------------


def test_a_line_that_is_ordered_after_the_moment_is_not_part_of_the_outcome() -> None:
    told = [created(0, 10, line="1"), created(3, 10, line="2"), shipped(8, 10, line="1")]
    assert outcome(*told, day=1) == ("on_time_in_full", 10.0)
    assert outcome(*told, day=4) == ("partial", 12.0)


def test_an_order_whose_lines_of_then_are_all_cancelled_is_cancelled_whatever_was_added() -> None:
    cancelled = event("order_line.closed", 5, line="1", reason="cancelled")
    told = [created(0, 10, line="1"), created(3, 10, line="2"), cancelled, shipped(8, 10, line="2")]
    assert outcome(*told, day=1) == ("cancelled", 5.0)


def test_a_line_created_again_is_held_to_its_new_promise() -> None:
    assert outcome(created(0, 10), created(1, 20), shipped(15, 10), day=2) == ("on_time_in_full", 17.0)


def test_a_line_cancelled_by_mistake_and_closed_short_was_missed() -> None:
    closed = [event("order_line.closed", day, reason=reason) for day, reason in ((3, "cancelled"), (4, "short"))]
    assert outcome(created(0, 10), *closed, day=1) == ("missed", 12.0)


def test_a_line_cancelled_after_its_promise_takes_no_more_goods() -> None:
    """It counts as missed; what leaves on day 12 is of line 2, and in time."""
    lines = [created(0, 10, line="1"), created(0, 20, line="2")]
    cancelled = event("order_line.closed", 11, line="1", reason="cancelled")
    assert outcome(*lines, cancelled, shipped(12, 10), day=1) == ("partial", 22.0)


def test_a_quantity_raised_after_the_promise_takes_goods_from_the_next_line() -> None:
    """Twenty leave on day 12: all of them are of line 1, whose promise has passed."""
    lines = [created(0, 10, line="1"), created(0, 20, line="2")]
    raised = event("order_line.changed", 11, line="1", quantity=20)
    assert outcome(*lines, raised, shipped(12, 20), day=1) == ("missed", 22.0)


def test_all_of_a_line_that_left_before_it_was_known_left_when_it_left() -> None:
    """All of line 1 left on day 2 by its promise of day 5; the line itself is recorded on day 6."""
    told = [shipped(2, line="1"), created(6, 5, line="1"), created(6, 20, line="2"), shipped(9, 10, line="2")]
    assert outcome(*told, day=7) == ("on_time_in_full", 11.0)


def test_what_is_in_full_within_the_tolerance_has_shipped() -> None:
    told = [created(0, 10), shipped(3, 9.5)]
    assert outcome(*told, day=4, under_delivery=0.05)[0] == "unsettled"
    assert outcome(*told, day=4)[0] == "partial"


# -- what the track record and the decision points rest on -------------------------------------------------------


def test_an_order_is_judged_once_against_its_promise_of_a_week_before() -> None:
    """Judged on day 3; the promise of day 20, given on day 9, comes too late for the record."""
    later = event("commitment.changed", 9, date=20)
    assert believed(created(0, 10), later, shipped(15, 10)) == [("missed", 12.0)]


def test_what_is_said_at_the_very_moment_of_judging_is_known() -> None:
    """A week before day 17 the promise becomes day 30."""
    later = event("commitment.changed", 10, date=30)
    assert believed(created(0, 17), later, shipped(25, 10)) == [("on_time_in_full", 27.0)]


def test_what_came_back_is_open_again_in_the_record_until_its_promise_has_passed() -> None:
    told = [created(0, 10), shipped(3, 10), shipped(4, -9, late=3)]
    assert believed(*told) == [("on_time_in_full", 5.0), ("unsettled", 7.0), ("partial", 12.0)]


def test_what_shipped_long_before_its_promise_is_known_soon() -> None:
    assert believed(created(0, 60), shipped(9, 10)) == [("on_time_in_full", 11.0)]


def test_an_order_that_was_late_when_it_became_known_has_no_record() -> None:
    assert believed(created(12, 10), shipped(13, 10)) == []


def test_only_a_decision_after_the_look_and_until_the_end_counts_as_one() -> None:
    """Decided on days 2 and 6; the looks are on days 1, 2, 3 and 6, each until day 6 or 5."""
    told = [event("decision.recorded", day, kind="expedite") for day in (2, 6)]
    history = History.of(story(created(0, 20), *told, event("decision.recorded", 4, kind="comment")))
    looks, order = np.array([moment(day) for day in (1, 2, 3, 6)]), np.zeros(4, dtype=np.int64)
    found = [decided_between(history, order, looks, np.full(4, moment(end)), ("expedite",)) for end in (6, 5)]
    assert [list(row) for row in found] == [[True, True, True, False], [True, False, False, False]]
