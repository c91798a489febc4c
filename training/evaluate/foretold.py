"""Foretold against came: mean risk beside failure share, by days to promise, plant and week, on the rows of mornings.

A risk is read on a morning, so the first pair counts each morning's row once. The second counts each order once; an
order that fails is looked at more often, so by orders fewer seem to fail, and more than do by mornings seem foretold.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Mask
from features.times import isoformat
from training.data.labelled import MONDAY, WEEK, LabelledPoints, week_of

DAYS_TO_PROMISE = (0.0, 2.0, 5.0, 10.0, 20.0, np.inf)
ALL, BY_DAYS, BY_PLANT, BY_WEEK = "all", "days to promise", "plant", "week"


@dataclass(frozen=True)
class Foretold:
    """Some rows: what was foretold and what came, as shares.

    Attributes
    ----------
    by, name : what the rows have in common, such as ``days to promise`` and ``2 to 5``; a week is its Monday, UTC
    orders, rows : how many of either
    foretold, came : over the looks, each once
    foretold_by_order, came_by_order : over the orders, each once
    """

    by: str
    name: str
    orders: int
    rows: int
    foretold: float
    came: float
    foretold_by_order: float
    came_by_order: float

    @classmethod
    def of(cls, by: str, name: str, points: LabelledPoints, risk: Floats) -> Foretold:
        """Of at least one row; ``risk`` is (n,)."""
        means = [
            float(np.average(values, weights=weight))
            for weight in (points.weight, points.order_weight)
            for values in (risk, points.failed)
        ]
        return cls(by, name, points.n_orders, len(points), *means)


def compare_foretold(points: LabelledPoints, risk: Floats) -> list[Foretold]:
    """All rows, then by days to promise, by plant and by the week of the look; groups without rows are left out.

    Parameters
    ----------
    points : (n,) decision points whose outcome is settled
    risk : (n,) probabilities of missed or partial
    """
    return [Foretold.of(by, name, points.take(rows), risk[rows]) for by, name, rows in _groups(points) if rows.any()]


def days_to_promise_groups(days: Floats) -> Iterator[tuple[str, Mask]]:
    """Days (n,) in buckets: the name without its unit, such as ``2 to 5``, and (n,) which rows are in it."""
    for low, high in itertools.pairwise(DAYS_TO_PROMISE):
        name = f"{low:g} to {high:g}" if np.isfinite(high) else f"over {low:g}"
        yield name, (days >= low) & (days < high)


def _groups(points: LabelledPoints) -> Iterator[tuple[str, str, Mask]]:
    yield ALL, ALL, np.ones(len(points), dtype=bool)
    for name, rows in days_to_promise_groups(points.days_to_promise):
        yield BY_DAYS, name, rows
    for plant in sorted(set(points.plant)):
        if plant:
            yield BY_PLANT, str(plant), points.plant == plant
    week = week_of(points.as_of)
    for number in np.unique(week):
        yield BY_WEEK, str(isoformat(int(number * WEEK + MONDAY)))[:10], week == number
