"""Scores of distributions over days against the day that came, or the days on which it was seen not to come."""

from __future__ import annotations

import numpy as np

from features.arrays import Floats, Ints
from features.jit import compiled

LIMIT = 120
"""Days from today over which a distribution is judged."""
NOT_YET = 10**6
"""Stands for a day that has not come."""


def crps(first: Ints, day: Ints, by: Floats, today: Ints, came: Ints, seen: Ints, days: int = LIMIT) -> Floats:
    """(n,) the continuous ranked probability score in days: less is better, 0 is certain and right.

    The squared distance of P(by a day) from what was so on that day, added up over the days from today; of what has not
    come, over the days on which that was seen. Of a single day foretold it is the distance in days. Gneiting & Raftery
    (2007), Strictly proper scoring rules, prediction, and estimation, 4.2; divided by ``days`` it is the integrated
    Brier score over so many days, Graf et al. (1999).

    Parameters
    ----------
    first, day, by : (n + 1,), (n_days,), (n_days,) the distributions one after another: where each begins, the days on
        which it rises, and the probability that it has come by each of them
    today, came : (n,) the first day, and the day it came, ``NOT_YET`` where it has not
    seen : (n,) the first day of which nothing is known, where it has not come
    days : how many days are judged

    >>> one = np.array([0, 2]), np.array([3, 5]), np.array([0.5, 1.0])
    >>> crps(*one, np.array([0]), np.array([3]), np.array([NOT_YET])).tolist()
    [0.5]
    """
    return _crps(first, day, by, today, came, seen, days)


@compiled
def _crps(first: Ints, day: Ints, by: Floats, today: Ints, came: Ints, seen: Ints, days: int) -> Floats:
    out = np.zeros(len(today))
    for i in range(len(today)):
        at, share = first[i], 0.0
        last = today[i] + days if came[i] < NOT_YET else min(today[i] + days, seen[i])
        for one in range(today[i], last):
            while at < first[i + 1] and day[at] <= one:
                share = by[at]
                at += 1
            out[i] += (share - (1.0 if came[i] <= one else 0.0)) ** 2
    return out


def pinball(quantile: Ints, came: Ints, level: float) -> Floats:
    """(n,) the loss of a quantile in days. Koenker & Bassett (1978), Regression quantiles.

    >>> pinball(np.array([2, 2]), np.array([4, 0]), 0.9).round(2).tolist()
    [1.8, 0.2]
    """
    over = came - quantile
    return np.asarray(np.maximum(level * over, (level - 1) * over), dtype=np.float64)
