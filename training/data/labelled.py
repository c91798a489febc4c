"""Labelled decision points, and how they are split by time and by order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.arrays import Floats, Ints, Mask
from features.outcomes import CANCELLED, MISSED, PARTIAL, UNSETTLED
from features.times import DAY

ROW_FIELDS = ("signals", "order", "as_of", "due", "known_at", "outcome", "plant", "rescued")


@dataclass(frozen=True)
class LabelledPoints:
    """``n`` decision points with their outcomes; an order's weights sum to one.

    Attributes
    ----------
    signals : (n, n_signals) floats, columns ``names``
    order, as_of, due, known_at : (n,) index of the order, microseconds
        ``known_at`` is when the outcome was known and the last promise and its grace had passed, whatever the outcome:
        a success settles earlier than a failure, and learning from it earlier would learn that orders succeed
    outcome : (n,) codes of ``features.outcomes``
    weight : (n,)
    plant : (n,) the first plant known of the order, "" where none was named
    rescued : (n,) True where somebody expedited or overrode the order after it was looked at, before its promise
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

    def __len__(self) -> int:
        return len(self.order)

    @property
    def failed(self) -> Floats:
        """(n,) 1.0 for missed or partial."""
        return np.isin(self.outcome, (MISSED, PARTIAL)).astype(np.float64)

    @property
    def settled(self) -> Mask:
        """(n,) True where it is known what became of the order, and it was not cancelled."""
        return ~np.isin(self.outcome, (UNSETTLED, CANCELLED))

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
        """Some rows, by mask or place; weights are those of the whole, scaled so that an order sums to one again."""
        order = self.order[rows]
        _, inverse = np.unique(order, return_inverse=True)
        weight = self.weight[rows] / np.bincount(inverse, self.weight[rows])[inverse] if len(order) else np.zeros(0)
        return replace(self, **{name: getattr(self, name)[rows] for name in ROW_FIELDS}, weight=weight)

    def frame(self) -> pd.DataFrame:
        """(n, n_signals) the signals as a DataFrame."""
        return pd.DataFrame(self.signals, columns=self.names)


def join(blocks: list[LabelledPoints]) -> LabelledPoints:
    """All rows of all blocks, one after the other; an order's weights sum to one again."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(block, name) for block in blocks]) for name in (*ROW_FIELDS, "weight")
    }
    whole = replace(blocks[0], **columns)
    return whole.take(np.ones(len(whole), dtype=bool))


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


def thin(order: Ints, per_order: int) -> Ints:
    """Rows (sorted by order) such that no order keeps more than ``per_order``, evenly spread."""
    starts = np.flatnonzero(np.append(True, np.diff(order) != 0)[: len(order)])
    sizes = np.diff(np.append(starts, len(order)))
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    slot = rank * per_order // np.maximum(size, 1)
    before = (rank - 1) * per_order // np.maximum(size, 1)
    return np.flatnonzero((size <= per_order) | (slot != before))
