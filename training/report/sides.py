"""The sides of a judgement: what a model learned from, was calibrated on and was judged on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data.labelled import LabelledPoints
from training.data.split import FEWEST_ORDERS, folds_by_time
from training.model.cross_fit import FOLDS
from training.trainer import Trained


@dataclass(frozen=True)
class Side:
    """Decision points of one side; ``begin`` and ``end`` in microseconds, of the first and the last."""

    name: str
    orders: int
    rows: int
    failure_share: float
    begin: int
    end: int

    @classmethod
    def of(cls, name: str, points: LabelledPoints) -> Side:
        """Of at least one decision point."""
        share = float((points.failed * points.weight).sum() / points.weight.sum())
        return cls(name, points.n_orders, len(points), share, int(points.as_of.min()), int(points.as_of.max()))


def list_sides(trained: Trained) -> list[Side]:
    """The sides of the twin that was judged. What calibrates teaches trees too, other ones than it calibrates."""
    learned = trained.twin.learned
    first = next(folds_by_time(learned, FOLDS, FEWEST_ORDERS / (FOLDS + 1)))
    calibration = learned.take((learned.as_of > first.at) & ~np.isin(learned.order, first.earlier.order))
    named = {"trees": learned, "calibration": calibration, "test": trained.evaluation.test}
    return [Side.of(name, points) for name, points in named.items() if len(points)]
