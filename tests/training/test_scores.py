from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as judge

from training.metrics.bootstrap import FEWEST_WEEKS, metric_estimates, order_weight_blocks
from training.metrics.scores import (
    average_precision,
    brier,
    calibration_error,
    failure_share,
    log_loss,
    reliability,
    roc_auc,
)
from training.model.calibration import fit_affine

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.01, 0.2, 0.2, 0.5, 0.9]), st.sampled_from([0.5, 1.0, 3.0])),
    min_size=2,
    max_size=30,
)


@given(ROWS)
def test_metrics_agree_with_scikit_learn(rows: list[tuple[bool, float, float]]) -> None:
    failed, risk, weight = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    assert brier(failed, risk, weight) == pytest.approx(judge.brier_score_loss(failed, risk, sample_weight=weight))
    assert log_loss(failed, risk, weight) == pytest.approx(
        judge.log_loss(failed, risk, sample_weight=weight, labels=[0, 1])
    )
    if failed.min() == failed.max():
        assert np.isnan(roc_auc(failed, risk, weight))
        return
    assert roc_auc(failed, risk, weight) == pytest.approx(judge.roc_auc_score(failed, risk, sample_weight=weight))
    assert average_precision(failed, risk, weight) == pytest.approx(
        judge.average_precision_score(failed, risk, sample_weight=weight)
    )


def test_many_weights_at_once_are_the_same_as_one_by_one() -> None:
    draw = np.random.default_rng(0)
    failed, risk = (draw.random(50) < 0.3).astype(float), draw.random(50).round(1)
    weights = draw.integers(0, 3, (20, 50)).astype(float)
    for metric in (roc_auc, average_precision, brier, log_loss, calibration_error):
        together = metric(failed, risk, weights)
        np.testing.assert_allclose(together, [metric(failed, risk, row) for row in weights])


def test_the_calibration_error_of_one_risk_for_all_is_its_distance_from_the_share() -> None:
    failed = np.repeat([1.0, 0.0], [3, 7])
    assert float(calibration_error(failed, np.full(10, 0.5), np.ones(10))) == pytest.approx(0.2)
    assert len(reliability(failed, np.full(10, 0.5), np.ones(10))[0]) == 1


def test_the_bootstrap_redraws_whole_orders() -> None:
    """One order a week; the first has two rows."""
    order = np.repeat(np.arange(FEWEST_WEEKS), [2] + [1] * (FEWEST_WEEKS - 1))
    weights = np.concatenate(list(order_weight_blocks(order, order, 200, seed=1)))
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 1:].sum(axis=1) == FEWEST_WEEKS).all()


def test_the_bootstrap_redraws_the_orders_of_a_week_together() -> None:
    order = np.arange(2 * FEWEST_WEEKS)
    weights = np.concatenate(list(order_weight_blocks(order, order // 2, 200, seed=1)))
    assert (weights[:, 0::2] == weights[:, 1::2]).all()
    assert (weights[:, 0] != weights[:, 2]).any()


def test_of_few_weeks_orders_are_redrawn_too() -> None:
    """Forty orders of one week, half of which failed: their share is no less uncertain than without weeks."""
    order, failed = np.arange(40), np.tile([0.0, 1.0], 20)
    found = metric_estimates(order, 0 * order, failed, failed, np.ones(40), metrics={"share": failure_share})["share"]
    assert 0.3 < found.low < 0.4
    assert 0.6 < found.high < 0.7


def test_orders_that_fail_together_in_a_week_make_a_share_less_certain() -> None:
    """Twenty weeks of ten orders, all of a week alike: as uncertain as twenty orders, not as two hundred."""
    order = np.arange(200)
    failed = (order // 10 % 2).astype(float)
    of = {"share": failure_share}
    alone, together = (
        metric_estimates(order, week, failed, failed, np.ones(200), metrics=of)["share"]
        for week in (order, order // 10)
    )
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(np.sqrt(10), rel=0.1)


def test_repeating_every_row_of_an_order_does_not_narrow_the_interval() -> None:
    draw = np.random.default_rng(3)
    order = np.arange(100)
    failed, risk = (draw.random(100) < 0.4).astype(float), draw.random(100)
    once = metric_estimates(order, order, failed, risk, np.ones(100))["brier"]
    ten = metric_estimates(*(np.repeat(v, 10) for v in (order, order, failed, risk)), np.full(1000, 0.1))["brier"]
    assert ten.high - ten.low == pytest.approx(once.high - once.low)


@pytest.mark.parametrize("seed", range(5))
def test_calibration_finds_the_distortion_it_was_given(seed: int) -> None:
    draw = np.random.default_rng(seed)
    truth = draw.normal(-1, 1.5, 20_000)
    failed = (draw.random(20_000) < 1 / (1 + np.exp(-truth))).astype(float)
    found = fit_affine((truth + 1) / 2, failed, np.ones(20_000))
    assert found.slope == pytest.approx(2, abs=0.12)
    assert found.intercept == pytest.approx(-1, abs=0.08)


def test_calibration_never_turns_ranks_around() -> None:
    log_odds = np.linspace(-2, 2, 50)
    found = fit_affine(log_odds, (log_odds < 0).astype(float), np.ones(50))
    assert found.slope > 0
