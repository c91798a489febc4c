"""The boosted trees: their settings, and how they are grown and read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.arrays import Floats
from training.data.labelled import LabelledPoints
from training.lightgbm import UNREAD, load_lightgbm
from training.model.missing import fill_never_missing

MANY_ROWS = 50_000
MOVED_SHARE = 0.5
"""What the orders with a moved promise weigh, of what all orders weigh."""


@dataclass(frozen=True)
class Trees:
    """LightGBM parameters: small trees, slowly; chosen on time-ordered folds inside the training part."""

    learning_rate: float = 0.03
    num_leaves: int = 7
    min_child_samples: int = 100
    feature_fraction: float = 0.5
    bagging_fraction: float = 0.8
    lambda_l2: float = 1.0
    most_rounds: int = 300
    seed: int = 7

    def lightgbm(self, rows: int, names: list[str]) -> dict[str, Any]:
        """As LightGBM names them; repeatable bit for bit. Few rows are not worth a second thread."""
        own = asdict(self) | {"feature_contri": [0.0 if name in UNREAD else 1.0 for name in names]}
        own.pop("most_rounds")
        fixed = {"objective": "binary", "bagging_freq": 1, "verbosity": -1, "num_threads": 1 if rows < MANY_ROWS else 2}
        return own | fixed | {"deterministic": True, "force_row_wise": True}


def boost(points: LabelledPoints, target: Floats, trees: Trees, rounds: int) -> Any:
    """LightGBM's booster of a target (n,) in {0, 1}, of so many trees."""
    return load_lightgbm().train(trees.lightgbm(len(points), points.names), tree_dataset(points, target), rounds)


def tree_dataset(points: LabelledPoints, target: Floats, reference: Any = None) -> Any:
    """LightGBM's dataset of points and a target (n,), with the points' moved promises beside them."""
    signals, weight, moved = points.signals, points.evidence, points.moved
    if moved is not None and len(moved):
        signals = np.vstack([signals, moved.signals])
        target = np.concatenate([target, moved.failed])
        weight = np.concatenate([weight, np.full(len(moved), MOVED_SHARE * points.n_orders / len(moved))])
    return load_lightgbm().Dataset(signals, target, weight=weight, feature_name=points.names, reference=reference)


def raw_scores(booster: Any, learned: LabelledPoints, signals: Floats, rounds: int | None = None) -> Floats:
    """(n,) raw scores of (n, n_signals) signals by trees of other orders, whose medians stand for what is missing."""
    if not len(signals):
        return np.zeros(0)
    read = fill_never_missing(signals, learned.signals, learned.weight)
    return np.asarray(booster.predict(read, raw_score=True, num_iteration=rounds))
