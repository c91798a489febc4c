"""Splits by time and by order: what is earlier was known at the cut, what is later was looked at after it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from features.arrays import Ints, Mask
from features.errors import InvalidRequest
from features.times import NEVER
from training.data.labelled import LabelledPoints

FEWEST_ORDERS = 50
FIRST, LATER = 0.5, 0.2
"""Share of the orders that teach in the first fold, and of those that judge a training."""


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


class RowsOfFold(NamedTuple):
    """A fold as masks (n,) of its rows, and its cut, microseconds; an order is on one side only."""

    earlier: Mask
    later: Mask
    at: int


def rows_by_time(order: Ints, as_of: Ints, known_at: Ints, shares: Sequence[float]) -> Iterator[RowsOfFold]:
    """Growing pasts: each fold learns from what was known at its cut and judges the looks until the next.

    Parameters
    ----------
    order, as_of, known_at : (n,) whole numbers from 0 on, and microseconds
    shares : (n_folds + 1,) the cuts, as shares of the orders by when they were looked at last; ascending
    """
    lasts = last_looks(order, as_of)
    cuts = [int(lasts[max(int(len(lasts) * share), 1) - 1]) for share in shares]
    for begin, end in itertools.pairwise(cuts):
        known = known_at <= begin
        yield RowsOfFold(known, (as_of > begin) & (as_of <= end) & ~np.isin(order, order[known]), begin)


def _splits(points: LabelledPoints, shares: Sequence[float]) -> Iterator[Split]:
    for known, unseen, at in rows_by_time(points.order, points.as_of, points.known_at, shares):
        yield Split(points.known_at_cut(at, known), points.take(unseen), at, (known, unseen))


def split_by_time(points: LabelledPoints, later: float = LATER) -> Split:
    """Cut at the moment by which ``1 - later`` of the orders had their last decision point.

    Earlier rows are those whose outcome was known at the cut; later rows were looked at after it. Rows of
    orders that were open across the cut are used only after it.
    """
    if points.n_orders < FEWEST_ORDERS:
        raise InvalidRequest(
            f"training needs at least {FEWEST_ORDERS} orders with a settled outcome, got {points.n_orders}"
        )
    return next(_splits(points, (1 - later, 1.0)))


def shares_of(n_folds: int, first: float = FIRST) -> list[float]:
    """(n_folds + 1,) where folds begin and the last ends, as shares of the orders.

    >>> shares_of(2)
    [0.5, 0.75, 1.0]
    """
    return [float(share) for share in np.linspace(first, 1.0, n_folds + 1)]


def folds_by_time(points: LabelledPoints, n_folds: int, fewest: float = FEWEST_ORDERS) -> Iterator[Split]:
    """Growing pasts, see ``rows_by_time``: the first fold learns from half of the orders, the last ends with them.

    ``fewest`` orders a fold, and as many before the first, must be there: else ``InvalidRequest``.
    """
    least = int(np.ceil(fewest * (n_folds + 1)))
    if points.n_orders < least:
        raise InvalidRequest(f"tuning needs at least {least} orders with an outcome, got {points.n_orders}")
    yield from _splits(points, shares_of(n_folds))


def later_rows(whole: LabelledPoints, past: LabelledPoints, cut: int) -> LabelledPoints:
    """The decision points after the cut, of orders that were not learned from."""
    return whole.take((whole.as_of > cut) & ~np.isin(whole.order, past.order))


def of_other_orders(whole: LabelledPoints, past: LabelledPoints, cut: int) -> LabelledPoints:
    """As ``later_rows``. Raises ``InvalidRequest`` where they are too few to judge a model."""
    test = later_rows(whole, past, cut)
    if test.n_orders < FEWEST_ORDERS:
        raise InvalidRequest(
            f"judging a model needs at least {FEWEST_ORDERS} later orders with an outcome, got {test.n_orders}"
        )
    return test
