"""How many trees are best, and what calibrates them, on folds a reader can count."""

from __future__ import annotations

import numpy as np
import pytest

from features.outcomes import MISSED, ON_TIME_IN_FULL
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.model.calibration import Affine, fit_affine
from training.model.cross_fit import best_rounds, cross_fit
from training.model.trees import Trees

FEW = Trees(most_rounds=40, min_child_samples=5)


def test_the_rounds_are_those_that_are_best_on_all_folds_together() -> None:
    """One fold of 30 orders is best at 25 rounds, one of ten at 40: together 25. Of as many orders, between them."""
    step = np.arange(1, 41)
    near, far = np.abs(step - 25) * 1.0, np.abs(step - 40) * 1.0
    assert best_rounds([near, far], [30, 10]) == 25
    assert best_rounds([near, far], [10, 30]) == 40
    assert best_rounds([near**2, far**2], [10, 10]) == 32
    assert best_rounds([step * 1.0], [1]) == 20
    assert best_rounds([step[:5] * 1.0], [1]) == 5


def orders(count: int, later_fails: bool = False) -> LabelledPoints:
    """Order n is looked at on day n, its outcome known a day later; it fails if its only signal is above one half."""
    value = np.random.default_rng(1).random(count)
    failed = (value > 0.5) | (later_fails & (np.arange(count) >= count / 2))
    day = np.arange(count) * DAY
    return LabelledPoints(
        names=["value"],
        signals=value[:, None],
        order=np.arange(count),
        as_of=day,
        due=day,
        known_at=day + DAY,
        outcome=np.where(failed, MISSED, ON_TIME_IN_FULL),
        weight=np.ones(count),
        plant=np.full(count, "", dtype=object),
        rescued=np.zeros(count, dtype=bool),
    )


def test_each_order_of_the_later_half_is_scored_once_by_trees_of_what_was_known_before_its_fold() -> None:
    """Of 240 orders the folds begin on days 119, 159 and 199; the order looked at that day is not known yet."""
    found = cross_fit(orders(240), orders(240).failed, FEW)
    assert found.points is not None
    assert found.points.order.tolist() == list(range(120, 240))
    assert (found.target == found.points.failed).all()
    assert ((found.log_odds > 0) == (found.target == 1)).mean() > 0.9


def test_the_calibration_is_of_all_folds_and_has_their_intercept() -> None:
    """Every order of the later half fails, which the trees of the first half cannot know: the intercept rises."""
    points = orders(240, later_fails=True)
    found = cross_fit(points, points.failed, FEW)
    assert found.points is not None
    calibration = found.calibration(4.0)
    assert calibration == fit_affine(found.log_odds, found.target, found.points.evidence, 4.0)
    assert calibration.intercept > 0.5


def test_where_no_fold_can_judge_there_is_no_calibration() -> None:
    """Fewer than fifty orders; and a past that is all of one kind."""
    few = cross_fit(orders(49), orders(49).failed, FEW)
    assert (few.rounds, few.points, few.calibration(4.0)) == (6, None, Affine())
    even = np.zeros(240)
    even[239] = 1.0
    assert cross_fit(orders(240), even, FEW).points is None


@pytest.mark.parametrize("weight", [1.0, 8.0])
def test_looks_that_all_stand_for_more_looks_are_no_more_evidence(weight: float) -> None:
    points = orders(240)
    heavy = LabelledPoints(**{**points.__dict__, "weight": np.full(240, weight)})
    assert cross_fit(heavy, heavy.failed, FEW).calibration(4.0) == cross_fit(points, points.failed, FEW).calibration(
        4.0
    )
