"""The model beside its baselines on orders it has not seen, with intervals and by part."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.times import isoformat
from training.baselines import BASELINES
from training.calibration import Floats
from training.intervals import Estimate, metric_estimates
from training.metrics import brier
from training.model import RiskModel
from training.points import LabelledPoints

MODEL = "model"
DAYS_TO_PROMISE = (0.0, 2.0, 5.0, 10.0, 20.0, np.inf)
FEWEST_ORDERS = 20
NEARLY_ALL = 0.95
"""A part of so many of the rows says nothing the whole does not."""


@dataclass(frozen=True)
class Part:
    """Some of the test rows, judged: by model and metric."""

    name: str
    orders: int
    rows: int
    failure_share: float
    estimates: dict[str, dict[str, Estimate]]
    brier_skill: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """All test rows first, then by plant and by days to promise. ``risks`` are (n_test,) by model."""

    tested_after: str
    parts: list[Part]
    risks: dict[str, Floats]
    test: LabelledPoints

    @property
    def whole(self) -> Part:
        return self.parts[0]

    def summary(self) -> dict[str, Any]:
        """The model's figures on all test rows: value, low, high; what a model carries with it."""
        figures = {name: [e.value, e.low, e.high] for name, e in self.whole.estimates[MODEL].items()}
        return figures | {
            "brier_skill": self.whole.brier_skill[MODEL],
            "failure_share": self.whole.failure_share,
            "orders": self.whole.orders,
            "after": self.tested_after,
        }

    def to_json(self) -> dict[str, Any]:
        return {"tested_after": self.tested_after, "parts": [asdict(part) for part in self.parts]}


def evaluate(
    model: RiskModel, earlier: LabelledPoints, test: LabelledPoints, tested_after: int, draws: int = 500
) -> Evaluation:
    """Judge a model fitted on ``earlier`` on ``test``, beside every baseline fitted on the same."""
    risks: dict[str, Floats] = {MODEL: model.predict(test.signals).risk}
    for name, baseline in BASELINES.items():
        risks[name] = baseline(earlier)(test)
    everything = np.ones(len(test), dtype=bool)
    parts = [_judge("all", everything, test, risks, draws, list(risks))]
    for name, rows in _parts_of(test):
        if len(np.unique(test.order[rows])) >= FEWEST_ORDERS:
            parts.append(_judge(name, rows, test, risks, draws, [MODEL]))
    return Evaluation(str(isoformat(tested_after)), parts, risks, test)


def _parts_of(test: LabelledPoints) -> list[tuple[str, NDArray[np.bool_]]]:
    by_plant = [(f"plant {plant}", test.plant == plant) for plant in sorted(set(test.plant)) if plant]
    days = test.days_to_promise
    by_days = [
        (f"{low:g} to {high:g} days to promise" if np.isfinite(high) else f"over {low:g} days to promise", rows)
        for low, high in itertools.pairwise(DAYS_TO_PROMISE)
        if (rows := (days >= low) & (days < high)).any()
    ]
    return [(name, rows) for name, rows in by_plant + by_days if rows.mean() < NEARLY_ALL]


def _judge(
    name: str, rows: NDArray[np.bool_], test: LabelledPoints, risks: dict[str, Floats], draws: int, models: list[str]
) -> Part:
    part = test.take(rows)
    failed, weight = part.failed, part.weight
    estimates = {
        model: metric_estimates(part.order, failed, risks[model][rows], weight, draws=draws) for model in models
    }
    reference = float(brier(failed, risks["base rate"][rows], weight))
    skill = {model: 1 - estimates[model]["brier"].value / reference for model in models}
    share = float(np.average(failed, weights=weight))
    return Part(name, part.n_orders, len(part), share, estimates, skill)
