"""How much each signal moves the risks of later orders, and which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import catalogue
from training.data.labelled import LabelledPoints
from training.model.risk_model import RiskModel

OTHER = "other"


@dataclass(frozen=True)
class SignalImportance:
    """What a model makes of some decision points.

    Attributes
    ----------
    points : (n,) the decision points; an order counts once
    contributions : (n, n_signals) log-odds, see ``training.model.risk_model``
    """

    points: LabelledPoints
    contributions: Floats

    @classmethod
    def on(cls, model: RiskModel, points: LabelledPoints) -> SignalImportance:
        """Of a model that reads the signals of the points, in their order."""
        return cls(points, model.explain(points.signals).contributions)

    @cached_property
    def mean(self) -> dict[str, float]:
        """By signal, the strongest first: mean absolute contribution in log-odds."""
        mean = self._mean(self.contributions)
        return {self.points.names[i]: float(mean[i]) for i in np.argsort(-mean, kind="stable")}

    @cached_property
    def by_group(self) -> dict[str, float]:
        """By group of signals, the strongest first: mean absolute value of what the group's signals add together."""
        known = catalogue()
        groups = np.array([known[name].group if name in known else OTHER for name in self.points.names])
        found = {
            str(group): float(self._mean(self.contributions[:, groups == group].sum(axis=1)))
            for group in dict.fromkeys(groups)
        }
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))

    def of_set(self, names: Sequence[str]) -> float:
        """Mean absolute value of what some signals add together, in log-odds."""
        columns = [self.points.names.index(name) for name in names]
        return float(self._mean(self.contributions[:, columns].sum(axis=1)))

    def strongest(self, most: int) -> list[str]:
        """The names of so many signals; those that never move the risk are left out."""
        return [name for name, mean in self.mean.items() if mean > 0][:most]

    def of(self, name: str) -> tuple[Floats, Floats]:
        """(n,) the values of a signal, and what it adds."""
        return self.points.column(name), self.contributions[:, self.points.names.index(name)]

    def _mean(self, contributions: Floats) -> Floats:
        return np.asarray(np.average(np.abs(contributions), axis=0, weights=self.points.weight))
