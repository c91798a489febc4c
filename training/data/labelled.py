"""Labelled decision points, and how they are split by time and by order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.arrays import Floats, Ints, Mask
from features.errors import InvalidRequest
from features.outcomes import CANCELLED, MISSED, OUTCOMES, PARTIAL, UNSETTLED
from features.times import DAY

ROW_FIELDS = ("signals", "order", "as_of", "due", "known_at", "outcome", "weight", "plant", "rescued")
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""1970-01-05, the first Monday after the epoch, microseconds."""
DENSE_DAYS = 10.0
"""Up to so many days before the promise every look at an order is kept."""


@dataclass(frozen=True)
class LabelledPoints:
    """``n`` decision points with their outcomes.

    A weight knows nothing of the outcome. How often an order is looked at does: one that will fail stays open longer.
    So no weight is divided by an order's looks, except in ``order_weight``, which judges.

    Attributes
    ----------
    signals : (n, n_signals) floats, columns ``names``
    order, as_of, due, known_at : (n,) index of the order, microseconds
        ``known_at`` is when the outcome was known and the last promise and its grace had passed, whatever the outcome:
        a success settles earlier than a failure, and learning from it earlier would learn that orders succeed
    outcome : (n,) codes of ``features.outcomes``
    weight : (n,) the looks a row stands for: itself, and those beside it that were left out, see ``thin``
    plant : (n,) the first plant known of the order, "" where none was named
    rescued : (n,) True where somebody expedited or overrode the order after it was looked at, before its promise
    moved : (m,) some of these orders with a promise that was moved at random, see ``training.data.moved_promises``: to
        learn from beside the rows, never to judge by; parts of the rows that are taken have none
    """

    names: list[str]
    signals: Floats
    order: Ints
    as_of: Ints
    due: Ints
    known_at: Ints
    outcome: Ints
    weight: Floats
    plant: NDArray[np.object_]
    rescued: Mask
    moved: LabelledPoints | None = None

    def __post_init__(self) -> None:
        if self.moved is not None and self.moved.names != self.names:
            raise InvalidRequest(
                f"rows with a moved promise must have the {len(self.names)} signals of the points, "
                f"got {len(self.moved.names)} others: give moved=None with signals of your own"
            )

    def __len__(self) -> int:
        return len(self.order)

    @property
    def failed(self) -> Floats:
        """(n,) 1.0 for missed or partial."""
        return np.isin(self.outcome, (MISSED, PARTIAL)).astype(np.float64)

    @property
    def outcome_words(self) -> list[str]:
        """(n,) the outcome of each row in words, such as ``missed``."""
        return [str(word).replace("_", " ") for word in OUTCOMES[self.outcome]]

    @property
    def settled(self) -> Mask:
        """(n,) True where it is known what became of the order, and it was not cancelled."""
        return ~np.isin(self.outcome, (UNSETTLED, CANCELLED))

    @property
    def evidence(self) -> Floats:
        """(n,) the weights scaled to sum to the number of orders, so that looks at one order are not taken for many."""
        total = self.weight.sum()
        return self.weight * (self.n_orders / total) if total > 0 else self.weight

    @property
    def order_weight(self) -> Floats:
        """(n,) the weights scaled so that each order's sum to one. It knows the outcome: to judge by, not to learn."""
        if not len(self):
            return self.weight
        _, code = np.unique(self.order, return_inverse=True)
        return self.weight / np.bincount(code, self.weight)[code]

    @property
    def week(self) -> Ints:
        """(n,) the week in which each row's order is due last, counted from the first Monday of 1970, UTC."""
        return week_due_last(self.order, self.due)

    @property
    def days_to_promise(self) -> Floats:
        return (self.due - self.as_of) / DAY

    @property
    def n_orders(self) -> int:
        return len(np.unique(self.order))

    def column(self, name: str) -> Floats:
        """(n,) one signal."""
        return self.signals[:, self.names.index(name)]

    def take(self, rows: Mask | Ints) -> LabelledPoints:
        """Some rows, by mask or place, each with its weight."""
        return replace(self, moved=None, **{name: getattr(self, name)[rows] for name in ROW_FIELDS})

    def with_signals(self, names: list[str]) -> LabelledPoints:
        """All rows with some of the signals, in the order of the names; those with a moved promise too."""
        columns = [self.names.index(name) for name in names]
        moved = None if self.moved is None else self.moved.with_signals(names)
        return replace(self, names=names, signals=self.signals[:, columns], moved=moved)

    def known_at_cut(self, at: int, rows: Mask) -> LabelledPoints:
        """Some rows, and beside them what was known at a moment, microseconds, of their orders with a moved promise."""
        taken = self.take(rows)
        if self.moved is None:
            return taken
        known = (self.moved.known_at <= at) & np.isin(self.moved.order, taken.order)
        return replace(taken, moved=self.moved.take(known))

    def frame(self) -> pd.DataFrame:
        """(n, n_signals) the signals as a DataFrame."""
        return pd.DataFrame(self.signals, columns=self.names)


