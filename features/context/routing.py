"""Which work centre follows which, learned from what lines of an item did before, and the queues that follow from it.

Nobody states a routing in the events. The next work centre of a line is the one that most often came next for its
item, as far as that was known; a line that has left one work centre waits in the queue of the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Ints
from features.context.daybook import DAYS, Daybook, Tally
from features.events.text import Texts
from features.jit import compiled
from features.orders.transitions import MOVED, PLACED, LineTransitions
from features.orders.work import AFTER, AT

FEW = 64
"""Below, looking each of them up is quicker than finding out which are the same."""
BETWEEN = "\x1f"
"""Separates item, work centre and next work centre in the key of a transition."""


def transition_tallies(moves: LineTransitions, day: Ints, items: Texts, centres: Texts) -> dict[str, Tally]:
    """From the transitions of lines: ``moved`` by (item, from, to), ``waiting`` by (item, after),
    ``at work`` by work centre; totals (lines).
    """
    what, _, item, a, b, amount = moves
    moved = np.flatnonzero(what == MOVED)
    waiting = np.flatnonzero((what == PLACED) & (b == AFTER))
    working = np.flatnonzero((what == PLACED) & (b == AT))
    amounts = amount[:, None]
    return {
        "moved": _tally([items, centres, centres], [item[moved], a[moved], b[moved]], day[moved], amounts[moved]),
        "waiting": _tally([items, centres], [item[waiting], a[waiting]], day[waiting], amounts[waiting]),
        "at work": Tally.of(centres, a[working], 0, day[working], amounts[working]),
    }


def _tally(words: list[Texts], codes: list[Ints], day: Ints, changes: Ints) -> Tally:
    """A tally whose keys are joined of several words; a code of -1 is the empty word."""
    if not len(day):
        return Tally.of(np.empty(0, dtype=object), day, 0, day, changes)
    shape = tuple(len(column) + 1 for column in words)
    key, joined = pd.factorize(np.ravel_multi_index([column + 1 for column in codes], shape))
    padded = [["", *map(str, column)] for column in words]
    keys = np.empty(len(joined), dtype=object)
    keys[:] = [
        BETWEEN.join(padded[place][code] for place, code in enumerate(row))
        for row in zip(*np.unravel_index(joined, shape), strict=True)
    ]
    return Tally.of(keys, key.astype(np.int64), 0, day, changes)


@dataclass(frozen=True)
class Routing:
    """What usually comes next, by day.

    Attributes
    ----------
    pairs : (n_pairs,) item + BETWEEN + work centre, "" for a line that is released and not begun
    centres : (n_centres,) work centres, ascending
    place, following : (n_changes,) pair * DAYS + day from whose start the work centre of that index comes next
    queue : lines at a work centre or heading there
    """

    pairs: Texts
    centres: Texts
    place: Ints
    following: Ints
    queue: Daybook

    @classmethod
    def of(cls, moved: Tally, waiting: Tally, working: Tally) -> Routing:
        """From the tallies of all orders."""
        split = [key.rsplit(BETWEEN, 1) for key in moved.keys]
        named = {to for _, to in split}.union(working.keys)
        centres, pairs = _objects(sorted(named)), _objects(sorted({pair for pair, _ in split}))
        centre_of, pair_of = ({word: place for place, word in enumerate(words)} for words in (centres, pairs))
        pair = np.array([pair_of[pair] for pair, _ in split], dtype=np.int64)[moved.key]
        to = np.array([centre_of[to] for _, to in split], dtype=np.int64)[moved.key]
        by = np.lexsort((moved.day, pair))
        place, following = _leading(pair[by], moved.day[by], to[by], moved.changes[by, 0], len(centres))
        wait_pair = np.array([pair_of.get(key, -1) for key in waiting.keys] + [-1], dtype=np.int64)[waiting.key]
        heading = _heading(place, following, wait_pair, waiting.day, waiting.changes[:, 0])
        at = np.array([centre_of[key] for key in working.keys], dtype=np.int64)[working.key]
        centre, day, change = (
            np.concatenate([column, own]) for column, own in
            zip(heading.T, (at, working.day, working.changes[:, 0]), strict=True)
        )  # fmt: skip
        queue = Daybook.of(Tally.of(centres, centre, 0, day, change[:, None]))
        return cls(pairs, centres, place, following, queue)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return {centre: place for place, centre in enumerate(self.centres)}

    def places(self, centres: Texts) -> Ints:
        """(n + 1,) the index of each work centre into ``self.centres``, -1 for one never seen; the last is -1."""
        return np.array([self._place_of.get(centre, -1) for centre in centres] + [-1], dtype=np.int64)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {pair: place for place, pair in enumerate(self.pairs)}

    def next_centre(self, items: Texts, centres: Texts, item: Ints, centre: Ints, day: Ints) -> Ints:
        """(n,) what comes after a work centre for an item at a day's start: index into ``self.centres``, -1 unknown."""
        width = len(centres) + 1
        both = item * width + centre + 1
        inverse = np.arange(len(both))
        if len(both) > FEW:
            inverse, both = pd.factorize(both)
        words = [*map(str, centres), ""]
        known = np.array(
            [self._index.get(f"{items[code // width]}{BETWEEN}{words[code % width - 1]}", -1) for code in both],
            dtype=np.int64,
        )
        pair = known[inverse]
        row: Ints = _leader_at(self.place, self.following, pair, day)
        return row

    def queue_at(self, centre: Ints, day: Ints) -> Ints:
        """(n,) lines in the queue of a work centre (index into ``self.centres``, -1 for none) at a day's start."""
        codes = self.queue.codes(self.centres)
        row: Ints = self.queue.at(codes[centre], day)[:, 0]
        return row

    def to_json(self) -> dict[str, Any]:
        return {
            "pairs": list(self.pairs),
            "centres": list(self.centres),
            "place": self.place.tolist(),
            "following": self.following.tolist(),
            "queue": self.queue.to_json(),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Routing:
        place, following = (np.asarray(stored[name], dtype=np.int64) for name in ("place", "following"))
        return cls(
            _objects(stored["pairs"]), _objects(stored["centres"]), place, following, Daybook.from_json(stored["queue"])
        )


def _objects(words: list[str]) -> Texts:
    objects = np.empty(len(words), dtype=object)
    objects[:] = words
    return objects


@compiled
def _leading(pair: Ints, day: Ints, to: Ints, amount: Ints, n_centres: int) -> tuple[Ints, Ints]:
    """Where the most frequent follower of a pair changes, and to which. Rows by pair and day; ties: the first."""
    place, following = np.empty(len(pair), dtype=np.int64), np.empty(len(pair), dtype=np.int64)
    counts = np.zeros(n_centres, dtype=np.int64)
    n, leader = 0, -1
    for i in range(len(pair)):
        if i == 0 or pair[i] != pair[i - 1]:
            counts[:] = 0
            leader = -1
        counts[to[i]] += amount[i]
        if i + 1 < len(pair) and pair[i + 1] == pair[i] and day[i + 1] == day[i]:
            continue
        best = int(np.argmax(counts))
        if best != leader:
            leader = best
            place[n], following[n] = pair[i] * DAYS + day[i], leader
            n += 1
    return place[:n], following[:n]


@compiled
def _leader_at(place: Ints, following: Ints, pair: Ints, day: Ints) -> Ints:
    """(n,) the most frequent follower of each pair at a day's start, -1 where none was known."""
    out = np.full(len(pair), -1, dtype=np.int64)
    for i in range(len(pair)):
        at = np.searchsorted(place, pair[i] * DAYS + day[i], side="right") - 1
        if pair[i] >= 0 and at >= 0 and place[at] // DAYS == pair[i]:
            out[i] = following[at]
    return out


@compiled
def _heading(place: Ints, following: Ints, pair: Ints, day: Ints, amount: Ints) -> Ints:
    """(n, 3) changes (work centre, day, lines) of those who head there: whoever waits follows the leader of the day.

    Waiting changes are grouped by pair with days ascending; those of an unknown pair (-1) head nowhere.
    """
    rows = np.empty((2 * (len(place) + len(pair)) + 2, 3), dtype=np.int64)
    n, i = 0, 0
    while i < len(pair):
        k = pair[i]
        if k < 0:
            i += 1
            continue
        lead = np.searchsorted(place, k * DAYS)
        count, leader = 0, -1
        while True:
            waits = i < len(pair) and pair[i] == k
            leads = lead < len(place) and place[lead] // DAYS == k
            if not waits and not leads:
                break
            now = day[i] if waits else 1 << 40
            if leads:
                now = min(now, place[lead] % DAYS)
            before, was = count, leader
            while i < len(pair) and pair[i] == k and day[i] == now:
                count += amount[i]
                i += 1
            while lead < len(place) and place[lead] // DAYS == k and place[lead] % DAYS == now:
                leader = following[lead]
                lead += 1
            if was >= 0 and before != 0:
                rows[n, 0], rows[n, 1], rows[n, 2] = was, now, -before
                n += 1
            if leader >= 0 and count != 0:
                rows[n, 0], rows[n, 1], rows[n, 2] = leader, now, count
                n += 1
    return rows[:n]
