"""Records as plants keep them: reversed, reopened, stated again, stated in one second, stated out of order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.history import History
from features.outcomes import OUTCOMES, outcomes
from features.readiness.assessment import assess
from features.readiness.statements import KnownOrder
from features.times import DAY
from tests.features.orders.test_line import ready, signals
from tests.features.orders.test_outcomes import outcome
from tests.support.stories import created, event, moment, shipped, story, value


def closed(day: float, reason: str, **says: Any) -> dict[str, Any]:
    return event("order_line.closed", day, reason=reason, **says)


# -- closing and opening again -----------------------------------------------------------------------------------


def test_what_is_closed_as_complete_was_accepted_as_all_of_it() -> None:
    """97 of 100 left in time and the ERP says that this was all; said of it that it is short, 3 are missing."""
    told = [created(0, 20, 100), shipped(5, 97)]
    assert outcome(*told, closed(6, "complete"), day=1)[0] == "on_time_in_full"
    assert outcome(*told, closed(6, "short"), day=1)[0] == "partial"
    assert outcome(*told[:1], shipped(5, 50), shipped(21, 47), closed(22, "complete"), day=1)[0] == "partial"


def test_a_quantity_of_nothing_cancels_a_line_of_which_nothing_shipped() -> None:
    dropped = event("order_line.changed", 5, quantity=0)
    assert outcome(created(0, 20), dropped, day=1)[0] == "cancelled"
    assert ready(created(0, 20), dropped, day=6).state == "cancelled"
    assert ready(created(0, 20), shipped(3, 4), event("order_line.changed", 5, quantity=4), day=6).state == "shipped"


def test_a_reopened_line_is_to_ship_again() -> None:
    told = [created(0, 20), closed(2, "cancelled"), event("order_line.reopened", 3)]
    assert ready(*told[:2], day=4).state == "cancelled"
    assert ready(*told, day=4).state == "open"
    assert outcome(*told, shipped(9, 10), day=1)[0] == "on_time_in_full"
    assert outcome(*told, day=1)[0] == "missed"


def test_a_line_created_after_the_whole_order_was_closed_is_open() -> None:
    told = [created(0, 20, line="1"), closed(2, "cancelled"), created(3, 20, line="2")]
    assert ready(*told, day=4).state == "open"
    assert outcome(*told, shipped(9, 10, line="2"), day=3.5)[0] == "on_time_in_full"


# -- goods that come back ----------------------------------------------------------------------------------------


def test_a_customers_return_says_nothing_about_the_delivery() -> None:
    """Ten left in time on day 15; what the customer sends back on day 28 is stated in either way."""
    told = [created(0, 20), shipped(15, 10)]
    for back in (event("goods.returned", 28, quantity=5), shipped(28, -5)):
        assert outcome(*told, back, day=1) == ("on_time_in_full", 17.0)
        assert ready(*told, back, day=29).state == "shipped"


def test_what_came_back_is_counted_however_it_is_stated() -> None:
    """Of ten that left on day 5 two come back and are stated as such, and three by a reversal without a reference."""
    told = [created(0, 20), created(0, 20, line="1"), shipped(5, 10), event("goods.returned", 8, quantity=2)]
    told += [shipped(9, -3), shipped(9.5, -1, reference="D1")]
    assert [value("returned_ratio", *told, day=day) for day in (7, 8, 9, 10)] == [0, 0.1, 0.25, 0.25]


def test_what_is_reversed_and_posted_again_with_its_true_date_counts_once() -> None:
    """Posted for day 9, it had left on day 11, a day too late: the first posting should not have been."""
    told = [created(0, 10), shipped(9, 10, reference="D1"), shipped(12, -10, reference="D1"), shipped(11, 10, late=1)]
    assert outcome(*told[:2], day=1)[0] == "on_time_in_full"
    assert outcome(*told, day=1)[0] == "missed"
    again = [created(0, 10), shipped(11, 10, reference="D1"), shipped(12, -10, reference="D1"), shipped(9, 10, late=3)]
    assert outcome(*again, day=1)[0] == "on_time_in_full"


def test_what_is_posted_again_in_the_moment_of_its_reversal_is_not_reversed() -> None:
    """Posted for day 9; on day 13 it is reversed and posted for day 12, both recorded in one moment."""
    told = [created(0, 10), shipped(9, 10, reference="D1"), shipped(12, 10, reference="D1", late=1)]
    assert outcome(*told, shipped(13, -10, reference="D1"), day=1)[0] == "missed"


def test_a_wrong_posting_that_was_corrected_leaves_no_order_late() -> None:
    """Line 10 left on day 9 and was first posted for day 12, after its promise; line 20 is due on day 20."""
    told = [created(0, 10, line="10"), created(0, 20, line="20"), shipped(12, 10, line="10", reference="D1")]
    told += [closed(12.1, "complete", line="10"), shipped(13, -10, line="10", reference="D1")]
    told += [shipped(9, 10, line="10", late=4.01)]
    assert (ready(*told, day=14).state, ready(*told, day=14).due) == ("open", moment(20))


def test_a_line_that_was_lowered_to_what_had_left_only_after_its_promise_was_late() -> None:
    told = [created(0, 10, line="10"), created(0, 20, line="20"), shipped(9, 4, line="10")]
    assert ready(*told, event("order_line.changed", 9.5, line="10", quantity=4), day=12).state == "open"
    assert ready(*told, event("order_line.changed", 11, line="10", quantity=4), day=12).state == "late"


def test_a_line_without_a_promise_that_is_dropped_keeps_nothing_unsettled() -> None:
    two = [created(0, 10, line="10"), created(0, None, line="20")]
    dropped = event("order_line.changed", 4, line="20", quantity=0)
    assert outcome(*two, dropped, closed(7, "cancelled", line="10"), day=5)[0] == "cancelled"
    assert outcome(*two, closed(4, "cancelled", line="20"), closed(7, "cancelled", line="10"), day=5)[0] == "cancelled"


def test_a_reversal_takes_from_the_issues_of_its_reference() -> None:
    """D1 left in time with all of line 1, D2 with all of line 2; the reversal of D1 names no line."""
    told = [created(0, 10, line="1"), created(0, 20, line="2")]
    told += [shipped(8, 10, line="1", reference="D1"), shipped(9, 10, line="2", reference="D2")]
    told += [shipped(9.5, -10, reference="D1")]
    found = History.of(story(*told))
    assert [line.issued for line in KnownOrder(found, 0, moment(9.75)).lines] == [0, 10_000_000]
    assert ready(*told, day=9.75).state == "open"


def issued(*told: dict[str, Any], day: float) -> list[int]:
    """Pieces that left of each line, as known on a day."""
    return [line.issued // 1_000_000 for line in KnownOrder(History.of(story(*told)), 0, moment(day)).lines]


def left_at(*told: dict[str, Any], day: float) -> list[tuple[float, int]]:
    """When what is not reversed left, in days, and how many pieces."""
    issues = KnownOrder(History.of(story(*told)), 0, moment(day)).issues
    return [((issue.left_at - moment(0)) / DAY, issue.quantity // 1_000_000) for issue in issues]


def test_a_reversal_that_is_recorded_before_its_issue_takes_from_it_once_both_are_known() -> None:
    """D1 was posted for day 9; its reversal is known on day 12, the posting itself on day 13."""
    told = [created(0, 10), shipped(12, -10, reference="D1"), shipped(9, 10, late=4, reference="D1")]
    assert issued(*told, day=14) == [0]
    assert outcome(*told, day=1)[0] == "missed"
    again = [*told, shipped(11, 10, late=4, reference="D2")]
    assert left_at(*again, day=16) == [(11, 10)]
    assert outcome(*again, day=1)[0] == "missed"


def test_what_a_reversal_took_meanwhile_is_given_back() -> None:
    """D2 left in time on day 8. The reversal of D1, not known yet, takes from it until D1 is booked on day 13."""
    told = [created(0, 10), shipped(8, 10, reference="D2"), shipped(12, -4, reference="D1")]
    assert left_at(*told, day=12) == [(8, 6)]
    told += [shipped(11, 4, late=2, reference="D1")]
    assert left_at(*told, day=13) == [(8, 10)]
    assert outcome(*told, day=1)[0] == "on_time_in_full"


def test_a_reversal_of_more_than_is_known_takes_the_rest_from_what_is_booked_later() -> None:
    told = [created(0, 20), shipped(5, 6, reference="D1"), shipped(7, -10, reference="D1")]
    assert issued(*told, day=8) == [0]
    assert issued(*told, shipped(5, 4, late=4, reference="D1"), day=10) == [0]
    assert issued(*told, shipped(5, 4, late=4, reference="D2"), day=10) == [4]


def test_a_late_booking_does_not_change_which_instalment_it_fills() -> None:
    """10/1, of 6, is due on day 10, 10/2, of 4, on day 20. What left on day 8 is booked after what left on day 14."""
    told = [created(0, 10, 6, line="10", instalment="1"), created(0, 20, 4, line="10", instalment="2")]
    first, second = shipped(8, 6, line="10", late=7), shipped(14, 4, line="10")
    assert issued(*told, second, day=14) == [4, 0]
    for issues in ([first, second], [shipped(8, 6, line="10"), second]):
        assert issued(*told, *issues, day=16) == [6, 4]
        assert outcome(*told, *issues, day=1)[0] == "on_time_in_full"
    closed_since = [*told, second, closed(14.5, "complete", line="10/1"), first]
    assert issued(*closed_since, day=16) == [4, 6]


def test_a_late_booking_of_the_whole_order_fills_the_line_it_would_have_filled() -> None:
    told = [created(0, 10, line="1"), created(0, 20, line="2"), shipped(14, 10), shipped(8, 10, late=7)]
    assert issued(*told, day=14) == [10, 0]
    assert outcome(*told, day=1)[0] == "on_time_in_full"


def test_all_that_was_left_is_less_by_what_had_left_before() -> None:
    """On day 14 all that was left went, 10 by what was known then; 3 of these had left on day 8."""
    told = [created(0, 10, 6, line="10", instalment="1"), created(0, 20, 4, line="10", instalment="2")]
    told += [shipped(14, line="10"), shipped(8, 3, late=7, line="10")]
    assert left_at(*told, day=14) == [(14, 6), (14, 4)]
    assert left_at(*told, day=16) == [(8, 3), (14, 3), (14, 4)]


def test_what_left_first_is_placed_first_once_its_line_is_known() -> None:
    """Booked the other way round, before the line of which 6 are wanted by day 10 is recorded."""
    told = [shipped(12, 6, line="1"), shipped(8, 6, late=5, line="1"), created(14, 10, 6, line="1/a")]
    known = KnownOrder(History.of(story(*told, created(14, 20, 6, line="1/b"))), 0, moment(15))
    assert [issue.left_at for issue in known.issues if issue.line == 1] == [moment(8)]
    assert [issue.left_at for issue in known.issues if issue.line == 2] == [moment(12)]


def test_goods_that_left_a_minute_before_the_line_was_recorded_are_its_own() -> None:
    told = [shipped(0, 6), created(0.001, 20, line="1"), created(0.002, 20, line="2")]
    now = signals(*told, day=1)
    assert (now["open_lines"], now["shipped_ratio"]) == (2, 0.3)


# -- quantities --------------------------------------------------------------------------------------------------


def test_three_thirds_are_one_and_97_are_not_100() -> None:
    third = 1 / 3
    assert outcome(created(0, 20, 1), *(shipped(day, third) for day in (4, 5, 6)), day=1)[0] == "on_time_in_full"
    assert outcome(created(0, 20, 10_000), shipped(4, 9_999), day=1)[0] == "partial"


def test_what_one_line_has_too_much_hides_nothing_that_another_lacks() -> None:
    told = [created(0, 20, 100, line="1"), created(0, 20, 50, line="2"), shipped(4, 150, line="1")]
    assert value("shipped_ratio", *told, day=5) == pytest.approx(2 / 3)


def test_instalments_are_judged_each_by_its_own_promise() -> None:
    """60 by day 10 and 40 by day 20; the issues name the line alone and fill the instalments as they fall due."""
    lines = [created(0, 10, 60, line="10", instalment="1"), created(0, 20, 40, line="10", instalment="2")]
    in_time = [shipped(9, 60, line="10"), shipped(19, 40, line="10")]
    assert outcome(*lines, *in_time, day=1)[0] == "on_time_in_full"
    assert outcome(*lines, shipped(9, 50, line="10"), shipped(19, 50, line="10"), day=1)[0] == "partial"
    named = [created(0, 10, 60, line="10/1"), created(0, 20, 40, line="10/2")]
    assert outcome(*named, *in_time, day=1)[0] == "on_time_in_full"
    assert ready(*lines, in_time[0], day=10).due == moment(20)


# -- one moment, several statements ------------------------------------------------------------------------------


def test_of_one_moment_the_order_begins_before_it_changes_and_closes_last() -> None:
    """All four are stated in one second, in an order of ids that would have it the other way round."""
    told = [
        closed(1, "cancelled", event_id="a"),
        event("order_line.changed", 1, quantity=5, event_id="b"),
        created(1, 20, 10, event_id="c"),
    ]
    assert ready(*told, day=2).state == "cancelled"
    assert ready(*told[1:], day=2).state == "open"
    assert value("ordered_quantity", *told[1:], day=2) == 5


def test_of_one_moment_the_sources_own_order_counts_most_and_ids_are_compared_by_their_numbers() -> None:
    changes = [event("order_line.changed", 1, quantity=q, event_id=f"chg-{q}") for q in (9, 10)]
    assert value("ordered_quantity", created(0, 20), *changes, day=2) == 10
    numbered = [change | {"sequence": -change["quantity"]} for change in changes]
    assert value("ordered_quantity", created(0, 20), *numbered, day=2) == 9


# -- stated again, stated late -----------------------------------------------------------------------------------


def test_a_line_that_is_sent_again_every_week_changes_nothing() -> None:
    told = [created(week * 7, 60, 10, line="1") for week in range(4)]
    again = [event("commitment.changed", 22, line="1", date=60), event("order_line.changed", 22, line="1", quantity=10)]
    for name in ("quantity_changes", "schedule_churn", "moves_last_7_days", "ordered_quantity_change"):
        assert value(name, *told, *again, day=23) == 0, name
    moved = event("commitment.changed", 23, line="1", date=61)
    assert value("schedule_churn", *told, moved, day=24) == 1


def test_a_hold_whose_expected_release_moves_is_one_hold() -> None:
    told = [event("hold.placed", day, kind="quality", reference="H1", date=day + 5) for day in (1, 2, 3)]
    assert value("holds_last_7_days", created(0, 20), *told, day=4) == 1
    assert value("repeat_holds", created(0, 20), *told, day=4) == 0
    assert value("open_hold_days", created(0, 20), *told, day=4) == 3


@pytest.mark.parametrize("line", [None, "1"])
def test_what_happened_before_and_is_booked_late_does_not_overturn_what_is_known(line: str | None) -> None:
    """It passed on Tuesday; on Wednesday Monday's failure is booked. The same for labels, a component, a hold."""
    passed = event("inspection.recorded", 2, state="passed", reference="L1", line=line)
    failed = event("inspection.recorded", 1, state="failed", reference="L1", line=line, late=2)
    assert value("failed_inspections", created(0, 20, line="1"), passed, failed, day=4) == 0
    assert value("inspections_failed", created(0, 20, line="1"), passed, failed, day=4) == 1
    met = event("readiness.stated", 2, kind="labels", state="met", line=line)
    not_met = event("readiness.stated", 1, kind="labels", state="not_met", line=line, late=2)
    told = [created(0, 20, line="1"), met, not_met]
    assert value("conditions_not_met", *told, day=4) == 0
    assert value("conditions_outstanding", *told, day=4) == 4
    assert [c.state for c in assess(History.of(story(*told)), 0, moment(4)).conditions if c.kind == "labels"] == ["met"]
    finished = event("operation.confirmed", 2, quantity=10, state="final", reference="10", line=line)
    part = event("operation.confirmed", 1, quantity=4, state="partial", reference="10", line=line, late=2)
    assert value("operations_finished", created(0, 20, line="1"), finished, part, day=4) == 1


