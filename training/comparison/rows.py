"""Which rows may judge two models: those that neither has learned from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.arrays import Ints
from features.errors import InvalidRequest
from features.times import isoformat, micros
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots
from training.model.risk_model import RiskModel


@dataclass(frozen=True)
class ComparedModel:
    """A model and the name by which it is spoken of, such as ``order-risk@3``."""

    name: str
    model: RiskModel

    @property
    def trained_until(self) -> int:
        """Microseconds; what it has learned from was known by then."""
        return micros(str(self.model.about["trained_until"]))

    @property
    def zone(self) -> str:
        """Of the plant whose calendar it was trained with."""
        return str(self.model.about.get("zone", "UTC"))

    def learned_from(self, snapshots: Snapshots) -> Ints:
        """(n_orders,) the orders of which it knew an outcome, at the decision points that it was trained on."""
        scheme = str(self.model.about.get("decision_points", snapshots.scheme))
        return snapshots.with_scheme(scheme).settled_orders(self.trained_until)

    def to_json(self) -> dict[str, Any]:
        about = self.model.about
        fields = ("trained_until", "orders", "rounds", "features_hash", "events_fingerprint", "outcome_policy_hash")
        return {"name": self.name, "signals": len(self.model.names)} | {key: about.get(key) for key in fields}


@dataclass(frozen=True)
class RowCounts:
    """What became of the orders with an outcome; ``seen + too_early + orders`` is ``matured``.

    Attributes
    ----------
    after, until : ISO 8601; rows looked at in between judge, outcomes are those known at the end
    matured : orders with an outcome known at the end
    seen_by : by model, those of which it knew an outcome when it was trained
    seen : those of which either did
    too_early : those that were looked at only before the later of both trainings
    orders, rows, failures : what is left: orders new to both, the looks at them, and the orders that failed
    unsettled : decision points that have no outcome yet, or were cancelled
    """

    after: str
    until: str
    matured: int
    seen_by: dict[str, int]
    seen: int
    too_early: int
    orders: int
    rows: int
    failures: int
    unsettled: int

    def __str__(self) -> str:
        by_model = ", ".join(f"{name} {count:,}" for name, count in self.seen_by.items())
        return (
            f"Judged on {self.orders:,} orders ({self.rows:,} decision points, {self.failures:,} orders failed) looked "
            f"at after {self.after[:16]}. Of {self.matured:,} orders with an outcome by {self.until[:16]}, "
            f"{self.seen:,} are left out because a model learned from them ({by_model}), and {self.too_early:,} as "
            f"they were looked at only before both were trained; {self.unsettled:,} decision points have no outcome."
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SharedRows:
    """Decision points (n,) that are new to both models, and what was left out."""

    points: LabelledPoints
    after: int
    counts: RowCounts

    @classmethod
    def of(cls, snapshots: Snapshots, models: tuple[ComparedModel, ComparedModel]) -> SharedRows:
        """Those that matured after the later training. Raises ``InvalidRequest`` where none is left."""
        after = max(one.trained_until for one in models)
        seen_by = {one.name: one.learned_from(snapshots) for one in models}
        points = snapshots.matured_after(after)
        points = points.take(~np.isin(points.order, np.concatenate(list(seen_by.values()))))
        counts = _count(snapshots, seen_by, after, points)
        if not len(points):
            raise InvalidRequest(
                "two models are compared on orders that neither has learned from, got none. "
                f"{counts} Give events that reach further than {counts.after[:10]}, or train both on less: "
                "shiprisk train --until"
            )
        return cls(points, after, counts)


def _count(snapshots: Snapshots, learned: dict[str, Ints], after: int, points: LabelledPoints) -> RowCounts:
    whole, labels = snapshots.labelled(moves=False)
    matured, left = np.unique(whole.order), np.unique(points.order)
    seen_by = {name: np.intersect1d(matured, orders) for name, orders in learned.items()}
    seen = np.setdiff1d(np.unique(np.concatenate(list(seen_by.values()))), left)
    return RowCounts(
        after=str(isoformat(after)),
        until=str(isoformat(snapshots.until)),
        matured=len(matured),
        seen_by={name: len(orders) for name, orders in seen_by.items()},
        seen=len(seen),
        too_early=len(matured) - len(seen) - len(left),
        orders=len(left),
        rows=len(points),
        failures=len(np.unique(points.order[points.failed == 1])),
        unsettled=labels.unsettled + labels.cancelled,
    )
