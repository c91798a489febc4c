"""Calibration: what the weights, the prior and the outcomes have to say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from training.model.calibration import Affine, fit_affine, fit_intercept

LOG_ODDS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])
FAILED = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
TIMES = np.array([3, 1, 2, 1, 1, 4])


def test_a_row_of_weight_three_is_three_rows() -> None:
    weighed = fit_affine(LOG_ODDS, FAILED, TIMES.astype(np.float64))
    repeated = fit_affine(LOG_ODDS.repeat(TIMES), FAILED.repeat(TIMES), np.ones(TIMES.sum()))
    assert weighed.slope == pytest.approx(repeated.slope, abs=1e-4)
    assert weighed.intercept == pytest.approx(repeated.intercept, abs=1e-4)
    added = fit_intercept(LOG_ODDS, FAILED, TIMES.astype(np.float64))
    assert added == pytest.approx(fit_intercept(LOG_ODDS.repeat(TIMES), FAILED.repeat(TIMES), np.ones(TIMES.sum())))


def test_the_calibration_lies_where_evidence_and_prior_pull_alike() -> None:
    """At the maximum the slope's and the intercept's derivatives are those of the prior."""
    found = fit_affine(LOG_ODDS, FAILED, TIMES.astype(np.float64), prior_strength=2.0)
    excess = TIMES * (expit(found.apply(LOG_ODDS)) - FAILED)
    assert np.sum(excess) + 2.0 * found.intercept == pytest.approx(0, abs=1e-4)
    assert np.sum(excess * LOG_ODDS) * found.slope + 2.0 * np.log(found.slope) == pytest.approx(0, abs=1e-4)


def test_without_outcomes_or_with_a_prior_that_is_sure_nothing_changes() -> None:
    assert fit_affine(np.zeros(0), np.zeros(0), np.zeros(0)) == Affine(1.0, 0.0)
    sure = fit_affine(LOG_ODDS, FAILED, np.ones(6), prior_strength=1e9)
    assert (sure.slope, sure.intercept) == (pytest.approx(1, abs=1e-6), pytest.approx(0, abs=1e-6))


def test_an_intercept_goes_as_far_as_the_outcomes_ask() -> None:
    """All of two thousand failed where one in 150 was foretold."""
    added = fit_intercept(np.full(2000, -5.0), np.ones(2000), np.ones(2000))
    assert 2000 * (1 - expit(-5.0 + added)) == pytest.approx(4.0 * added)
    assert added > 8
