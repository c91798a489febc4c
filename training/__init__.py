"""Outcomes in, a calibrated model out. This is the front door; nothing is imported before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.change.impact import measure_impact
    from training.change.steps import change_steps
    from training.contributions.contributions import Contributions, explain
    from training.contributions.reason_table import reason_table
    from training.data.labelled import LabelledPoints
    from training.data.snapshots import Snapshots, recorded_until
    from training.evaluate.backtest import run_backtest
    from training.model.risk_model import RiskModel
    from training.promote.comparison import Incumbent, challenge
    from training.promote.gate import Verdict
    from training.promote.retraining import what_is_new
    from training.registry.registry import Registry
    from training.report.plots.beeswarm import beeswarm
    from training.report.plots.change import change_plot
    from training.report.plots.waterfall import waterfall
    from training.report.report import Report
    from training.report.summary import summarise
    from training.trainer import Trained, train, train_on

_ROOMS = {
    "Contributions": "contributions.contributions",
    "Incumbent": "promote.comparison",
    "LabelledPoints": "data.labelled",
    "Registry": "registry.registry",
    "Report": "report.report",
    "RiskModel": "model.risk_model",
    "Snapshots": "data.snapshots",
    "Trained": "trainer",
    "Verdict": "promote.gate",
    "beeswarm": "report.plots.beeswarm",
    "challenge": "promote.comparison",
    "change_plot": "report.plots.change",
    "change_steps": "change.steps",
    "explain": "contributions.contributions",
    "measure_impact": "change.impact",
    "reason_table": "contributions.reason_table",
    "recorded_until": "data.snapshots",
    "run_backtest": "evaluate.backtest",
    "summarise": "report.summary",
    "train": "trainer",
    "train_on": "trainer",
    "waterfall": "report.plots.waterfall",
    "what_is_new": "promote.retraining",
}
__all__ = [
    "Contributions",
    "Incumbent",
    "LabelledPoints",
    "Registry",
    "Report",
    "RiskModel",
    "Snapshots",
    "Trained",
    "Verdict",
    "beeswarm",
    "challenge",
    "change_plot",
    "change_steps",
    "explain",
    "measure_impact",
    "reason_table",
    "recorded_until",
    "run_backtest",
    "summarise",
    "train",
    "train_on",
    "waterfall",
    "what_is_new",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(f"training.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'training' has no attribute {name!r}")
