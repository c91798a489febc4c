"""The interval of a difference: narrow where both models err on the same rows, and none where they are one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit, logit

from features.arrays import Floats, Ints
from training.metrics.bootstrap import metric_estimates
from training.metrics.paired import LESS_IS_BETTER, paired_estimates
from training.metrics.scores import METRICS

ORDERS, LOOKS = 300, 3


def rows(seed: int) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Orders with three looks each, some twenty due a week: order, week, outcome, weight, true risk."""
    draw = np.random.default_rng(seed)
    order = np.repeat(np.arange(ORDERS), LOOKS)
    truth = expit(draw.normal(-1.0, 1.3, ORDERS))[order]
    failed = (draw.random(ORDERS)[order] < truth).astype(np.float64)
    return order, order // 20, failed, np.ones(len(order)), truth


def worse(truth: Floats) -> Floats:
    return np.asarray(expit(0.3 * logit(truth)))


def test_a_model_beside_itself_gains_nothing() -> None:
    order, week, failed, weight, truth = rows(1)
    for found in paired_estimates(order, week, failed, weight, truth, truth, draws=50).values():
        assert (found.gain.value, found.gain.low, found.gain.high, found.standing) == (0.0, 0.0, 0.0, "alike")


def test_each_figure_is_the_one_that_stands_in_every_report() -> None:
    """Value and interval of both alone, bit for bit, as the same draws are taken."""
    order, week, failed, weight, truth = rows(2)
    found = paired_estimates(order, week, failed, weight, truth, worse(truth), draws=40)
    alone = metric_estimates(order, week, failed, worse(truth), weight, draws=40)
    assert {name: one.second for name, one in found.items()} == alone


@pytest.mark.parametrize("seed", range(3))
def test_a_gain_is_what_is_better_whichever_way_the_metric_goes(seed: int) -> None:
    order, week, failed, weight, truth = rows(seed)
    found = paired_estimates(order, week, failed, weight, worse(truth), truth, draws=200)
    for name in ("brier", "log_loss"):
        assert found[name].standing == "better"
        assert found[name].gain.value == pytest.approx(found[name].first.value - found[name].second.value, abs=1e-15)
    back = paired_estimates(order, week, failed, weight, truth, worse(truth), draws=200)
    assert back["brier"].standing == "worse"
    assert back["brier"].gain.low == pytest.approx(-found["brier"].gain.high, abs=1e-15)
    assert set(METRICS) >= LESS_IS_BETTER


def test_the_interval_of_a_difference_is_narrower_than_those_of_both() -> None:
    order, week, failed, weight, truth = rows(4)
    nearly = np.asarray(expit(logit(truth) + 0.1))
    brier = paired_estimates(order, week, failed, weight, nearly, truth, draws=200)["brier"]
    widths = [one.high - one.low for one in (brier.gain, brier.first, brier.second)]
    assert all(before < after for before, after in pairwise(sorted(widths)))
    assert widths[0] < widths[1] / 5


def test_looks_at_one_order_are_no_further_evidence() -> None:
    """Ten copies of each row, and the interval stays as it is."""
    order, week, failed, weight, truth = rows(5)
    once = paired_estimates(order, week, failed, weight, worse(truth), truth, draws=60)["brier"].gain
    many = np.repeat(np.arange(len(order)), 10)
    risks = worse(truth)[many], truth[many]
    tenfold = paired_estimates(order[many], week[many], failed[many], weight[many], *risks, draws=60)["brier"].gain
    assert tenfold.low == pytest.approx(once.low, abs=1e-12)
    assert tenfold.high == pytest.approx(once.high, abs=1e-12)
