"""Splits by time and by order: what is earlier was known at the cut, what is later was looked at after it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.arrays import Ints, Mask
from features.errors import InvalidRequest
from features.times import NEVER
from training.data.labelled import LabelledPoints

FEWEST_ORDERS = 50
FIRST = 0.5
"""Share of the orders that teach in the first fold."""


@dataclass(frozen=True)
class Split:
    """Earlier and later rows; an order is in one of them only.

    Attributes
    ----------
    at : microseconds; what is earlier was known by then, what is later was looked at after it
    rows : masks of the earlier and the later rows among those that were split
    """

    earlier: LabelledPoints
    later: LabelledPoints
    at: int
    rows: tuple[Mask, Mask]


def last_looks(order: Ints, as_of: Ints) -> Ints:
    """(n_orders,) the moment, microseconds, at which each order was last looked at, ascending."""
    last = np.full(int(order.max()) + 1, NEVER, dtype=np.int64)
    np.maximum.at(last, order, as_of)
    return np.sort(last[last != NEVER])


def split_by_time(points: LabelledPoints, later: float = 0.2) -> Split:
    """Cut at the moment by which ``1 - later`` of the orders had their last decision point.

    Earlier rows are those whose outcome was known at the cut; later rows were looked at after it. Rows of
    orders that were open across the cut are used only after it.
    """
    if points.n_orders < FEWEST_ORDERS:
        raise InvalidRequest(
            f"training needs at least {FEWEST_ORDERS} orders with a settled outcome, got {points.n_orders}"
        )
    lasts = last_looks(points.order, points.as_of)
    at = int(lasts[int(len(lasts) * (1 - later)) - 1])
    known = points.known_at <= at
    unseen = (points.as_of > at) & ~np.isin(points.order, points.order[known])
    return Split(points.known_at_cut(at, known), points.take(unseen), at, (known, unseen))


def folds_by_time(points: LabelledPoints, n_folds: int, fewest: float = FEWEST_ORDERS) -> Iterator[Split]:
    """Growing pasts: each fold learns from what was known at its cut and judges the orders looked at until the next.

    The first learns from half of the orders, the last is judged until the last look. ``fewest`` orders a fold, and as
    many before the first, must be there: else ``InvalidRequest``.
    """
    least = int(np.ceil(fewest * (n_folds + 1)))
    if points.n_orders < least:
        raise InvalidRequest(f"tuning needs at least {least} orders with an outcome, got {points.n_orders}")
    lasts = last_looks(points.order, points.as_of)
    shares = np.linspace(FIRST, 1.0, n_folds + 1)
    cuts = [int(lasts[int(len(lasts) * share) - 1]) for share in shares]
    for begin, end in itertools.pairwise(cuts):
        known = points.known_at <= begin
        unseen = (points.as_of > begin) & (points.as_of <= end) & ~np.isin(points.order, points.order[known])
        yield Split(points.known_at_cut(begin, known), points.take(unseen), begin, (known, unseen))
