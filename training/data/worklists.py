"""The planner's mornings: every open order at every start of day, as the worklist held it.

A model is judged here the way it is used: each morning somebody looks at the riskiest orders on the list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.data.snapshots import Snapshots

MOST_ROWS = 400_000
"""Of a larger plant the last mornings are taken, so that the list of each is whole."""


@dataclass(frozen=True)
class DailyWorklists:
    """``n`` rows, one an open order and morning, sorted by order and morning.

    An order is held to the promise as it stood on its last morning; the order's outcome and due date are those.

    Attributes
    ----------
    points : the rows with signals; their outcomes may be unsettled
    code : (n,) 0 to n_orders - 1, the order of each row among those on the lists
    last : (n_orders,) the row of each order's last morning
    """

    points: LabelledPoints
    code: Ints
    last: Ints

    @classmethod
    def of(cls, points: LabelledPoints) -> DailyWorklists:
        """From rows sorted by order and morning."""
        _, code = np.unique(points.order, return_inverse=True)
        last = np.flatnonzero(np.append(code[1:] != code[:-1], True)[: len(code)])
        return cls(points, code, last)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def settled(self) -> Mask:
        """(n_orders,) True where it is known what became of the order."""
        return self.points.settled[self.last]

    @property
    def failed(self) -> Mask:
        """(n_orders,) missed or partial."""
        return np.asarray(self.points.failed[self.last] == 1)

    @property
    def warning(self) -> Floats:
        """(n,) days from the morning to the promise the order is held to; a day ends in its last microsecond."""
        return (self.points.due[self.last][self.code] + 1 - self.points.as_of) / DAY

    def ranks(self, risk: Floats) -> Ints:
        """(n,) place on the morning's list, from 0: the highest risk first, then the earliest promise, then the order.

        Parameters
        ----------
        risk : (n,) probabilities
        """
        by = np.lexsort((self.code, self.points.due, -risk, self.points.as_of))
        morning = self.points.as_of[by]
        starts = np.flatnonzero(np.append(True, morning[1:] != morning[:-1])[: len(by)])
        place = np.empty(len(by), dtype=np.int64)
        place[by] = np.arange(len(by)) - np.repeat(starts, np.diff(np.append(starts, len(by))))
        return place


def worklists_between(
    daily: Snapshots, after: int, until: int, known_until: int | None = None, without: Ints | None = None
) -> DailyWorklists:
    """Every open order at every start of day in (after, until], microseconds.

    Parameters
    ----------
    daily : snapshots with the scheme ``daily``
    known_until : outcomes are those known by then (default: the end of the snapshots)
    without : orders that are left out, such as those a model has learned from
    """
    end = daily.until if known_until is None else known_until
    points = daily.points
    wanted = (points.as_of > after) & (points.as_of <= until)
    if without is not None:
        wanted &= ~np.isin(points.order, without)
    rows = np.flatnonzero(wanted)
    if len(rows) > MOST_ROWS:
        days, counts = np.unique(points.as_of[rows], return_counts=True)
        days_taken = days[np.cumsum(counts[::-1])[::-1] <= MOST_ROWS]
        rows = rows[points.as_of[rows] >= (days_taken[0] if len(days_taken) else days[-1])]
    return DailyWorklists.of(daily.with_outcomes(rows, end))