def test_a_promise_of_before_does_not_overturn_the_one_in_force() -> None:
    told = [created(0, 10), event("commitment.changed", 5, date=30), event("commitment.changed", 4, date=20, late=2)]
    assert value("days_to_promise", *told, day=7) == 23


def test_what_planners_record_is_no_news_about_the_order() -> None:
    decided = [event("decision.recorded", day, kind="acknowledge") for day in (3, 4)]
    for name in ("days_since_event", "events_known", "events_last_7_days", "longest_silence", "reporting_lag"):
        assert value(name, created(0, 20), *decided, day=5) == value(name, created(0, 20), day=5), name


def test_news_ends_a_silence_and_does_not_make_it_longer() -> None:
    told = [created(0, 20), event("readiness.stated", 1, kind="labels", state="met")]
    silent, after = (
        value("longest_silence", *told, day=5),
        value("longest_silence", *told, event("readiness.stated", 5, kind="packaging", state="met"), day=5),
    )
    assert (silent, after) == (4, 4)
    assert value("longest_silence", *told, day=1.5) == 1


# -- no promise yet ----------------------------------------------------------------------------------------------


def test_an_order_without_a_promise_is_unpromised_until_it_has_one() -> None:
    told = [created(0, None, line="1"), event("commitment.changed", 3, line="1", date=20)]
    assert (ready(*told, day=1).state, ready(*told, day=1).due) == ("unpromised", None)
    assert ready(*told, day=4).state == "open"
    history = History.of(story(*told))
    found, *_ = outcomes(history, np.array([0]), np.array([moment(1)]), until=moment(100))
    assert OUTCOMES[found[0]] == "unsettled"
    assert outcome(*told, day=4)[0] == "missed"


def test_a_line_that_is_sent_again_without_a_promise_keeps_the_one_it_has() -> None:
    told = [created(0, 10, line="1"), created(2, None, line="1")]
    assert ready(*told, day=3).due == moment(10)
