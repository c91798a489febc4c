"""Has the world moved away from what a model learned from?

The population stability index compares two distributions over the deciles of the first; missing values are a bin of
their own. Below 0.1 nothing much has changed, above 0.25 a lot has. Siddiqi (2006), Credit risk scorecards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from training.data.labelled import LabelledPoints
from training.metrics.bootstrap import Estimate, metric_estimates, percentiles
from training.metrics.scores import Metric, failure_share

LARGE_SHIFT = 0.25
WEIGHTY = 0.01
"""Only signals that brought so much of a model's gain are watched."""
BINS = 10
CHANCES = 200
LEAST = 1e-3
"""No bin is taken to be emptier, so that one row cannot make an index infinite."""


def stability_index(before: Floats, now: Floats, before_weight: Floats, now_weight: Floats) -> float:
    """Population stability index of values (n,) against those learned from (m,); 0 where nothing has moved.

    >>> same = np.arange(100.0)
    >>> round(stability_index(same, same, np.ones(100), np.ones(100)), 6)
    0.0
    """
    if not len(before) or not len(now):
        return float("nan")
    finite = before[~np.isnan(before)]
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, BINS + 1)[1:-1])) if len(finite) else np.zeros(0)
    then, later = (_shares(*side, edges) for side in ((before, before_weight), (now, now_weight)))
    return float(np.sum((later - then) * np.log(later / then)))


def _shares(values: Floats, weight: Floats, edges: Floats) -> Floats:
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
    share = np.bincount(bins, weight, minlength=len(edges) + 2) / weight.sum()
    return np.asarray(np.maximum(share, LEAST))


@dataclass(frozen=True)
class Drift:
    """What has moved, largest first.

    Attributes
    ----------
    signals : (name, index) of the signals that were compared
    scores : index of the risks
    """

    signals: list[tuple[str, float]]
    scores: float

    @property
    def large_shifts(self) -> list[tuple[str, float]]:
        """(name, index) of the signals that moved a lot, largest first."""
        return [entry for entry in self.signals if entry[1] > LARGE_SHIFT]

    @classmethod
    def between(
        cls, learned: LabelledPoints, now: LabelledPoints, learned_risk: Floats, risk: Floats, names: list[str]
    ) -> Drift:
        """Of decision points now against those learned from; ``names`` are the signals looked at."""
        weights = learned.weight, now.weight
        indices = [(name, stability_index(learned.column(name), now.column(name), *weights)) for name in names]
        ranked = sorted(indices, key=lambda entry: (-np.nan_to_num(entry[1], nan=-1.0), entry[0]))
        return cls(ranked, stability_index(learned_risk, risk, *weights))


@dataclass(frozen=True)
class CalibrationInTheLarge:
    """Failures that came against failures that were foretold, as shares of the orders. Cox (1958).

    Attributes
    ----------
    foretold : mean risk
    came : share that failed; the interval redraws weeks
    by_chance : the shares that risks which are exactly right would show, middle 95 %
    """

    foretold: float
    came: Estimate
    by_chance: Estimate

    @classmethod
    def of(cls, points: LabelledPoints, risk: Floats, draws: int = 500) -> CalibrationInTheLarge:
        """Of matured decision points and their risks (n,)."""
        foretold = float(np.average(risk, weights=points.weight))
        metrics: dict[str, Metric] = {"came": failure_share}
        estimates = metric_estimates(
            points.order, points.week, points.failed, risk, points.weight, draws, metrics=metrics
        )
        shares = [float(np.average(failed, weights=points.weight)) for failed in failures_by_chance(points, risk)]
        return cls(foretold, estimates["came"], percentiles(foretold, np.array(shares)))

    @property
    def is_off(self) -> bool:
        """More or fewer came than risks that are exactly right would show."""
        return not self.by_chance.low <= self.came.value <= self.by_chance.high


def failures_by_chance(points: LabelledPoints, risk: Floats, draws: int = CHANCES, seed: int = 7) -> Iterator[Floats]:
    """(n,) outcomes drawn from the risks, with one luck an order, so many times."""
    _, order = np.unique(points.order, return_inverse=True)
    generator = np.random.default_rng(seed)
    for _ in range(draws):
        yield (generator.random(order.max() + 1)[order] < risk).astype(np.float64)
