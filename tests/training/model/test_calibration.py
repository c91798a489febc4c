"""What is added in the last days before the promise, on counts that a reader can check."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from training.model.calibration import Affine, NearPromise, fit_affine, fit_calibration


def rows(*groups: tuple[float, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Days to the promise and outcomes of groups (days, failed, of)."""
    days = np.concatenate([np.full(of, day) for day, _, of in groups])
    return days, np.concatenate([np.repeat([1.0, 0.0], [failed, of - failed]) for _, failed, of in groups])


def test_the_last_days_are_raised_to_what_came_and_the_others_stay() -> None:
    """Trees say 30 % of every look; a day before the promise 60 % of 1,000 fail, ten days before 30 % of 9,000."""
    days, failed = rows((1.0, 600, 1000), (10.0, 2700, 9000))
    said = np.full(len(days), logit(0.3))
    affine, near = fit_calibration(said, days, failed, np.full(len(days), 0.1))
    risk = expit(affine.apply(said) + near.of(days))
    assert risk[0] == pytest.approx(0.6, abs=0.01)
    assert risk[-1] == pytest.approx(0.3, abs=0.01)


def test_a_few_looks_in_the_last_days_move_little() -> None:
    days, failed = rows((1.0, 3, 3), (10.0, 300, 1000))
    said = np.full(len(days), logit(0.3))
    affine, near = fit_calibration(said, days, failed, np.ones(len(days)))
    assert 0.3 < expit(affine.apply(said) + near.of(days))[0] < 0.5


def test_without_a_look_in_the_last_days_it_is_the_affine_calibration() -> None:
    draw = np.random.default_rng(1)
    said, days = draw.normal(-1, 1, 500), draw.uniform(7, 30, 500)
    failed = (draw.random(500) < expit(1.5 * said + 0.5)).astype(float)
    affine, near = fit_calibration(said, days, failed, np.ones(500))
    plain = fit_affine(said, failed, np.ones(500))
    assert near == NearPromise()
    assert (affine.slope, affine.intercept) == (
        pytest.approx(plain.slope, abs=1e-4),
        pytest.approx(plain.intercept, abs=1e-4),
    )


def test_orders_that_are_looked_at_in_the_last_days_alone_have_no_term_of_their_own() -> None:
    """All looks are five days before the promise: the intercept says what there is to say."""
    days, failed = rows((5.0, 60, 100))
    affine, near = fit_calibration(np.full(100, logit(0.3)), days, failed, np.ones(100))
    assert near == NearPromise()
    assert affine.intercept > 0.5


def test_nothing_is_added_without_a_promise_and_nothing_fitted_on_nothing() -> None:
    assert NearPromise((1.0, 1.0, 1.0)).of(np.array([np.nan, -3.0, 100.0])).tolist() == [0.0, 1.0, 0.0]
    none = np.zeros(0)
    assert fit_calibration(none, none, none, none) == (Affine(), NearPromise())
