"""Order-clustered bootstrap: rows of one order are no independent evidence, so whole orders are redrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from training.metrics.scores import METRICS, Metric, brier

BLOCK = 4_000_000
"""Weights held in memory at a time."""
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure and its percentile interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


def percentiles(value: Floats | float, samples: Floats, level: float = LEVEL) -> Estimate:
    """A figure with the middle ``level`` of its redrawn values; draws in which it is undefined are left out."""
    defined = samples[~np.isnan(samples)]
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(defined, tails) if len(defined) else (float("nan"), float("nan"))
    return Estimate(float(np.squeeze(value)), float(low), float(high))


def order_weight_blocks(order: Ints, draws: int, seed: int) -> Iterator[Floats]:
    """(n_draws, n_rows) how often each row counts when orders are drawn with replacement. Efron (1979).

    The draws come in blocks that fit in memory.
    """
    orders, inverse = np.unique(order, return_inverse=True)
    generator = np.random.default_rng(seed)
    share = np.full(len(orders), 1 / len(orders))
    at_a_time = max(1, BLOCK // max(len(order), 1))
    for first in range(0, draws, at_a_time):
        times = generator.multinomial(len(orders), share, size=min(at_a_time, draws - first))
        yield times[:, inverse].astype(np.float64)


def metric_estimates(
    order: Ints,
    failed: Floats,
    risk: Floats,
    weight: Floats,
    draws: int = 500,
    seed: int = 7,
    level: float = LEVEL,
    reference: Floats | None = None,
    metrics: dict[str, Metric] | None = None,
) -> dict[str, Estimate]:
    """Every metric (or those given) with its interval; draws in which a metric is undefined are left out.

    Parameters
    ----------
    order, failed, risk, weight : (n,)
    reference : (n,) probabilities of the base rate; with them, ``brier_skill`` = 1 - Brier / Brier of the reference
    """
    metrics = dict(METRICS if metrics is None else metrics)
    if reference is not None:
        metrics |= {"brier_skill": lambda f, r, w: 1 - brier(f, r, w) / brier(f, reference, w)}
    samples: dict[str, list[Floats]] = {name: [] for name in metrics}
    for times in order_weight_blocks(order, draws, seed):
        for name, metric in metrics.items():
            samples[name].append(metric(failed, risk, times * weight))
    return {
        name: percentiles(metric(failed, risk, weight), np.concatenate(samples[name]), level)
        for name, metric in metrics.items()
    }
