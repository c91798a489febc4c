"""The distribution of a ship date, bent so that at the promise it is one minus the risk; its quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.jit import compiled
from training.ship_date.days import Days

BEYOND = -1
"""Stands for a day after the last that was asked about."""


@dataclass(frozen=True)
class ShipCurves:
    """P(everything has shipped by a day) of ``n`` orders; between two of an order's days it does not change.

    Attributes
    ----------
    days : the days on which each order can leave
    shipped_by : (n_days,) probabilities in [0, 1], never falling within an order
    """

    days: Days
    shipped_by: Floats

    def __len__(self) -> int:
        return len(self.days.first) - 1

    def by_day(self, day: Ints) -> Floats:
        """(n,) the probability that each order has shipped by a day of its own, days since 1970-01-01."""
        return _by_day(*self.days, self.shipped_by, day)

    def quantile(self, share: Floats) -> Ints:
        """(n,) the first day by which each order has shipped with a probability of its own; ``BEYOND`` the last."""
        return _quantile(self.days.first, self.days.day, self.shipped_by, share)

    def of(self, row: int) -> tuple[Ints, Floats]:
        """(n_days,) the days of one order, and the probability that it has shipped by each."""
        part = slice(self.days.first[row], self.days.first[row + 1])
        return self.days.day[part], self.shipped_by[part]


def bend(days: Days, hazards: Floats, promised: Ints, on_time: Floats, reach: Ints) -> ShipCurves:
    """The curves of hazards, (n_days,), with the probability that each order is on time, (n,), NaN for any.

    The hazards say how what is in time spreads over the days up to the promise, and what is late over those after it;
    how much is in time is the risk's to say: P(by d) = (1 - risk) P(by d | on time) up to the promise, then 1 - risk +
    risk P(by d | late).

    Parameters
    ----------
    promised : (n,) days since 1970-01-01
    reach : (n,) the day after the last that can be asked about: a curve that ends before its promise is not bent
    """
    return ShipCurves(days, _bend(days.first, days.day, hazards, promised, on_time, reach))


@compiled
def _bend(first: Ints, day: Ints, hazards: Floats, promised: Ints, on_time: Floats, reach: Ints) -> Floats:
    out = np.empty(len(day))
    for i in range(len(first) - 1):
        begin, end = first[i], first[i + 1]
        waits, last = 1.0, begin - 1
        for at in range(begin, end):
            waits *= 1.0 - hazards[at]
            out[at] = 1.0 - waits
            if day[at] <= promised[i]:
                last = at
        if last < begin or promised[i] >= reach[i] or np.isnan(on_time[i]):
            continue
        reached = out[last]
        for at in range(begin, end):
            if at < last:
                out[at] = on_time[i] * (out[at] / reached) if reached > 0.0 else 0.0
            elif at > last:
                late = (out[at] - reached) / (1.0 - reached) if reached < 1.0 else 1.0
                out[at] = min(on_time[i] + (1.0 - on_time[i]) * late, 1.0)
        out[last] = on_time[i]
    return out


@compiled
def _by_day(first: Ints, row: Ints, day: Ints, shipped_by: Floats, asked: Ints) -> Floats:
    out = np.zeros(len(first) - 1)
    for at in range(len(day)):
        if day[at] <= asked[row[at]]:
            out[row[at]] = shipped_by[at]
    return out


@compiled
def _quantile(first: Ints, day: Ints, shipped_by: Floats, share: Floats) -> Ints:
    out = np.full(len(first) - 1, BEYOND, dtype=np.int64)
    for i in range(len(out)):
        for at in range(first[i], first[i + 1]):
            if shipped_by[at] >= share[i]:
                out[i] = day[at]
                break
    return out
