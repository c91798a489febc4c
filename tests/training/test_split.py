"""Which labelled decision points teach, calibrate and judge, on days a reader can count."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import InvalidRequest
from features.outcomes import CANCELLED, MISSED, ON_TIME_IN_FULL, PARTIAL, UNSETTLED
from training.data.labelled import LabelledPoints, join, thin
from training.data.split import folds_by_time, of_other_orders, rows_by_time, split_by_time

Look = tuple[int, float, float]
"""An order, the day it was looked at, and the day its outcome was known."""


def looked_at(looks: list[Look], outcome: list[int] | None = None, weight: list[float] | None = None) -> LabelledPoints:
    """Decision points in days, by order and moment; each weighs one unless said otherwise."""
    order, as_of, known_at = (np.array(column) for column in zip(*sorted(looks), strict=True))
    n = len(order)
    return LabelledPoints(
        names=[],
        signals=np.zeros((n, 0)),
        order=order.astype(np.int64),
        as_of=(as_of * 10).astype(np.int64),
        due=np.zeros(n, dtype=np.int64),
        known_at=(known_at * 10).astype(np.int64),
        outcome=np.array(outcome or [ON_TIME_IN_FULL] * n),
        weight=np.array(weight or [1.0] * n),
        plant=np.full(n, "", dtype=object),
        rescued=np.zeros(n, dtype=bool),
    )


def orders(many: int) -> list[Look]:
    """Order n is looked at on days n and n + 1, and from order 50 on twice in between; known on day n + 2."""
    looks = [(n, float(day), n + 2.0) for n in range(many) for day in (n, n + 1)]
    return looks + [(n, n + part, n + 2.0) for n in range(50, many) for part in (0.3, 0.6)]


def test_the_cut_is_the_last_look_at_four_fifths_of_the_orders() -> None:
    """Of sixty the 48th, order 47, was last looked at on day 48."""
    assert split_by_time(looked_at(orders(60))).at == 480
    assert split_by_time(looked_at(orders(60)), later=0.5).at == 300


def test_what_teaches_was_known_at_the_cut_and_what_judges_was_looked_at_after_it() -> None:
    """Order 46 was known on day 48, the cut; 47 never teaches nor judges; of 48 the look of day 48 does not judge."""
    split = split_by_time(looked_at(orders(60)))
    assert np.unique(split.earlier.order).tolist() == list(range(47))
    assert np.unique(split.later.order).tolist() == list(range(48, 60))
    assert split.later.as_of[:3].tolist() == [490, 490, 500]
    assert split.rows[0].sum() == len(split.earlier)
    assert split.rows[1].sum() == len(split.later)


def test_an_order_that_taught_does_not_judge_though_it_is_open_again() -> None:
    """Order 0 came back and was looked at again on day 55."""
    split = split_by_time(looked_at([*orders(60), (0, 55.0, 58.0)]))
    assert 0 in split.earlier.order
    assert 0 not in split.later.order
    assert split.later.as_of.max() == 600


def test_fifty_orders_are_enough() -> None:
    assert split_by_time(looked_at(orders(50))).at == 400
    with pytest.raises(InvalidRequest, match="at least 50 orders with a settled outcome, got 49"):
        split_by_time(looked_at(orders(49)))


def test_a_look_keeps_its_weight_whatever_else_is_taken_of_its_order() -> None:
    points = looked_at([(0, 1, 9), (0, 2, 9), (0, 3, 9), (1, 1, 9)], weight=[4.0, 2.0, 1.0, 1.0])
    assert points.take(np.array([True, True, False, True])).weight.tolist() == [4.0, 2.0, 1.0]
    assert len(points.take(np.zeros(4, dtype=bool)).evidence) == 0
    assert len(points.take(np.zeros(4, dtype=bool)).order_weight) == 0


def test_looks_at_one_order_are_not_taken_for_many_orders() -> None:
    """Of four looks at two orders each counts half an order as evidence; by orders, the three of one share its one."""
    points = looked_at([(0, 1, 9), (0, 2, 9), (0, 3, 9), (1, 1, 9)])
    assert points.evidence.tolist() == [0.5, 0.5, 0.5, 0.5]
    assert points.order_weight == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1.0])


def test_parts_are_joined_with_their_weights() -> None:
    parts = [looked_at([(0, 1, 9), (1, 1, 9)], weight=[2.0, 1.0]), looked_at([(0, 2, 9)])]
    assert join(parts).weight.tolist() == [2.0, 1.0, 1.0]


def test_what_failed_was_missed_or_partial_and_what_was_cancelled_teaches_nothing() -> None:
    codes = [UNSETTLED, ON_TIME_IN_FULL, PARTIAL, MISSED, CANCELLED]
    points = looked_at([(n, 1, 9) for n in range(5)], outcome=codes)
    assert points.failed.tolist() == [0, 0, 1, 1, 0]
    assert points.settled.tolist() == [False, True, True, True, False]


def test_far_from_the_promise_fewer_looks_are_kept_and_each_stands_for_more() -> None:
    """Looks 24 to 5 days before: every fourth over 20 days, every second over 10, then all. They stand for all."""
    days = np.arange(24.0, 4.0, -1.0)
    rows, stands_for = thin(np.arange(20), days)
    assert days[rows].tolist() == [24, 20, 18, 16, 14, 12, 10, 9, 8, 7, 6, 5]
    assert stands_for.tolist() == [4, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert stands_for.sum() == len(days)
    assert [part.tolist() for part in thin(np.arange(2), np.full(2, np.nan))] == [[0, 1], [1, 1]]


def test_what_is_kept_of_an_order_does_not_depend_on_how_long_it_stays_open() -> None:
    """Two orders promised for one day; one ships on its second day, the other stays until the promise."""
    days = np.arange(30.0, 0.0, -1.0)
    short, long = (thin(np.arange(n), days[:n]) for n in (2, 30))
    assert short[0].tolist() == [0] == long[0][:1].tolist()
    assert short[1][0] == long[1][0] == 4


def test_what_judges_a_training_was_looked_at_after_the_cut_and_is_of_other_orders() -> None:
    """The cut is day 10, on which order 9 was looked at last and order 10 first; orders 0 to 15 were learned from."""
    whole = looked_at([*orders(75), (0, 60.0, 70.0)])
    past = whole.take(whole.order <= 15)
    assert np.unique(of_other_orders(whole, past, 100).order).tolist() == list(range(16, 75))
    nothing = whole.take(whole.order > 100)
    judges = of_other_orders(whole, nothing, 100)
    assert judges.as_of.min() == 110
    assert sorted(set(judges.order)) == [0, *range(10, 75)]
    with pytest.raises(InvalidRequest, match="at least 50 later orders with an outcome, got 49"):
        of_other_orders(whole, whole.take(whole.order <= 25), 100)


def test_a_fold_learns_from_what_was_known_at_its_cut_and_judges_looks_after_it() -> None:
    """At each cut one order was looked at last and the next first; the outcome of neither was known."""
    for fold in folds_by_time(looked_at(orders(200)), 3):
        assert (fold.earlier.known_at.max(), fold.later.as_of.min()) == (fold.at, fold.at + 3)


def test_a_share_of_less_than_an_order_is_cut_at_the_first() -> None:
    """Not at the last, where nothing is left to judge."""
    order, day = np.arange(20), np.arange(20)
    first, second = rows_by_time(order, day, day, (0.01, 0.5, 1.0))
    assert [fold.at for fold in (first, second)] == [0, 9]
    assert (first.later.sum(), second.later.sum()) == (9, 10)
