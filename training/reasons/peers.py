"""How orders like one turned out: the training orders in the same situation, about as far from their promise."""

from __future__ import annotations

from bisect import bisect, bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.catalogue.topics import TOPICS
from features.reasons import SITUATIONS, situations_of
from training.data.labelled import LabelledPoints

DAYS = (1.0, 3.0, 7.0, 14.0, 28.0)
"""Bounds of what is about as far from a promise, days."""
ANY = len(DAYS) + 1
"""The row that counts orders at any distance."""
FEWEST = 30
"""Below so many orders nothing is said of them."""
VISIBLE = 3
"""Shares so many points apart are told as different."""
Bounds = tuple[float, float]
GRADES = ("low", "middle", "high", "missing")
"""Orders are alike by the size of a signal too, a third each of the training rows that have it; and where none has."""


@dataclass(frozen=True)
class Comparison:
    """What became of orders like one.

    Attributes
    ----------
    orders, failed_share : how many training orders were in the situation, and the share of them that failed
    all_orders, all_failed_share : the same of all that were about as far from their promise
    days_from, days_to : what is about as far, days before the promise; no ``days_to`` is farther than any other, and
        without both it is of orders at any distance, as too few were about as far
    """

    orders: int
    failed_share: float
    all_orders: int
    all_failed_share: float
    days_from: float | None
    days_to: float | None

    @property
    def above_all(self) -> float:
        """How much higher the share of the like orders that failed was than that of all."""
        return self.failed_share - self.all_failed_share

    @property
    def agrees(self) -> int:
        """1 where visibly more of the like orders failed, -1 where fewer did, 0 where one sees no difference."""
        return apart(self.failed_share, self.all_failed_share)


