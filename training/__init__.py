"""Outcomes in, a calibrated model out. This is the front door; nothing is imported before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.change.impact import measure_impact
    from training.change.steps import change_steps
    from training.comparison.ablation import Ablation, ablate
    from training.comparison.rows import ComparedModel
    from training.comparison.versions import ModelComparison, compare_models
    from training.contributions.contributions import Contributions, explain
    from training.contributions.reason_table import reason_table
    from training.data.labelled import LabelledPoints
    from training.data.snapshots import Snapshots, recorded_until
    from training.estimator.estimator import RiskEstimator
    from training.estimator.splitter import OrderTimeSeriesSplit
    from training.estimator.table import signals_of, training_table
    from training.evaluate.backtest import run_backtest
    from training.model.risk_model import RiskModel
    from training.promote.comparison import Incumbent, challenge
    from training.promote.external import JudgedClassifier, judge_classifier
    from training.promote.gate import Verdict
    from training.promote.retraining import what_is_new
    from training.registry.registry import Registry
    from training.report.plots.beeswarm import beeswarm
    from training.report.plots.change import change_plot
    from training.report.plots.waterfall import waterfall
    from training.report.report import Report, render_classifier
    from training.report.summary import summarise
    from training.trainer import Trained, train, train_on

_ROOMS = {
    "Ablation": "comparison.ablation",
    "ComparedModel": "comparison.rows",
    "Contributions": "contributions.contributions",
    "Incumbent": "promote.comparison",
    "JudgedClassifier": "promote.external",
    "LabelledPoints": "data.labelled",
    "ModelComparison": "comparison.versions",
    "OrderTimeSeriesSplit": "estimator.splitter",
    "Registry": "registry.registry",
    "Report": "report.report",
    "RiskEstimator": "estimator.estimator",
    "RiskModel": "model.risk_model",
    "Snapshots": "data.snapshots",
    "Trained": "trainer",
    "Verdict": "promote.gate",
    "ablate": "comparison.ablation",
    "beeswarm": "report.plots.beeswarm",
    "challenge": "promote.comparison",
    "change_plot": "report.plots.change",
    "change_steps": "change.steps",
    "compare_models": "comparison.versions",
    "explain": "contributions.contributions",
    "judge_classifier": "promote.external",
    "measure_impact": "change.impact",
    "reason_table": "contributions.reason_table",
    "recorded_until": "data.snapshots",
    "render_classifier": "report.report",
    "run_backtest": "evaluate.backtest",
    "signals_of": "estimator.table",
    "summarise": "report.summary",
    "train": "trainer",
    "train_on": "trainer",
    "training_table": "estimator.table",
    "waterfall": "report.plots.waterfall",
    "what_is_new": "promote.retraining",
}
__all__ = [
    "Ablation",
    "ComparedModel",
    "Contributions",
    "Incumbent",
    "JudgedClassifier",
    "LabelledPoints",
    "ModelComparison",
    "OrderTimeSeriesSplit",
    "Registry",
    "Report",
    "RiskEstimator",
    "RiskModel",
    "Snapshots",
    "Trained",
    "Verdict",
    "ablate",
    "beeswarm",
    "challenge",
    "change_plot",
    "change_steps",
    "compare_models",
    "explain",
    "judge_classifier",
    "measure_impact",
    "reason_table",
    "recorded_until",
    "render_classifier",
    "run_backtest",
    "signals_of",
    "summarise",
    "train",
    "train_on",
    "training_table",
    "waterfall",
    "what_is_new",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(f"training.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'training' has no attribute {name!r}")
