"""The boosted trees: their settings, and how they are grown and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np

from features.arrays import Floats
from features.errors import InvalidRequest, with_nearest
from training.data.labelled import LabelledPoints
from training.lightgbm import HELD, UNREAD, load_lightgbm
from training.model.missing import fill_never_missing

MANY_ROWS = 50_000
MOVED_SHARE = 0.5
"""What the orders with a moved promise weigh, of what all orders weigh."""
MUST: dict[str, tuple[str, type, float, float]] = {
    "learning_rate": ("a number above 0, at most 1", Real, 1e-12, 1.0),
    "num_leaves": ("a whole number from 2 to 131072", Integral, 2, 131_072),
    "min_child_samples": ("a whole number of at least 1", Integral, 1, np.inf),
    "feature_fraction": ("a share in (0, 1]", Real, 1e-12, 1.0),
    "bagging_fraction": ("a share in (0, 1]", Real, 1e-12, 1.0),
    "lambda_l2": ("a number of at least 0", Real, 0.0, np.inf),
    "most_rounds": ("a whole number of at least 1", Integral, 1, np.inf),
    "seed": ("a whole number from 0 to 2147483647", Integral, 0, 2_147_483_647),
}
"""By setting: what it must be, in words, as a type, and between which numbers."""


class InvalidSettings(InvalidRequest, ValueError):
    """Settings with which no trees can be grown; scikit-learn knows it as a ``ValueError``."""


@dataclass(frozen=True)
class Trees:
    """LightGBM parameters: small trees, slowly; chosen on time-ordered folds inside the training part."""

    held: ClassVar[Mapping[str, int]] = HELD

    learning_rate: float = 0.03
    num_leaves: int = 7
    min_child_samples: int = 100
    feature_fraction: float = 0.5
    bagging_fraction: float = 0.8
    lambda_l2: float = 1.0
    most_rounds: int = 300
    seed: int = 7

    def __post_init__(self) -> None:
        for name, (must, kind, least, most) in MUST.items():
            value: Any = getattr(self, name)
            fits = isinstance(value, kind) and not isinstance(value, bool)
            if not fits or not least <= value <= most:
                raise InvalidSettings(f"{name} must be {must}, got {value!r}")
            object.__setattr__(self, name, int(value) if kind is Integral else float(value))

    @classmethod
    def of(cls, settings: Trees | Mapping[str, Any]) -> Trees:
        """Of settings by name, such as ``search.best_params_``, those of a pipeline's step too.

        >>> Trees.of({"riskestimator__num_leaves": np.int64(3)}).num_leaves
        3
        """
        if isinstance(settings, cls):
            return settings
        if not isinstance(settings, Mapping):
            raise InvalidSettings(
                f"trees must be settings by name, such as search.best_params_, or Trees, got {type(settings).__name__}"
            )
        named = {str(name).rpartition("__")[2]: value for name, value in settings.items()}
        known = [setting.name for setting in fields(cls)]
        unknown = [name for name in named if name not in known]
        if unknown:
            got = ", ".join(with_nearest(name, known) for name in unknown)
            raise InvalidSettings(f"trees must be settings of {', '.join(known)}, got {got}")
        return cls(**named)

    def lightgbm(self, rows: int, names: list[str]) -> dict[str, Any]:
        """As LightGBM names them; repeatable bit for bit. Few rows are not worth a second thread.

        By column: the same trees in less time.
        """
        own = asdict(self) | {"feature_contri": [0.0 if name in UNREAD else 1.0 for name in names]}
        own["monotone_constraints"] = [self.held.get(name, 0) for name in names]
        own.pop("most_rounds")
        fixed = {"objective": "binary", "bagging_freq": 1, "verbosity": -1, "num_threads": 1 if rows < MANY_ROWS else 2}
        return own | fixed | {"deterministic": True, "force_col_wise": True}


class PartialTrees(Trees):
    """Of partial among missed or partial: which way a signal moves that is not known, so none is held."""

    held: ClassVar[Mapping[str, int]] = {}


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