@dataclass(frozen=True)
class Peers:
    """Training orders counted by situation and distance to the promise.

    Attributes
    ----------
    cells : by ``topic.situation`` or ``signal.grade``, (n_distances + 1, 2) orders, and how many of them failed; the
        last row is of any distance
    everyone : (n_distances + 1, 2) of all orders
    bounds : by signal, the values that bound the thirds of the rows
    bounds_at : by signal, the same of the rows at each distance; ``None`` where they are fewer than ``FEWEST``
    """

    cells: Mapping[str, Floats]
    everyone: Floats
    bounds: Mapping[str, Bounds]
    bounds_at: Mapping[str, Sequence[Bounds | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, points: LabelledPoints) -> Peers:
        """Counted over the settled rows; an order counts once a cell, by the mean of its outcomes there."""
        settled = points.take(points.settled)
        distance = _distance(settled.days_to_promise)
        cells: dict[str, Floats] = {}
        for topic, place in zip(TOPICS, situations_of(settled.names, settled.signals).T, strict=True):
            if len(SITUATIONS[topic]) == 1:
                continue  # everybody is in it
            for number, situation in enumerate(SITUATIONS[topic]):
                cells[f"{topic}.{situation.name}"] = _count(settled, place == number, distance)
        bounds = {name: bound for name in settled.names if (bound := _thirds(settled.column(name)))}
        for name, bound in bounds.items():
            grade = _grade(settled.column(name), bound)
            cells |= {
                f"{name}.{word}": _count(settled, grade == number, distance) for number, word in enumerate(GRADES)
            }
        everyone = _count(settled, np.ones(len(settled), dtype=bool), distance)
        return cls(cells, everyone, bounds, {name: _thirds_at(settled.column(name), distance) for name in bounds})

    def usual(self, signal: str, days: float) -> Bounds | None:
        """Between which values the middle third lies of the orders about so many days before their promise.

        That of all where those were too few, ``None`` where no order has the signal.
        """
        at = self.bounds_at.get(signal)
        return (at[_place(days)] if at else None) or self.bounds.get(signal)

    def compare(self, topic: str, situation: str, days: float) -> Comparison | None:
        """What became of orders in a situation, so many days before their promise or at any time.

        ``None`` where they were fewer than ``FEWEST``.
        """
        return self._compare(f"{topic}.{situation}", days)

    def compare_size(self, signal: str, value: float, days: float) -> Comparison | None:
        """What became of orders with a signal about as large, or missing as it is; ``None`` below ``FEWEST``."""
        if signal not in self.bounds:
            return None
        grade = GRADES[-1] if value != value else GRADES[bisect_left(self.bounds[signal], value)]
        return self._compare(f"{signal}.{grade}", days)

    def _compare(self, name: str, days: float) -> Comparison | None:
        distance = _place(days)
        if (name, distance) not in self._compared:
            self._compared[name, distance] = self._at_distance(name, distance)
        return self._compared[name, distance]

    @cached_property
    def _compared(self) -> dict[tuple[str, int], Comparison | None]:
        return {}

    def _at_distance(self, name: str, distance: int) -> Comparison | None:
        cell = self._rows.get(name)
        if cell is not None and cell[distance][0] < FEWEST:
            distance = ANY
        if cell is None or cell[distance][0] < FEWEST:
            return None
        (orders, failed), (everyone, all_failed) = map(_whole, (cell[distance], self._everyone[distance]))
        nearer, farther = (0.0, *DAYS, None)[distance], (*DAYS, None, None)[distance]
        return Comparison(orders, failed / orders, everyone, all_failed / everyone, nearer, farther)

    @cached_property
    def overall(self) -> float | None:
        """The share of all training orders that failed; ``None`` below ``FEWEST``."""
        orders, failed = self._everyone[ANY]
        return failed / orders if orders >= FEWEST else None

    @cached_property
    def _rows(self) -> dict[str, list[list[float]]]:
        return {name: cell.tolist() for name, cell in self.cells.items()}

    @cached_property
    def _everyone(self) -> list[list[float]]:
        rows: list[list[float]] = self.everyone.tolist()
        return rows

    def to_json(self) -> dict[str, Any]:
        """As the model keeps it."""
        cells = {name: np.round(cell, 3).tolist() for name, cell in self.cells.items() if cell[:, 0].any()}
        bounds = {name: list(bound) for name, bound in self.bounds.items()}
        bounds_at = {name: [one and list(one) for one in at] for name, at in self.bounds_at.items()}
        everyone = np.round(self.everyone, 3).tolist()
        return {"days": list(DAYS), "cells": cells, "everyone": everyone, "bounds": bounds, "bounds_at": bounds_at}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Peers:
        """As ``to_json`` gave it; counted by other distances, there are none."""
        if tuple(content["days"]) != DAYS or len(content["everyone"]) != ANY + 1:
            return NOBODY
        cells = {name: np.array(cell, dtype=np.float64) for name, cell in content["cells"].items()}
        bounds = {name: (float(low), float(high)) for name, (low, high) in content["bounds"].items()}
        at = {name: [one and (one[0], one[1]) for one in own] for name, own in content.get("bounds_at", {}).items()}
        return cls(cells, np.array(content["everyone"], dtype=np.float64), bounds, at)


NOBODY = Peers({}, np.zeros((ANY + 1, 2)), {})


def apart(share: float, other: float) -> int:
    """1 where a share of failed orders is visibly higher than another, -1 where it is lower, 0 where one sees none."""
    points = round(100 * share) - round(100 * other)
    return (points >= VISIBLE) - (points <= -VISIBLE)


def _distance(days: Floats) -> Ints:
    """(n,) which of the distances each is; a promise that is missing is the farthest."""
    return np.asarray(np.searchsorted(DAYS, np.where(np.isnan(days), np.inf, days), side="right").clip(max=len(DAYS)))


def _place(days: float) -> int:
    """Which of the distances so many days before a promise are; a promise that is missing is the farthest."""
    return len(DAYS) if days != days else bisect(DAYS, days)


def _whole(counted: Sequence[float]) -> tuple[int, int]:
    """Orders, and how many of them failed, those that failed in some of their rows to the nearest: a share of them is
    one that orders can have."""
    return round(counted[0]), round(counted[1])


def _thirds_at(values: Floats, distance: Ints) -> list[Bounds | None]:
    """The thirds of what is given at each distance."""
    own = [values[distance == place] for place in range(ANY)]
    return [_thirds(some) if np.count_nonzero(~np.isnan(some)) >= FEWEST else None for some in own]


def _thirds(values: Floats) -> Bounds | None:
    given = values[~np.isnan(values)]
    if not len(given):
        return None
    low, high = np.quantile(given, (1 / 3, 2 / 3)).tolist()
    return low, high


def _grade(values: Floats, bounds: Bounds) -> Ints:
    """(n,) which of ``GRADES`` each is."""
    return np.where(np.isnan(values), len(GRADES) - 1, np.searchsorted(bounds, values, side="left"))


def _count(points: LabelledPoints, rows: NDArray[np.bool_], distance: Ints) -> Floats:
    """(n_distances + 1, 2) orders among some rows at each distance and at any, and how many failed."""
    order, failed, at = points.order[rows], points.failed[rows], distance[rows]
    counts = np.zeros((ANY + 1, 2))
    for place in range(ANY):
        counts[place] = _orders(order[at == place], failed[at == place])
    counts[ANY] = _orders(order, failed)
    return counts


def _orders(order: Ints, failed: Floats) -> tuple[float, float]:
    """Distinct orders, and how many of them failed: each by the mean of its rows."""
    _, code = np.unique(order, return_inverse=True)
    looks = np.bincount(code)
    return float(len(looks)), float((np.bincount(code, failed) / np.maximum(looks, 1)).sum())
