"""Two models on the same rows: what makes a row hard for both does not count.

Both are judged on the same draws of weeks and orders (``training.metrics.bootstrap``), and the difference is taken draw
by draw. Efron & Tibshirani (1993), An introduction to the bootstrap, 8.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from training.metrics.bootstrap import LEVEL, Estimate, order_weight_blocks, percentiles
from training.metrics.scores import METRICS, Metric

LESS_IS_BETTER = frozenset({"brier", "log_loss", "calibration_error"})
BETTER, WORSE, ALIKE = "better", "worse", "alike"


@dataclass(frozen=True)
class PairedEstimate:
    """One metric of two models.

    Attributes
    ----------
    first, second : of each alone
    gain : by how much the second is better, in the metric's unit, whether less of it is better or more; its interval
        is of the differences on the same draws, and narrower than those of both alone would let one think
    """

    first: Estimate
    second: Estimate
    gain: Estimate

    @property
    def standing(self) -> str:
        """Whether the second is better, worse, or no more apart from the first than chance gives."""
        return BETTER if self.gain.low > 0 else WORSE if self.gain.high < 0 else ALIKE


def paired_estimates(
    order: Ints,
    week: Ints,
    failed: Floats,
    weight: Floats,
    first: Floats,
    second: Floats,
    draws: int = 500,
    seed: int = 7,
    level: float = LEVEL,
    metrics: dict[str, Metric] | None = None,
) -> dict[str, PairedEstimate]:
    """Every metric (or those given) of two models on the same rows, with intervals.

    Parameters
    ----------
    order, week, failed, weight, first, second : (n,); the week is that in which the row's order is due, and ``first``
        and ``second`` are the probabilities of the models
    """
    metrics = METRICS if metrics is None else metrics
    samples: dict[str, list[Floats]] = {name: [] for name in metrics}
    for times in order_weight_blocks(order, week, draws, seed):
        for name, metric in metrics.items():
            samples[name].append(np.stack([metric(failed, risk, times * weight) for risk in (first, second)]))
    return {
        name: _paired(name, np.array([float(metric(failed, risk, weight)) for risk in (first, second)]), drawn, level)
        for name, metric in metrics.items()
        for drawn in [np.concatenate(samples[name], axis=1)]
    }


def _paired(name: str, values: Floats, drawn: Floats, level: float) -> PairedEstimate:
    """Of the values (2,) of a metric and those of the draws (2, draws)."""
    sign = -1.0 if name in LESS_IS_BETTER else 1.0
    first, second = (percentiles(value, samples, level) for value, samples in zip(values, drawn, strict=True))
    return PairedEstimate(
        first, second, percentiles(sign * (values[1] - values[0]) + 0.0, sign * (drawn[1] - drawn[0]) + 0.0, level)
    )
