"""Clustered bootstrap: rows of one order are no independent evidence, nor are orders that are due in one week.

What makes one order late (a line down, a truck that does not come) makes others of its week late. So whole weeks are
redrawn, with all rows of the orders that are due in them. Cameron & Miller (2015), A practitioner's guide to
cluster-robust inference; Davison & Hinkley (1997), Bootstrap methods and their application, 3.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from training.metrics.scores import METRICS, Metric, brier

BLOCK = 4_000_000
"""Weights held in memory at a time."""
LEVEL = 0.95
FEWEST_WEEKS = 10
"""Below so many weeks their redraws alone are too alike: then orders are redrawn beside them."""


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


def redraw_orders(week: Ints, draws: int, generator: np.random.Generator) -> Floats:
    """(draws, n_orders) how often each order counts when weeks are drawn with replacement. Efron (1979).

    Of few weeks both the weeks and the orders are drawn, and the counts multiplied: Owen (2007), The pigeonhole
    bootstrap, whose intervals are rather too wide than too narrow.

    Parameters
    ----------
    week : (n_orders,) the week in which each order is due
    """
    weeks, code = np.unique(week, return_inverse=True)
    times = _drawn(len(weeks), draws, generator)[:, code]
    return times if len(weeks) >= FEWEST_WEEKS else times * _drawn(len(week), draws, generator)


def _drawn(n: int, draws: int, generator: np.random.Generator) -> Floats:
    return generator.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)


def order_weight_blocks(order: Ints, week: Ints, draws: int, seed: int) -> Iterator[Floats]:
    """(n_draws, n_rows) how often each row counts, see ``redraw_orders``, in blocks that fit in memory.

    Parameters
    ----------
    order, week : (n_rows,) the order of each row and the week in which it is due
    """
    _, first, inverse = np.unique(order, return_index=True, return_inverse=True)
    generator = np.random.default_rng(seed)
    at_a_time = max(1, BLOCK // max(len(order), 1))
    for begin in range(0, draws, at_a_time):
        yield redraw_orders(week[first], min(at_a_time, draws - begin), generator)[:, inverse]


def metric_estimates(
    order: Ints,
    week: Ints,
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
    order, week, failed, risk, weight : (n,); the week is that in which the row's order is due
    reference : (n,) probabilities of the base rate; with them, ``brier_skill`` = 1 - Brier / Brier of the reference
    """
    metrics = dict(METRICS if metrics is None else metrics)
    if reference is not None:
        metrics |= {"brier_skill": lambda f, r, w: 1 - brier(f, r, w) / brier(f, reference, w)}
    samples: dict[str, list[Floats]] = {name: [] for name in metrics}
    for times in order_weight_blocks(order, week, draws, seed):
        for name, metric in metrics.items():
            samples[name].append(metric(failed, risk, times * weight))
    return {
        name: percentiles(metric(failed, risk, weight), np.concatenate(samples[name]), level)
        for name, metric in metrics.items()
    }
