"""Ranges that hold what they say: four of five orders ship within them, by how near the promise is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Floats, Ints, Mask
from training.ship_date.curve import BEYOND, ShipCurves

COVERED = 0.8
"""The share of orders that ship within the range."""
EDGES = (4.0, 8.0, 15.0)
"""Days to the promise at which another range begins; late orders have one of their own."""
BUCKETS = ("late", "up to 3 days", "4 to 7 days", "8 to 14 days", "15 days or more")
TAILS = np.round(np.arange(0.02, 0.355, 0.01), 2)
"""Shares left out on either side that are tried."""
OWN = 0.5
"""How far a bucket is believed as it stands; for the rest it is like all of them."""
FITTED = 0.75
"""How far the latest months are believed, which may be calmer than the next; for the rest the curves are."""
NOMINAL = (1 - COVERED) / 2


@dataclass(frozen=True)
class Ranges:
    """The share that is left out below and above, by bucket."""

    tails: tuple[float, ...] = (NOMINAL,) * len(BUCKETS)

    @classmethod
    def fit(cls, curves: ShipCurves, shipped: Ints, bucket: Ints, weight: Floats) -> Ranges:
        """Tails three quarters of the way from a tenth to those that cover ``COVERED`` of orders not seen before.

        Parameters
        ----------
        shipped : (n,) the day each order shipped
        bucket : (n,) place in ``BUCKETS``
        weight : (n,) of each look
        """
        if not len(shipped):
            return cls()
        inside = np.stack([is_covered(*ends(curves, np.full(len(shipped), tail)), shipped) for tail in TAILS])
        whole = np.average(inside, axis=1, weights=weight)
        tails = []
        for place in range(len(BUCKETS)):
            rows = bucket == place
            own = np.average(inside[:, rows], axis=1, weights=weight[rows]) if rows.any() else whole
            covered = OWN * own + (1 - OWN) * whole
            best = TAILS[np.argmin(np.abs(covered - COVERED))]
            tails.append(float(FITTED * best + (1 - FITTED) * NOMINAL))
        return cls(tuple(tails))

    def of(self, curves: ShipCurves, bucket: Ints) -> tuple[Ints, Ints]:
        """(n,) first and last day of each order's range; ``BEYOND`` the days that were asked about."""
        return ends(curves, np.array(self.tails)[bucket])

    def to_json(self) -> list[float]:
        return list(self.tails)

    @classmethod
    def from_json(cls, content: list[Any]) -> Ranges:
        return cls(tuple(float(tail) for tail in content))


def buckets(late: Mask, days_to_promise: Ints) -> Ints:
    """(n,) the place in ``BUCKETS`` of orders so many days before their promise.

    >>> buckets(np.array([True, False, False]), np.array([-2, 3, 15])).tolist()
    [0, 1, 4]
    """
    return np.where(late, 0, 1 + np.searchsorted(EDGES, days_to_promise, side="right"))


def ends(curves: ShipCurves, tail: Floats) -> tuple[Ints, Ints]:
    """(n,) the days by which so much has shipped, and so much is left."""
    return curves.quantile(tail), curves.quantile(1.0 - tail)


def is_covered(first: Ints, last: Ints, shipped: Ints) -> Mask:
    """(n,) whether a day lies within a range."""
    return np.asarray((first != BEYOND) & (shipped >= first) & ((shipped <= last) | (last == BEYOND)))
