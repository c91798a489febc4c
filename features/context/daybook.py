"""Totals by day, built once from all orders and looked up as of a start of day: load, pace and track record.

A tally is a set of dated changes to the totals of a key; tallies of different orders add up, so that a plant's year can
be tallied in parts. A daybook is a tally laid out for looking up: what it says of a day is the sum of the changes
that were known at that day's start, so a later change cannot reach an earlier day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from features.arrays import Ints
from features.engine.arithmetic import totals_at
from features.events.text import Texts

DAYS = 1 << 17
SUBS = 1 << 14
"""Days and what a key is divided into (weeks, stages) are below these, so that all fit in one integer with the key."""


@dataclass(frozen=True)
class Tally:
    """``n_changes`` changes, sorted by key, subdivision and day, each of them once.

    Attributes
    ----------
    keys : (n_keys,) the texts totals are kept for, ascending
    place : (n_changes,) (key index * SUBS + subdivision) * DAYS + day from whose start the change counts
    changes : (n_changes, n_totals)
    """

    keys: Texts
    place: Ints
    changes: Ints

    @classmethod
    def of(cls, keys: Texts, key: Ints, sub: Ints | int, day: Ints, changes: Ints) -> Tally:
        """From key index (n,), subdivision, day (n,), changes (n, n_totals) in any order; equal places add up."""
        used = np.flatnonzero(np.bincount(key, minlength=len(keys)))
        by = np.argsort(keys[used], kind="stable")
        rank = np.zeros(len(keys), dtype=np.int64)
        rank[used[by]] = np.arange(len(used))
        return cls(keys[used[by]], *_merged((rank[key] * SUBS + np.clip(sub, 0, SUBS - 1)) * DAYS + day, changes))

    @classmethod
    def sum(cls, tallies: Sequence[Tally]) -> Tally:
        """All changes of all of them."""
        words = sorted({word for tally in tallies for word in tally.keys})
        index = {word: place for place, word in enumerate(words)}
        keys = np.empty(len(words), dtype=object)
        keys[:] = words
        places = []
        for tally in tallies:
            rank = np.fromiter((index[word] for word in tally.keys), dtype=np.int64, count=len(tally.keys))
            width = SUBS * DAYS
            places.append(rank[tally.place // width] * width + tally.place % width if len(tally.place) else tally.place)
        return cls(keys, *_merged(np.concatenate(places), np.concatenate([tally.changes for tally in tallies])))

    @property
    def key(self) -> Ints:
        """(n_changes,) the key's index."""
        return self.place // (SUBS * DAYS)

    @property
    def sub(self) -> Ints:
        """(n_changes,) the subdivision."""
        return self.place // DAYS % SUBS

    @property
    def day(self) -> Ints:
        """(n_changes,) the day."""
        return self.place % DAYS


@dataclass(frozen=True)
class Daybook:
    """A tally with running totals.

    Attributes
    ----------
    tally : the changes
    totals : (n_changes + 1, n_totals) running sums over all changes, the first row zero
    """

    tally: Tally
    totals: Ints
    _memo: dict[str, tuple[Texts, Ints]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, tally: Tally) -> Daybook:
        totals = np.zeros((len(tally.place) + 1, tally.changes.shape[1]), dtype=np.int64)
        np.cumsum(tally.changes, axis=0, out=totals[1:])
        return cls(tally, totals)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each key."""
        return {key: code for code, key in enumerate(self.tally.keys)}

    def codes(self, words: Texts) -> Ints:
        """(n_words + 1,) the key index of each word, -1 for one never seen; the last is -1, for a missing word."""
        last = self._memo.get("last")
        if last is not None and last[0] is words:
            return last[1]
        index = self.index
        codes = np.array([index.get(word, -1) for word in words] + [-1], dtype=np.int64)
        self._memo["last"] = (words, codes)
        return codes

    def at(self, key: Ints, day: Ints, sub: Ints | None = None) -> Ints:
        """(n, n_totals) totals of each key at the start of each day, of its first subdivision if none is given."""
        subs = np.zeros(len(key), dtype=np.int64) if sub is None else sub
        totals: Ints = totals_at(self.tally.place, self.totals, self._starts, SUBS * DAYS, key, subs, day, DAYS)
        return totals

    @cached_property
    def _starts(self) -> Ints:
        keys = np.arange(len(self.tally.keys) + 1, dtype=np.int64)
        return np.searchsorted(self.tally.place, keys * (SUBS * DAYS))

    def to_json(self) -> dict[str, Any]:
        """Plain lists; ``from_json`` gives the same daybook."""
        return {
            "keys": list(self.tally.keys),
            "key": self.tally.key.tolist(),
            "sub": self.tally.sub.tolist(),
            "day": self.tally.day.tolist(),
            "changes": self.tally.changes.tolist(),
            "n_totals": int(self.totals.shape[1]),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Daybook:
        changes = np.asarray(stored["changes"], dtype=np.int64).reshape(-1, stored["n_totals"])
        key, sub, day = (np.asarray(stored[name], dtype=np.int64) for name in ("key", "sub", "day"))
        keys = np.empty(len(stored["keys"]), dtype=object)
        keys[:] = stored["keys"]
        return cls.of(Tally(keys, (key * SUBS + sub) * DAYS + day, changes))


def _merged(place: Ints, changes: Ints) -> tuple[Ints, Ints]:
    """Sorted by place, the changes of equal places added up; what adds up to nothing is left out."""
    by = np.argsort(place)
    ordered = place[by]
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    added = np.add.reduceat(changes[by], begins, axis=0) if len(begins) else changes[:0]
    stored = np.any(added != 0, axis=1)
    return ordered[begins][stored], added[stored]
