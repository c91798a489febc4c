"""How good a probability is.

Every metric takes outcomes in {0, 1} and probabilities, both (n,), and weights (n,) or (draws, n), and gives a figure
for each row of weights, so that a bootstrap sorts once. NaN where a figure is undefined.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from features.arrays import Floats

Metric = Callable[[Floats, Floats, Floats], Floats]


def roc_auc(failed: Floats, risk: Floats, weight: Floats) -> Floats:
    """Chance that of a failed and another order the failed one has the higher risk; ties count half.

    Mann & Whitney (1947).

    >>> float(roc_auc(np.array([0.0, 1.0]), np.array([0.2, 0.7]), np.ones(2)))
    1.0
    """
    positive, negative = _by_rising_risk(failed, risk, weight)
    below = np.cumsum(negative, axis=-1) - negative
    pairs = positive.sum(axis=-1) * negative.sum(axis=-1)
    return _ratio((positive * (below + negative / 2)).sum(axis=-1), pairs)


def average_precision(failed: Floats, risk: Floats, weight: Floats) -> Floats:
    """Precision averaged over the failures, from the riskiest order down; equal risks come at once.

    >>> float(average_precision(np.array([0.0, 1.0]), np.array([0.7, 0.2]), np.ones(2)))
    0.5
    """
    positive, negative = (part[..., ::-1] for part in _by_rising_risk(failed, risk, weight))
    caught = np.cumsum(positive, axis=-1)
    looked = caught + np.cumsum(negative, axis=-1)
    precision = caught / np.where(looked > 0, looked, 1.0)
    return _ratio((precision * positive).sum(axis=-1), positive.sum(axis=-1))


def log_loss(failed: Floats, risk: Floats, weight: Floats) -> Floats:
    """Mean negative log-likelihood, in nats; probabilities are kept 1e-15 away from 0 and 1.

    >>> round(float(log_loss(np.array([1.0]), np.array([0.5]), np.ones(1))), 4)
    0.6931
    """
    clipped = np.clip(risk, 1e-15, 1 - 1e-15)
    return _mean(-np.where(failed == 1, np.log(clipped), np.log1p(-clipped)), weight)


def brier(failed: Floats, risk: Floats, weight: Floats) -> Floats:
    """Mean squared distance of probability and outcome. Brier (1950).

    >>> float(brier(np.array([0.0, 1.0]), np.array([0.5, 0.5]), np.ones(2)))
    0.25
    """
    return _mean((risk - failed) ** 2, weight)


def calibration_error(failed: Floats, risk: Floats, weight: Floats) -> Floats:
    """Mean distance of risk and failure share over ten bins of equally many rows, by rising risk.

    Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning.

    >>> float(calibration_error(np.array([0.0, 1.0]), np.array([0.25, 0.75]), np.ones(2)))
    0.25
    """
    expected, share, size = reliability(failed, risk, weight)
    return _ratio((np.abs(expected - share) * size).sum(axis=-1), size.sum(axis=-1))


def failure_share(failed: Floats, risk: Floats, weight: Floats) -> Floats:  # noqa: ARG001
    """Share of the rows that failed; the risk is not looked at.

    >>> float(failure_share(np.array([0.0, 1.0]), np.zeros(2), np.array([3.0, 1.0])))
    0.25
    """
    return _mean(failed, weight)


def reliability(failed: Floats, risk: Floats, weight: Floats, bins: int = 10) -> tuple[Floats, Floats, Floats]:
    """(..., n_bins) mean risk, failure share and weight of bins of equally many rows, by rising risk.

    Rows of one risk stay in one bin, so there may be fewer bins.
    """
    by = np.argsort(risk, kind="stable")
    evenly = risk[by][np.arange(bins) * len(by) // bins]
    starts = np.unique(np.searchsorted(risk[by], evenly))
    size, expected, share = (
        np.add.reduceat(values[..., by], starts, axis=-1) for values in (weight, weight * risk, weight * failed)
    )
    filled = np.where(size > 0, size, 1.0)
    return expected / filled, share / filled, size


def _by_rising_risk(failed: Floats, risk: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weights of failed and of other rows, added up over equal risks, shapes (..., n_distinct)."""
    by = np.argsort(risk, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(risk[by]) > 0)[: len(by)])
    positive = np.add.reduceat((weight * failed)[..., by], starts, axis=-1)
    negative = np.add.reduceat((weight * (1 - failed))[..., by], starts, axis=-1)
    return positive, negative


def _mean(values: Floats, weight: Floats) -> Floats:
    return _ratio(weight @ values, weight.sum(axis=-1))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)


METRICS: dict[str, Metric] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "brier": brier,
    "log_loss": log_loss,
    "calibration_error": calibration_error,
}
