"""What a planner gets, on lists small enough to follow with a finger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.outcomes import MISSED, ON_TIME_IN_FULL, UNSETTLED
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.data.worklists import DailyWorklists
from training.evaluate.worklist_metrics import count_places, judge_worklist, measure_lead, measure_stability

A, B, C, D = range(4)


def mornings(*rows: tuple[int, int, int, int], rescued: tuple[int, ...] = ()) -> DailyWorklists:
    """Rows (order, morning, days to the promise, outcome); day numbers are small."""
    order, day, left, outcome = (np.array(column) for column in zip(*sorted(rows), strict=True))
    n = len(order)
    points = LabelledPoints(
        names=[],
        signals=np.zeros((n, 0)),
        order=order,
        as_of=day * DAY,
        due=(day + left) * DAY - 1,
        known_at=np.zeros(n, dtype=np.int64),
        outcome=outcome,
        weight=np.ones(n),
        plant=np.full(n, "", dtype=object),
        rescued=np.isin(order, rescued),
    )
    return DailyWorklists.of(points)


LISTS = mornings(
    *((A, day, 12 - day, MISSED) for day in (1, 2, 3)),
    *((B, day, 5 - day, MISSED) for day in (1, 2, 3)),
    *((C, day, 9 - day, ON_TIME_IN_FULL) for day in (1, 2, 3)),
    *((D, day, 20 - day, UNSETTLED) for day in (1, 2, 3)),
)


def risks(worklists: DailyWorklists, **by_order: float) -> np.ndarray:
    named = {"A": A, "B": B, "C": C, "D": D}
    found = np.zeros(len(worklists))
    for name, risk in by_order.items():
        found[worklists.points.order == named[name]] = risk
    return found


def test_what_is_among_the_first_places_on_some_morning_is_caught() -> None:
    one = judge_worklist(LISTS, risks(LISTS, A=0.9, B=0.5, C=0.2, D=0.1), 1, draws=50)
    assert (one.caught.value, one.warning_days.value, one.looked_at, one.failed) == (0.5, 11.0, 1, 2)
    two = judge_worklist(LISTS, risks(LISTS, A=0.9, B=0.5, C=0.2, D=0.1), 2, draws=50)
    assert (two.caught.value, two.in_time.value, two.false_alarms_per_catch.value) == (1.0, 0.5, 0.0)
    assert two.mean_warning_days.value == (11 + 4) / 2


def test_an_order_that_was_never_seen_has_no_warning() -> None:
    found = judge_worklist(LISTS, risks(LISTS, C=0.9), 1, draws=50)
    assert (found.caught.value, found.mean_warning_days.value, found.looked_at) == (0.0, 0.0, 1)
    assert np.isnan(found.warning_days.value)
    assert np.isnan(found.false_alarms_per_catch.value)  # nothing was caught to set them against


def test_equal_risks_stand_in_the_order_of_their_promises() -> None:
    place = LISTS.ranks(np.zeros(len(LISTS)))
    first = LISTS.points.as_of == DAY
    assert [int(place[first & (LISTS.points.order == order)][0]) for order in (B, C, A, D)] == [0, 1, 2, 3]


def test_an_unsettled_order_takes_a_place_and_counts_nowhere_else() -> None:
    found = judge_worklist(LISTS, risks(LISTS, D=0.9, A=0.8), 1, draws=50)
    assert (found.looked_at, found.failed, found.caught.value) == (1, 2, 0.0)


def test_a_rescued_order_is_no_false_alarm() -> None:
    rows = [(C, 1, 9, ON_TIME_IN_FULL), (A, 1, 9, MISSED)]
    risk = np.array([0.8, 0.9])
    assert judge_worklist(mornings(*rows), risk, 2, draws=20).false_alarms_per_catch.value == 1.0
    saved = judge_worklist(mornings(*rows, rescued=(C,)), risk, 2, draws=20)
    assert (saved.false_alarms_per_catch.value, saved.rescued) == (0.0, 1)


def test_a_rescue_before_the_first_look_is_not_the_looks_doing() -> None:
    """C is expedited after the first morning and looked at on the second."""
    worklists = mornings((C, 1, 9, ON_TIME_IN_FULL), (C, 2, 8, ON_TIME_IN_FULL), (A, 1, 9, MISSED), (A, 2, 8, MISSED))
    worklists.points.rescued[:] = (worklists.points.order == C) & (worklists.points.as_of == DAY)
    late = judge_worklist(
        worklists, np.where(worklists.points.order == C, worklists.points.as_of / DAY - 1.0, 0.5), 1, draws=20
    )
    assert (late.rescued, late.false_alarms_per_catch.value) == (0, 1.0)
    early = judge_worklist(
        worklists, np.where(worklists.points.order == C, 2.0 - worklists.points.as_of / DAY, 0.5), 1, draws=20
    )
    assert (early.rescued, early.false_alarms_per_catch.value) == (1, 0.0)


def test_an_order_is_held_to_the_promise_of_its_last_morning() -> None:
    """Promised anew on the second morning, from day 4 to day 12: the warning counts to day 12."""
    worklists = mornings((A, 1, 3, MISSED), (A, 2, 10, MISSED))
    assert worklists.warning.tolist() == [11.0, 10.0]
    assert judge_worklist(worklists, np.ones(2), 1, draws=20).warning_days.value == 11.0


def test_as_many_orders_are_looked_at_with_so_many_places() -> None:
    by_due = np.zeros(len(LISTS))
    for orders in (1, 2, 3, 4):
        places = count_places(LISTS, by_due, orders)
        assert judge_worklist(LISTS, by_due, places, draws=1).looked_at == orders
    assert count_places(LISTS, by_due, 99) == 4


def test_a_list_that_does_not_move_is_stable_and_one_that_turns_is_not() -> None:
    still = measure_stability(LISTS, risks(LISTS, A=0.9, B=0.5, C=0.2, D=0.1), looks=2)
    assert (still.change, still.stay) == (0.0, 1.0)
    assert still.rank_correlation == pytest.approx(1.0)
    turning = risks(LISTS, A=0.9, B=0.8, C=0.2, D=0.1)
    second = LISTS.points.as_of == 2 * DAY
    turning[second] = 1 - turning[second]
    moved = measure_stability(LISTS, turning, looks=2)
    assert moved.rank_correlation == pytest.approx(-1.0)
    assert (moved.change, moved.stay) == (pytest.approx((0.8 + 0.6 + 0.6 + 0.8) / 4), 0.0)


def test_without_two_mornings_in_a_row_nothing_is_said_of_stability() -> None:
    assert np.isnan(measure_stability(mornings((A, 1, 3, MISSED)), np.ones(1)).change)


def test_an_order_is_held_to_what_became_of_it_on_its_last_morning() -> None:
    """Looked at before it was promised anew it was missed, after that it was on time."""
    worklists = mornings((A, 1, 3, MISSED), (A, 2, 10, ON_TIME_IN_FULL), (B, 1, 3, ON_TIME_IN_FULL), (B, 2, 2, MISSED))
    assert worklists.failed.tolist() == [False, True]


def test_who_is_looked_at_after_the_promise_has_not_been_caught() -> None:
    """A is first on day 5, a day after the promise it is held to; on day 1 it was second."""
    worklists = mornings((A, 1, 3, MISSED), (A, 5, -1, MISSED), (B, 1, 9, MISSED))
    risk = np.where(worklists.points.order == B, 0.9, 0.1)
    found = judge_worklist(worklists, risk, 1, draws=20)
    assert (found.caught.value, found.looked_at) == (0.5, 1)
    assert [count_places(worklists, risk, orders) for orders in (1, 2)] == [1, 2]


def test_a_look_on_the_morning_after_the_last_day_is_no_warning_but_a_look() -> None:
    """A day ends in its last microsecond, so that at the next midnight nothing is left."""
    found = judge_worklist(mornings((A, 3, 0, MISSED)), np.ones(1), 1, draws=20)
    assert (found.caught.value, found.warning_days.value, found.in_time.value) == (1.0, 0.0, 0.0)


def test_the_median_warning_of_two_orders_is_the_shorter_one() -> None:
    """A is caught eleven days ahead and B four."""
    assert judge_worklist(LISTS, risks(LISTS, A=0.9, B=0.5), 2, draws=20).warning_days.value == 4.0


@pytest.mark.parametrize(("hours_less", "in_time"), [(0, 1.0), (1, 1.0), (2, 0.0)])
def test_five_days_ahead_is_in_time_though_one_of_them_may_be_an_hour_shorter(hours_less: int, in_time: float) -> None:
    worklists = mornings((A, 1, 5, MISSED))
    earlier = replace(worklists.points, due=worklists.points.due - hours_less * DAY // 24)
    assert judge_worklist(DailyWorklists.of(earlier), np.ones(1), 1, draws=20).in_time.value == in_time


def test_the_lead_over_another_ranking_is_the_share_that_only_we_caught_in_time() -> None:
    """The first place is A's by ours and C's by theirs; of the two that failed one is caught in time, by us alone."""
    ours, theirs = risks(LISTS, A=0.9), risks(LISTS, C=0.9)
    assert measure_lead(LISTS, ours, theirs, 1, draws=20).value == 0.5
    assert measure_lead(LISTS, theirs, ours, 1, draws=20).value == -0.5
    assert measure_lead(LISTS, ours, ours, 1, draws=20).value == 0.0


def test_the_correlation_is_of_places_and_not_of_risks() -> None:
    """Three orders keep their order while their risks come closer; of two orders it says nothing."""
    for orders, correlation in (((A, B, C), 1.0), ((A, B), float("nan"))):
        worklists = mornings(*((order, day, 9, MISSED) for order in orders for day in (1, 2)))
        first = worklists.points.as_of == DAY
        risk = np.where(first, np.array([0.1, 0.2, 0.9])[worklists.code], np.array([0.1, 0.5, 0.6])[worklists.code])
        assert measure_stability(worklists, risk).rank_correlation == pytest.approx(correlation, nan_ok=True)


def test_two_mornings_with_one_between_are_not_in_a_row() -> None:
    worklists = mornings(*((order, day, 9, MISSED) for order in (A, B, C) for day in (1, 3)))
    assert np.isnan(measure_stability(worklists, np.linspace(0.1, 0.9, 6)).change)
