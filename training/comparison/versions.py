"""Two versions of a model beside each other, on orders that are new to both."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from features.arrays import Floats
from features.progress import Progress, no_progress
from training.comparison.orders import DifferingOrder, list_differing
from training.comparison.rows import ComparedModel, RowCounts, SharedRows
from training.comparison.scope import notes_on, require_comparable
from training.comparison.wording import Judgement, judge
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.evaluate.evaluation import slices_of
from training.metrics.paired import PairedEstimate, paired_estimates
from training.promote.comparison import risk_as_served
from training.promote.gate import paired_gain


@dataclass(frozen=True)
class ComparedSlice:
    """Some of the rows: all of them, those of a plant, or those so many days before the promise.

    ``metrics`` are by name, see ``training.metrics.scores``.
    """

    name: str
    orders: int
    rows: int
    failure_share: float
    metrics: dict[str, PairedEstimate]

    @classmethod
    def of(cls, name: str, points: LabelledPoints, first: Floats, second: Floats, draws: int) -> ComparedSlice:
        metrics = paired_estimates(points.order, points.week, points.failed, points.weight, first, second, draws=draws)
        share = float((points.failed * points.weight).sum() / points.weight.sum())
        return cls(name, points.n_orders, len(points), share, metrics)

    def judged_as_by_the_gate(self, points: LabelledPoints, first: Floats, second: Floats) -> ComparedSlice:
        """With the interval of the gate around the gain of the Brier score, so that both say the same of it."""
        gain = paired_gain(points.order, points.week, points.failed, points.weight, first, second)
        return replace(self, metrics=self.metrics | {"brier": replace(self.metrics["brier"], gain=gain)})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ModelComparison:
    """What a comparison found.

    Attributes
    ----------
    counts : which rows judged, and what was left out and why
    points, risks : (n,) those rows, and the risks of both on them
    slices : all rows first, then by plant, by days to promise, and those on which nobody stepped in
    orders : those on which both differ most
    notes : what a reader must know beside the figures
    """

    models: tuple[ComparedModel, ComparedModel]
    counts: RowCounts
    points: LabelledPoints
    risks: tuple[Floats, Floats]
    slices: list[ComparedSlice]
    orders: list[DifferingOrder]
    notes: list[str]

    @property
    def whole(self) -> ComparedSlice:
        return self.slices[0]

    @property
    def judgement(self) -> Judgement:
        """Which is better, if one is, in plain words."""
        names = self.models[0].name, self.models[1].name
        parts = {one.name: one.metrics["brier"] for one in self.slices[1:]}
        return judge(names, self.whole.metrics, self.counts.orders, self.counts.failures, parts)

    def to_json(self) -> dict[str, Any]:
        first, second = self.models
        return {
            "first": first.to_json(),
            "second": second.to_json(),
            "rows": self.counts.to_json(),
            "notes": self.notes,
            "verdict": asdict(self.judgement),
            "slices": [one.to_json() for one in self.slices],
            "orders": [asdict(one) for one in self.orders],
        }


def compare_models(
    snapshots: Snapshots,
    events: pd.DataFrame,
    first: ComparedModel,
    second: ComparedModel,
    draws: int = 500,
    progress: Progress = no_progress,
) -> ModelComparison:
    """Judge two models on the same matured rows, which neither has learned from, as a service would have scored them.

    Raises ``InvalidRequest`` where no row is left, or where their risks do not speak of the same.

    Parameters
    ----------
    events : the table that the snapshots were made of
    draws : bootstrap draws of the intervals
    """
    models = first, second
    require_comparable(models)
    progress("finding the orders that are new to both", 0, 0)
    shared = SharedRows.of(snapshots, models)
    points = shared.points
    risks = (
        risk_as_served(first.model, snapshots, points, shared.after),
        risk_as_served(second.model, snapshots, points, shared.after),
    )
    progress("comparing them", 0, 0)
    slices = [
        ComparedSlice.of(name, points.take(rows), risks[0][rows], risks[1][rows], draws)
        for name, rows in slices_of(points)
    ]
    orders = list_differing(points, snapshots.history, models, risks)
    slices[0] = slices[0].judged_as_by_the_gate(points, *risks)
    return ModelComparison(models, shared.counts, points, risks, slices, orders, notes_on(models, events))
