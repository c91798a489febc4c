"""Foretold against came on looks a reader can count."""

from __future__ import annotations

import numpy as np
import pytest

from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.evaluate.foretold import compare_foretold

FINE, BAD = 0, 1
LOOKS = [  # order, day of the look (day 4 is a Monday), days to the promise, plant
    (FINE, 4, 9, "A"),
    (BAD, 4, 9, "B"),
    (BAD, 10, 3, "B"),
    (BAD, 11, 2, "B"),
]
RISK = np.array([0.1, 0.2, 0.6, 0.8])


def points(weight: list[float]) -> LabelledPoints:
    order, day, left, plant = (np.array(column, dtype=object) for column in zip(*LOOKS, strict=True))
    as_of = day.astype(np.int64) * DAY
    return LabelledPoints(
        names=[],
        signals=np.zeros((4, 0)),
        order=order.astype(np.int64),
        as_of=as_of,
        due=as_of + left.astype(np.int64) * DAY,
        known_at=as_of + 20 * DAY,
        outcome=np.where(order == BAD, MISSED, ON_TIME_IN_FULL),
        weight=np.array(weight),
        plant=plant,
        rescued=np.zeros(4, dtype=bool),
    )


def test_what_a_planner_reads_is_compared_morning_by_morning_and_order_by_order() -> None:
    """One fine order with one look, a bad one with three: 3 of 4 looks failed, 1 of 2 orders."""
    whole = compare_foretold(points([1.0] * 4), RISK)[0]
    assert (whole.by, whole.orders, whole.rows) == ("all", 2, 4)
    assert whole.foretold == pytest.approx(0.425)
    assert whole.came == pytest.approx(0.75)
    assert whole.foretold_by_order == pytest.approx((0.1 + 1.6 / 3) / 2)
    assert whole.came_by_order == pytest.approx(0.5)


def test_a_look_counts_as_often_as_the_looks_it_stands_for() -> None:
    whole = compare_foretold(points([4.0, 4.0, 1.0, 1.0]), RISK)[0]
    assert whole.came == pytest.approx(0.6)
    assert whole.foretold == pytest.approx((0.4 + 0.8 + 0.6 + 0.8) / 10)


def test_looks_are_told_apart_by_days_to_the_promise_plant_and_week() -> None:
    found = [
        (e.by, e.name, e.rows, round(e.foretold, 3), e.came) for e in compare_foretold(points([1.0] * 4), RISK)[1:]
    ]
    assert found == [
        ("days to promise", "2 to 5", 2, 0.7, 1.0),
        ("days to promise", "5 to 10", 2, 0.15, 0.5),
        ("plant", "A", 1, 0.1, 0.0),
        ("plant", "B", 3, 0.533, 1.0),
        ("week", "1970-01-05", 3, 0.3, pytest.approx(2 / 3)),
        ("week", "1970-01-12", 1, 0.8, 1.0),
    ]
