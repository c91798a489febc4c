"""Totals by day, built once from all orders and looked up as of a start of day: load and track record.

A daybook is a set of dated changes to the totals of a key. What it says of a day is the sum of the changes that
were known at that day's start, so a later change cannot reach an earlier day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from features.history import Texts
from features.times import Ints

DAYS = 1 << 17
"""Days are below this number, so that a key and a day fit in one integer."""


@dataclass(frozen=True)
class Daybook:
    """``n_changes`` dated changes of ``n_totals`` totals, sorted by key and day.

    Attributes
    ----------
    keys : (n_keys,) the texts totals are kept for
    place : (n_changes,) key index * DAYS + day from whose start the change counts
    totals : (n_changes + 1, n_totals) running sums over all changes, the first row zero
    """

    keys: Texts
    place: Ints
    totals: Ints

    @classmethod
    def of(cls, keys: Texts, key: Ints, day: Ints, changes: Ints) -> Daybook:
        """From unsorted changes: key index (n,), day (n,), changes (n, n_totals). Changes of one day are merged."""
        place, inverse = np.unique(key * DAYS + day, return_inverse=True)
        merged = np.zeros((len(place), changes.shape[1]), dtype=np.int64)
        np.add.at(merged, inverse, changes)
        totals = np.zeros((len(place) + 1, changes.shape[1]), dtype=np.int64)
        np.cumsum(merged, axis=0, out=totals[1:])
        return cls(keys, place, totals)

    @cached_property
    def index(self) -> dict[str, int]:
        return {key: code for code, key in enumerate(self.keys)}

    def codes(self, words: Texts) -> Ints:
        """The key index of each word, -1 for a word never seen."""
        index = self.index
        return np.fromiter((index.get(word, -1) for word in words), dtype=np.int64, count=len(words))

    def at(self, key: Ints, day: Ints) -> Ints:
        """(n, n_totals) totals of each key at the start of each day; zero for the key -1."""
        known = np.where(key >= 0, key, 0)
        start = np.searchsorted(self.place, known * DAYS)
        stop = np.searchsorted(self.place, known * DAYS + np.clip(day, 0, DAYS - 1), side="right")
        found: Ints = np.where((key >= 0)[:, None], self.totals[stop] - self.totals[start], 0)
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain lists; ``from_json`` gives the same daybook."""
        return {
            "keys": list(self.keys),
            "key": (self.place // DAYS).tolist(),
            "day": (self.place % DAYS).tolist(),
            "changes": np.diff(self.totals, axis=0).tolist(),
            "n_totals": int(self.totals.shape[1]),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Daybook:
        changes = np.asarray(kept["changes"], dtype=np.int64).reshape(-1, kept["n_totals"])
        key, day = (np.asarray(kept[name], dtype=np.int64) for name in ("key", "day"))
        return cls.of(np.asarray(kept["keys"], dtype=object), key, day, changes)