def week_of(moments: Ints) -> Ints:
    """Weeks since the first Monday of 1970, UTC, of moments in microseconds.

    >>> week_of(np.array([MONDAY - 1, MONDAY, MONDAY + WEEK])).tolist()
    [-1, 0, 1]
    """
    return np.asarray((moments - MONDAY) // WEEK)


def week_due_last(order: Ints, due: Ints) -> Ints:
    """(n,) the week in which the order of each row is due last; ``due`` (n,) are microseconds."""
    _, code = np.unique(order, return_inverse=True)
    last = np.full(int(code.max(initial=-1)) + 1, np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(last, code, due)
    return week_of(last)[code]


def looks_before(order: Ints) -> Ints:
    """(n,) how often the order of each row had been looked at before; rows are sorted by order and moment.

    >>> looks_before(np.array([3, 3, 3, 8])).tolist()
    [0, 1, 2, 0]
    """
    starts = np.flatnonzero(np.append(True, order[1:] != order[:-1])[: len(order)])
    return np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))


def join(blocks: list[LabelledPoints]) -> LabelledPoints:
    """All rows of all blocks, one after the other."""
    columns: dict[str, Any] = {name: np.concatenate([getattr(block, name) for block in blocks]) for name in ROW_FIELDS}
    return replace(blocks[0], moved=None, **columns)


@dataclass(frozen=True)
class LabelCounts:
    """What became of the decision points: nothing is left out in silence.

    ``until`` is the moment whose records settled them, ISO 8601; ``asked_until`` a later one that was asked for and is
    not recorded, ``None`` where the records reach as far.
    """

    orders: int
    points: int
    unsettled: int
    cancelled: int
    labelled: int
    until: str
    asked_until: str | None = None

    def __str__(self) -> str:
        return (
            f"{self.labelled:,} of {self.points:,} decision points have an outcome; "
            f"{self.unsettled:,} are not settled yet, {self.cancelled:,} were cancelled"
        )


def thin(look: Ints, days_to_promise: Floats, dense_days: float = DENSE_DAYS) -> tuple[Ints, Floats]:
    """Which looks at orders are kept, and how many each of them stands for.

    Within ``dense_days`` of the promise all are, up to twice as far every second, up to four times every fourth, and
    so on. Both the count of the looks before and the days left are known at the moment, so neither what is kept nor
    its weight tells what will become of the order.

    Parameters
    ----------
    look : (n,) how often the order had been looked at before
    days_to_promise : (n,) days; no promise counts as none left

    Returns
    -------
    (n_kept,) rows, and (n_kept,) looks each stands for.

    >>> rows, stands_for = thin(np.arange(6), np.array([21.0, 20.0, 19.0, 12.0, 10.0, 9.0]))
    >>> rows.tolist(), stands_for.tolist()
    ([0, 2, 4, 5], [4.0, 2.0, 1.0, 1.0])
    """
    far = np.maximum(np.nan_to_num(days_to_promise, nan=0.0) / dense_days, 1.0)
    every = np.exp2(np.ceil(np.log2(far))).astype(np.int64)
    rows = np.flatnonzero(look % every == 0)
    return rows, every[rows].astype(np.float64)
