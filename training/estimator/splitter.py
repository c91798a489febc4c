"""Folds that lie behind one another in time, for ``cv=`` of scikit-learn: those the product tunes and judges by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator

from features.arrays import Ints
from training.data.split import FEWEST_ORDERS, FIRST, rows_by_time, shares_of
from training.estimator.table import KEYS, InvalidTable, carries_keys, keys_of


class OrderTimeSeriesSplit(BaseCrossValidator):  # type: ignore[misc]
    """Growing pasts of whole orders: each fold learns from outcomes known at its cut and judges the looks after it.

    An order is on one side of a fold only, and what teaches was known (``known_at``) when the fold was cut. The first
    fold learns from ``first`` of the orders, by when they were looked at last; the last one is judged until the end.
    ``OrderTimeSeriesSplit(3)`` has the folds of ``train --tune``; ``OrderTimeSeriesSplit(1, first=0.8)`` the cut by
    which ``train`` judges its model.

    Parameters
    ----------
    n_splits : folds
    first : share of the orders that teach in the first fold, in (0, 1)
    fewest_orders : so many orders must be there in all

    >>> days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"], utc=True)
    >>> rows = pd.DataFrame({"order_id": ["A", "B", "C"], "as_of": days, "known_at": days + pd.Timedelta("12h")})
    >>> [[part.tolist() for part in fold] for fold in OrderTimeSeriesSplit(1, first=0.7, fewest_orders=3).split(rows)]
    [[[0], [2]]]
    """

    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(self, n_splits: int = 3, *, first: float = FIRST, fewest_orders: int = FEWEST_ORDERS) -> None:
        self.n_splits = n_splits
        self.first = first
        self.fewest_orders = fewest_orders

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Ints, Ints]]:  # noqa: ARG002
        """Places of the rows that teach, and of those that judge, fold by fold.

        Parameters
        ----------
        X : (n, ...) a table of ``training_table`` or some of its columns: the index says what each row is
        groups : (n, ...) a frame that says so where ``X`` does not: ``order_id``, ``as_of``, ``known_at``

        Raises ``InvalidTable``, a ``ValueError``, where rows do not say what they are, or where there are too few.
        """
        order, as_of, known_at = keys_of(_rows_with_keys(X, groups))
        self._require_orders(len(np.unique(order)))
        for number, fold in enumerate(rows_by_time(order, as_of, known_at, shares_of(self.n_splits, self.first)), 1):
            earlier, later = np.flatnonzero(fold.earlier), np.flatnonzero(fold.later)
            if not len(earlier) or not len(later):
                side = "none whose outcome was known at its cut" if not len(earlier) else "none looked at after its cut"
                raise InvalidTable(
                    f"every fold must have rows that teach and rows that judge, fold {number} has {side}"
                )
            yield earlier, later

    def _require_orders(self, orders: int) -> None:
        if self.n_splits < 1 or not 0 < self.first < 1:
            raise InvalidTable(
                f"there must be a fold and a first share in (0, 1), got n_splits={self.n_splits}, first={self.first}"
            )
        if orders < max(self.fewest_orders, self.n_splits + 1):
            least = max(self.fewest_orders, self.n_splits + 1)
            raise InvalidTable(f"{self.n_splits} folds need at least {least} orders, got {orders}")

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002
        """How many folds there are."""
        return self.n_splits


def _rows_with_keys(X: Any, groups: Any) -> pd.DataFrame:
    """The one of both whose index or columns say of which order each row is, and when."""
    for rows in (groups, X):
        if rows is not None and carries_keys(rows):
            return rows if isinstance(rows, pd.DataFrame) else rows.to_frame()
    got = "a frame without them" if isinstance(X, pd.DataFrame) else type(X).__name__
    raise InvalidTable(
        f"rows must say what they are, in the index or the columns of X, or of groups: {', '.join(KEYS)}; got {got}. "
        "training_table(events) gives a frame that does"
    )
