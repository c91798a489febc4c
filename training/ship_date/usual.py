"""How orders usually ship around their promise: the hazards that trees begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logit

from features.arrays import Floats, Ints, Mask

REACH = 200
"""Days before and after the promise that are told apart."""
NEAR = (0, 1, 3, 5, 8, 11, 15, 22, 31, 46, 91)
"""Days to the promise at which orders are no longer about as near."""
OF_ALL, OF_NEAR = 20.0, 200.0
"""So many looks the hazard of any day weighs against that of a day, and that against the day's of orders as near."""
LEAST, MOST = 1e-5, 0.98


@dataclass(frozen=True)
class UsualHazards:
    """Log-odds to ship on a day, by how many days before or after the promise it is, and how near that was when asked.

    Attributes
    ----------
    log_odds : (len(NEAR) + 1, 2 * REACH + 1)
    """

    log_odds: Floats

    @classmethod
    def of(cls, days_to_promise: Ints, after_promise: Ints, ships: Mask, weight: Floats) -> UsualHazards:
        """From days on which orders had not shipped before.

        Parameters
        ----------
        days_to_promise : (n_days,) of the order when it was looked at
        after_promise : (n_days,) how many days after the promise each lies
        ships : (n_days,) whether the order shipped on it
        weight : (n_days,)
        """
        place = _places(days_to_promise, after_promise)
        waited, shipped = np.zeros((2, len(NEAR) + 1, 2 * REACH + 1))
        np.add.at(waited, place, weight)
        np.add.at(shipped, place, weight * ships)
        any_day = shipped.sum() / max(waited.sum(), 1e-9)
        of_day = (shipped.sum(axis=0) + OF_ALL * any_day) / (waited.sum(axis=0) + OF_ALL)
        hazard = (shipped + OF_NEAR * of_day) / (waited + OF_NEAR)
        return cls(logit(hazard.clip(LEAST, MOST)))

    def at(self, days_to_promise: Ints, after_promise: Ints) -> Floats:
        """(n_days,) log-odds."""
        return np.asarray(self.log_odds[_places(days_to_promise, after_promise)])

    def to_json(self) -> list[list[float]]:
        return [[float(value) for value in row] for row in self.log_odds]

    @classmethod
    def from_json(cls, content: list[Any]) -> UsualHazards:
        return cls(np.array(content, dtype=np.float64).reshape(len(NEAR) + 1, 2 * REACH + 1))


def _places(days_to_promise: Ints, after_promise: Ints) -> tuple[Ints, Ints]:
    return np.searchsorted(NEAR, days_to_promise, side="right"), after_promise.clip(-REACH, REACH) + REACH
