"""What each rule of an outcome policy makes of an order: one tiny history a rule, days counted from a Monday."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.decision_points import decision_points
from features.errors import InvalidEvents
from features.history import History
from features.orders.commitments import commitments, stated_due, statuses
from features.outcomes import OUTCOMES, label_revisions, outcomes
from features.policy import DEFAULT_POLICY, OutcomePolicy, OutcomeRules, policy_of
from features.times import NEVER, plant_calendar
from tests.support.stories import UTC, created, days, event, moment, shipped, story

Rules = dict[str, Any]
FIRST, CUSTOMER, REQUESTED = (Rules(promise=promise) for promise in ("first", "customer", "requested"))


def outcome_by(policy: OutcomePolicy, *events: dict[str, Any], day: float = 1) -> tuple[str, float | None]:
    """The outcome of order A seen from a day, and the day it was known."""
    history = History.of(story(*events), policy)
    found, known_at, _ = outcomes(history, np.array([0]), np.array([moment(day)]), until=moment(1000))
    day_known = None if known_at[0] == NEVER else (known_at[0] - moment(0)) / days(1)
    return str(OUTCOMES[found[0]]), day_known


def outcome(*events: dict[str, Any], day: float = 1, **rules: Any) -> str:
    return outcome_by(OutcomePolicy(OutcomeRules(**rules)), *events, day=day)[0]


def due_day(*events: dict[str, Any], **rules: Any) -> float:
    """The day on which order A is due, by all its events."""
    history = History.of(story(*events), OutcomePolicy(OutcomeRules(**rules)))
    return float((commitments(history).due[-1] - moment(0)) / days(1))


def moved(day: float, to: float, **says: Any) -> dict[str, Any]:
    return event("commitment.changed", day, date=to, **says)


def asked(day: float, to: float) -> dict[str, Any]:
    return event("commitment.requested", day, date=to)


# -- the promise -------------------------------------------------------------------------------------------------


def test_a_plant_that_promises_anew_is_held_to_the_first_promise_unless_the_last_counts() -> None:
    told = [created(0, 10), moved(3, 20, actor="plant"), shipped(15, 10)]
    assert outcome(*told, day=4) == "on_time_in_full"
    assert outcome(*told, day=4, **FIRST) == outcome(*told, day=4, **CUSTOMER) == "missed"
    assert outcome(*told, day=4, **REQUESTED) == "missed"


@pytest.mark.parametrize("actor", ["customer", "agreed"])
def test_what_the_customer_asked_for_supersedes_the_first_promise_for_the_customer(actor: str) -> None:
    told = [created(0, 10), moved(3, 20, actor=actor), shipped(15, 10)]
    assert outcome(*told, day=4, **CUSTOMER) == "on_time_in_full"
    assert outcome(*told, day=4, **FIRST) == "missed"


def test_the_plant_does_not_move_what_the_customer_asked_for() -> None:
    told = [created(0, 10), moved(2, 12, actor="customer"), moved(3, 20, actor="plant")]
    assert due_day(*told, **CUSTOMER) == 12
    assert due_day(*told, moved(4, 14, actor="customer"), **CUSTOMER) == 14
    assert due_day(*told, **FIRST) == 10
    assert due_day(*told) == 20
    unpromised = [created(0, None), moved(1, 12, actor="customer"), moved(2, 20, actor="plant")]
    assert due_day(*unpromised, **CUSTOMER) == 12


def test_a_first_promise_that_is_booked_late_is_the_first() -> None:
    told = [moved(3, 20, line="1"), created(2, 10, line="1", late=2)]
    assert due_day(*told, **FIRST) == 10
    assert due_day(*told) == 20


def test_a_line_that_is_sent_again_with_another_date_keeps_its_first_promise() -> None:
    told = [created(0, 10, line="1", actor="customer"), created(5, 15, line="1", actor="customer")]
    assert due_day(*told, **FIRST) == due_day(*told, **CUSTOMER) == 10


def test_the_first_promise_of_an_order_without_one_is_the_one_that_comes() -> None:
    told = [created(0, None), moved(2, 10, actor="plant"), moved(3, 20, actor="plant")]
    assert due_day(*told, **FIRST) == 10


def test_what_is_requested_counts_whatever_is_promised_and_the_first_promise_without_it() -> None:
    told = [created(0, 10), asked(1, 8), moved(2, 12, actor="plant")]
    assert due_day(*told, **REQUESTED) == 8
    assert due_day(*told, asked(3, 9), **REQUESTED) == 9
    assert due_day(created(0, 10), moved(2, 12, actor="customer"), **REQUESTED) == 10
    assert [due_day(*told, **rules) for rules in (Rules(), FIRST, CUSTOMER)] == [12, 10, 10]
    assert outcome(*told, shipped(9, 10), day=4, **REQUESTED) == "missed"


def test_an_order_that_is_requested_and_not_promised_is_held_to_the_request() -> None:
    told = [created(0, None), asked(1, 8)]
    for rules, status in ((REQUESTED, "open"), (CUSTOMER, "unpromised")):
        history = History.of(story(*told), OutcomePolicy(OutcomeRules(**rules)))
        state = commitments(history)
        assert statuses(state.state[-1:], state.due[-1:], np.array([moment(2)]))[0] == status


def test_each_line_has_its_own_first_promise() -> None:
    told = [created(0, 10, line="1"), created(0, 12, line="2"), moved(3, 30), shipped(11, 10, line="1")]
    assert outcome(*told, shipped(12, 10, line="2"), **FIRST) == "partial"
    assert outcome(*told, shipped(12, 10, line="2"), day=4) == "on_time_in_full"


def test_the_state_and_the_decision_points_follow_the_promise_that_is_held_to() -> None:
    told = [created(0, 10), moved(3, 20, actor="plant"), event("hold.placed", 15, kind="credit")]
    for policy, last in ((DEFAULT_POLICY, 14), (OutcomePolicy(OutcomeRules("first")), 9)):
        history = History.of(story(*told), policy)
        points = decision_points(history, "daily", UTC)
        assert int((points.as_of.max() - moment(0)) // days(1)) == last


def test_moves_of_the_promise_are_counted_whichever_is_held_to() -> None:
    told = [created(0, 10), moved(3, 20, actor="plant"), moved(4, 20, actor="plant")]
    for rules in (Rules(), FIRST, CUSTOMER, REQUESTED):
        history = History.of(story(*told, asked(5, 8)), OutcomePolicy(OutcomeRules(**rules)))
        assert commitments(history).promise_moves.tolist() == [0, 1, 1, 1]
        assert stated_due(history).tolist() == [moment(10), moment(20), moment(20), moment(20)]


# -- quantities --------------------------------------------------------------------------------------------------


def test_a_line_within_the_under_delivery_is_in_full_and_shipped() -> None:
    told = [created(0, 10, quantity=100), shipped(8, 98)]
    assert outcome(*told) == "partial"
    assert outcome(*told, under_delivery=0.02) == "on_time_in_full"
    assert outcome(*told, under_delivery=0.019) == "partial"
    assert outcome(*told, day=9, under_delivery=0.02) == "unsettled", "it has shipped"


def test_a_surplus_is_in_full_unless_the_policy_limits_it() -> None:
    told = [created(0, 10, quantity=100), shipped(8, 111)]
    assert outcome(*told) == "on_time_in_full"
    assert outcome(*told, over_delivery=0.1) == "partial"
    assert outcome(*told, over_delivery=0.11) == "on_time_in_full"
    assert outcome(created(0, 10, quantity=100), shipped(8, 100), over_delivery=0.0) == "on_time_in_full"


def test_a_line_may_carry_its_own_tolerance_before_that_of_the_policy() -> None:
    own = [created(0, 10, quantity=100, line="1", tolerance=0.05), created(0, 10, quantity=100, line="2")]
    told = [*own, shipped(8, 95, line="1"), shipped(8, 98, line="2")]
    assert outcome(*told) == "partial"
    assert outcome(*told, under_delivery=0.02) == "on_time_in_full"
    assert outcome(*told, shipped(8, -1, line="1"), under_delivery=0.02) == "partial"
    tighter = event("order_line.changed", 1, line="1", quantity=100, tolerance=0.0)
    assert outcome(*told, tighter, day=2, under_delivery=0.1) == "partial"
    again = created(2, 10, quantity=100, line="1")
    assert outcome(*told, again, day=3, under_delivery=0.02) == "on_time_in_full", "it keeps the one it has"
    assert outcome(*told[:1], shipped(8, 95), promise="first") == "on_time_in_full"


def test_a_tolerance_that_is_no_share_is_refused() -> None:
    for share in (1.0, -0.1):
        with pytest.raises(InvalidEvents, match=r"tolerance must be a share in \[0, 1\), got"):
            story(created(0, 10, tolerance=share))


# -- the window --------------------------------------------------------------------------------------------------


def test_delivery_counts_until_so_many_days_after_the_promise() -> None:
    told = [created(0, 10), shipped(11.5, 10)]
    assert outcome(*told) == outcome(*told, late=1) == "missed"
    assert outcome(*told, late=2) == outcome(*told, late=1.5) == "on_time_in_full"
    assert outcome(*told, day=11, late=2) == "on_time_in_full", "it is not late before the last day that counts"
    assert outcome(*told, day=11) == "unsettled"
    assert due_day(created(0, 10), late=2) == 12


@pytest.mark.parametrize(
    ("earliest", "left", "expected"),
    [
        (0, 9.6, "on_time_in_full"),
        (0, 9.4, "missed"),
        (1, 9.4, "on_time_in_full"),
        (1, 8.4, "missed"),
        (4, 3.6, "on_time_in_full"),
        (4, 3.4, "missed"),
        (3, 4.0, "missed"),
        (3, 6.6, "on_time_in_full"),
        (None, 0.1, "on_time_in_full"),
    ],
)
def test_delivery_counts_from_so_many_working_days_before_the_promise(
    earliest: int | None, left: float, expected: str
) -> None:
    """The promise is the evening of Thursday the 11th: its day begins at 9.5, the weekend before it at 4.5."""
    assert outcome(created(0, 10.49), shipped(left, 10), day=0.05, earliest=earliest) == expected


def test_what_left_too_early_is_missed_when_the_promise_has_passed() -> None:
    policy = OutcomePolicy(OutcomeRules(earliest=1))
    assert outcome_by(policy, created(0, 10), shipped(2, 10)) == ("missed", 12.0)
    assert outcome_by(policy, created(0, 10), shipped(2, 4), shipped(10, 6)) == ("partial", 12.0)


def test_working_days_are_those_of_the_plant() -> None:
    """Friday ends in New York at 05:00 of Saturday in UTC: one working day before it is Thursday, not Friday."""
    told = [created(0, 11 + 16.9 / 24), shipped(10, 10)]
    new_york = OutcomePolicy(OutcomeRules(earliest=0), zone="America/New_York")
    assert outcome_by(new_york, *told)[0] == "missed"
    assert outcome_by(new_york, created(0, 11 + 16.9 / 24), shipped(11, 10))[0] == "on_time_in_full"
    assert (
        outcome_by(OutcomePolicy(OutcomeRules(earliest=0)), created(0, 11 + 16.9 / 24), shipped(11, 10))[0] == "missed"
    )


def test_working_days_leave_out_the_weekend() -> None:
    calendar = plant_calendar()
    monday = int(calendar.day(np.array([moment(7)]))[0])
    week = np.arange(monday, monday + 7)
    for count, before in ((0, [0, 1, 2, 3, 4, 5, 6]), (1, [-3, 0, 1, 2, 3, 4, 4]), (5, [-7, -6, -5, -4, -3, 0, 0])):
        assert (calendar.working_days_before(week, count) - monday).tolist() == before


# -- what is excused ---------------------------------------------------------------------------------------------

EXCUSED = Rules(excused=("customer not ready",))


@pytest.mark.parametrize("promise", ["first", "customer", "requested"])
def test_a_promise_that_is_moved_for_an_excused_reason_supersedes_the_first_one(promise: str) -> None:
    told = [created(0, 10), moved(3, 20, actor="plant", reason="customer not ready"), shipped(15, 10)]
    assert outcome(*told, day=4, promise=promise) == "missed"
    assert outcome(*told, day=4, promise=promise, **EXCUSED) == "on_time_in_full"


def test_a_line_that_fails_with_an_excused_reason_leaves_the_order() -> None:
    lines = [created(0, 10, line="1"), created(0, 10, line="2"), shipped(9, 10, line="1")]
    late = shipped(15, 10, line="2", reason="customer not ready")
    assert outcome(*lines, late) == "partial"
    assert outcome(*lines, late, **EXCUSED) == "on_time_in_full"
    short = event("order_line.closed", 12, line="2", reason="short")
    assert outcome(*lines, short, excused=("short",)) == "on_time_in_full"


def test_an_order_that_is_excused_whole_has_no_other_outcome_once_its_promise_has_passed() -> None:
    late = shipped(15, 10, reason="customer not ready")
    assert outcome_by(OutcomePolicy(OutcomeRules(**EXCUSED)), created(0, 10), late) == ("cancelled", 15.0)
    changed = event("order_line.changed", 5, quantity=20, reason="customer not ready")
    assert outcome_by(OutcomePolicy(OutcomeRules(**EXCUSED)), created(0, 10), changed) == ("cancelled", 12.0)


def test_an_excuse_makes_nothing_worse_and_a_reversal_excuses_nothing() -> None:
    changed = event("order_line.changed", 5, quantity=20, reason="customer not ready")
    assert outcome(created(0, 10), changed, shipped(9, 20), **EXCUSED) == "on_time_in_full"
    back = shipped(9, -10, reason="customer not ready")
    assert outcome(created(0, 10), shipped(8, 10), back, **EXCUSED) == "missed"


# -- when it is settled, and whose rules ---------------------------------------------------------------------------


def test_an_outcome_is_settled_after_the_grace_for_late_bookings() -> None:
    policy = OutcomePolicy(OutcomeRules(grace=5))
    assert outcome_by(policy, created(0, 10)) == ("missed", 15.0)
    assert outcome_by(policy, created(0, 10), shipped(8, 10)) == ("on_time_in_full", 13.0)


SPLIT = policy_of(
    {"customer": {"ACME": {"promise": "first"}}, "plant": {"P1": {"grace": 5, "under_delivery": 0.1}}}, ""
)


def test_customers_and_plants_may_have_rules_of_their_own() -> None:
    told = [moved(3, 20, actor="plant"), shipped(15, 9)]
    assert outcome_by(SPLIT, created(0, 10, customer="ACME"), *told, day=4) == ("missed", 12.0)
    assert outcome_by(SPLIT, created(0, 10, customer="BOLT"), *told, day=4) == ("partial", 22.0)
    assert outcome_by(SPLIT, created(0, 10, customer="BOLT", plant="P1"), *told, day=4) == ("on_time_in_full", 20.0)
    assert outcome_by(SPLIT, created(0, 10, customer="ACME", plant="P1"), *told, day=4) == ("missed", 15.0)


def test_orders_have_the_rules_they_have_alone() -> None:
    told = [created(0, 10, customer="ACME"), created(0, 10, order="B", customer="BOLT")]
    told += [created(0, 10, order="C", plant="P1")]
    told += [event("commitment.changed", 3, order, date=20, actor="plant") for order in "ABC"]
    history = History.of(story(*told), SPLIT)
    last = history.first[1:] - 1
    assert ((commitments(history).due[last] - moment(0)) / days(1)).tolist() == [10, 20, 20]
    found, known_at, _ = outcomes(history, np.arange(3), np.full(3, moment(4)), until=moment(1000))
    assert OUTCOMES[found].tolist() == ["missed"] * 3
    assert ((known_at - moment(0)) / days(1)).tolist() == [12, 22, 25]
    for begin in range(3):
        part = history.part(begin, begin + 1)
        assert part.policy == SPLIT
        assert commitments(part).due[-1] == commitments(history).due[last[begin]]


def test_who_is_named_later_has_rules_of_his_own_from_then_on() -> None:
    told = [created(0, 10), moved(3, 20, actor="plant"), event("hold.placed", 4, kind="credit", customer="ACME")]
    before = commitments(History.of(story(*told[:2]), SPLIT)).due
    assert commitments(History.of(story(*told), SPLIT)).due[:2].tolist() == before.tolist()


def test_the_track_record_follows_the_policy() -> None:
    told = [created(0, 10), moved(2, 20, actor="plant"), shipped(15, 10)]
    for policy, expected in ((DEFAULT_POLICY, "on_time_in_full"), (OutcomePolicy(OutcomeRules("first")), "missed")):
        assert str(OUTCOMES[label_revisions(History.of(story(*told), policy)).outcome[-1]]) == expected


def test_a_policy_that_says_what_holds_anyway_changes_nothing() -> None:
    told = [created(0, 10, customer="ACME"), moved(3, 20), asked(4, 8), shipped(15, 10, reason="short")]
    same = policy_of({"promise": "last", "customer": {"ACME": {"late": 0}}}, "")
    found = [commitments(History.of(story(*told), policy)) for policy in (DEFAULT_POLICY, same)]
    for one, other in zip(*found, strict=True):
        assert one.tolist() == other.tolist()
