"""Order-clustered bootstrap: rows of one order are no independent evidence, so whole orders are redrawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.times import Ints
from training.calibration import Floats
from training.metrics import METRICS


@dataclass(frozen=True)
class Estimate:
    """A figure and its percentile interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


def order_weights(order: Ints, draws: int, seed: int) -> Floats:
    """(draws, n_rows) how often each row counts when orders are drawn with replacement. Efron (1979)."""
    orders, inverse = np.unique(order, return_inverse=True)
    generator = np.random.default_rng(seed)
    times = generator.multinomial(len(orders), np.full(len(orders), 1 / len(orders)), size=draws)
    return times[:, inverse].astype(np.float64)


def metric_estimates(
    order: Ints, failed: Floats, risk: Floats, weight: Floats, draws: int = 500, seed: int = 7, level: float = 0.95
) -> dict[str, Estimate]:
    """Every metric with its interval; draws in which a metric is undefined are left out."""
    drawn_weight = order_weights(order, draws, seed) * weight
    found = {}
    for name, metric in METRICS.items():
        drawn = metric(failed, risk, drawn_weight)
        drawn = drawn[~np.isnan(drawn)]
        value = float(metric(failed, risk, weight))
        tails = [(1 - level) / 2, (1 + level) / 2]
        low, high = np.quantile(drawn, tails) if len(drawn) else (float("nan"), float("nan"))
        found[name] = Estimate(value, float(low), float(high))
    return found
