"""What a run of MLflow holds as figures: the metrics of a training, of a backtest and of each stretch of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.evaluate.backtest import Stretch
from training.evaluate.evaluation import MODEL, Evaluation, Slice
from training.evaluate.ship_dates import ShipDateEvaluation

PLANNER_FIGURES = ("caught", "in_time", "warning_days", "false_alarms_per_catch")
STRETCH_FIGURES = ("roc_auc", "brier_skill", "calibration_error")


def training_metrics(evaluation: Evaluation) -> dict[str, float]:
    """By name: every metric of every model on all test rows, and what a planner gets with so many looks."""
    metrics = slice_metrics(evaluation.whole)
    for model, by_looks in evaluation.worklist_metrics.items():
        for entry in by_looks:
            for figure in PLANNER_FIGURES:
                metrics[f"{_prefix(model)}{figure}_at_{entry.looks}"] = getattr(entry, figure).value
    return only_finite(metrics | ({} if evaluation.ship_dates is None else ship_date_metrics(evaluation.ship_dates)))


def ship_date_metrics(found: ShipDateEvaluation) -> dict[str, float]:
    """By name: the CRPS of every model, days, what the model is ahead by, and how often its range holds."""
    metrics = {f"{_prefix(model)}ship_date.crps": estimate.value for model, estimate in found.crps.items()}
    ahead, covered = found.ahead[found.best_baseline], found.covered
    metrics |= {} if covered is None else {"ship_date.covered": covered.value}
    metrics |= {"ship_date.ahead": ahead.value, "ship_date.ahead.low": ahead.low, "ship_date.ahead.high": ahead.high}
    metrics |= {f"ship_date.covered.{part.name.replace(' ', '_')}": part.covered.value for part in found.coverage[1:]}
    return metrics | {
        "ship_date.integrated_brier": found.integrated_brier[MODEL].value,
        "ship_date.days_off": found.error[MODEL],
    }


def slice_metrics(rows: Slice) -> dict[str, float]:
    """By name: every metric of every model on some rows, the model's with its interval."""
    metrics: dict[str, float] = {"test_orders": rows.orders, "test_failure_share": rows.failure_share}
    for model, estimates in rows.estimates.items():
        for metric, estimate in estimates.items():
            metrics[f"{_prefix(model)}{metric}"] = estimate.value
            if model == MODEL:
                metrics[f"{metric}.low"], metrics[f"{metric}.high"] = estimate.low, estimate.high
    return only_finite(metrics)


def stretch_metrics(stretch: Stretch) -> dict[str, float]:
    """By name: how far risks had moved on a stretch of a backtest, and how good the model was on what matured."""
    metrics = {"stretch.score_drift": stretch.drift.scores, "stretch.not_due": float(stretch.not_due)}
    if stretch.slice is not None and stretch.expected is not None:
        estimates = stretch.slice.estimates[MODEL]
        metrics |= {f"stretch.{name}": estimates[name].value for name in STRETCH_FIGURES}
        metrics |= {"stretch.foretold": stretch.expected.foretold, "stretch.came": stretch.expected.came.value}
    return only_finite(metrics)


def only_finite(figures: dict[str, float]) -> dict[str, float]:
    """The figures that are numbers.

    >>> only_finite({"roc_auc": 0.8, "brier": float("nan")})
    {'roc_auc': 0.8}
    """
    return {name: value for name, value in figures.items() if np.isfinite(value)}


def json_ready(content: Any) -> Any:
    """The content with null for NaN and infinity, which JSON does not have.

    >>> json_ready({"skill": [float("nan"), 0.5]})
    {'skill': [None, 0.5]}
    """
    if isinstance(content, dict):
        return {key: json_ready(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [json_ready(value) for value in content]
    return None if isinstance(content, float) and not np.isfinite(content) else content


def _prefix(model: str) -> str:
    return "" if model == MODEL else f"{model.replace(' ', '_')}."
