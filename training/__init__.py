"""Outcomes in, a calibrated model out. This is the front door; nothing is imported before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.data.labelled import LabelledPoints
    from training.data.snapshots import Snapshots
    from training.evaluate.backtest import backtest
    from training.model.risk_model import RiskModel
    from training.registry.registry import Registry
    from training.report.report import Report
    from training.trainer import Trained, train, train_on

__all__ = ["LabelledPoints", "Registry", "Report", "RiskModel", "Snapshots", "Trained", "backtest", "train", "train_on"]
_MODULES = {
    "LabelledPoints": "training.data.labelled",
    "Registry": "training.registry.registry",
    "Report": "training.report.report",
    "RiskModel": "training.model.risk_model",
    "Snapshots": "training.data.snapshots",
    "Trained": "training.trainer",
    "backtest": "training.evaluate.backtest",
    "train": "training.trainer",
    "train_on": "training.trainer",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'training' has no attribute {name!r}")
