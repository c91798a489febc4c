"""Sorting events within their orders, and finding how many were known by a moment.

Within an order events stand by ``recorded_at``, ``occurred_at``, ``sequence`` (the source's own order; without one
first), precedence (``features.events.schema.PRECEDENCE``), ``source`` and the natural order of ``event_id``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.events.columns import Columns
from features.events.schema import PRECEDENCE
from features.events.text import Coded
from features.jit import compiled, compiled_inline

DIGITS = re.compile(r"(\d+)", re.ASCII)
UNPLACED: dict[str | None, int] = {None: len(PRECEDENCE)}
PLACES = {
    kind: UNPLACED | {state: place for place, (of, state) in enumerate(PRECEDENCE) if of == kind}
    for kind, _ in PRECEDENCE
}
"""By type and state, ``None`` for any other state, their places in ``PRECEDENCE``; what has none comes last."""


class Ties(NamedTuple):
    """How many statements of an order that were made in the same moment were put in order by what is not time."""

    by_sequence: int
    by_precedence: int
    by_id: int


class SortKeys(NamedTuple):
    """What events are sorted by within their orders, but for their ids. Shapes (n_events,) but for ``places``.

    ``type`` and ``state`` are codes, ``source`` are ranks; ``places`` (n_types, n_states + 1) has the precedence of
    each type and state, in its last column that of the type without a state.
    """

    recorded: Ints
    occurred: Ints
    sequence: Ints
    type: Ints
    state: Ints
    quantity: Floats
    source: Ints
    places: Ints


@lru_cache(maxsize=1 << 12)
def natural_key(text: str) -> tuple[tuple[str | int, ...], str]:
    """What texts are compared by so that runs of digits count as numbers; an order's ids come back with each event.

    >>> sorted(["chg-10", "chg-9", "chg-09"], key=natural_key)
    ['chg-09', 'chg-9', 'chg-10']
    """
    parts: list[str | int] = list(DIGITS.split(text))
    parts[1::2] = [int(digits) for digits in parts[1::2]]
    return tuple(parts), text


def precedence(kind: str, state: str | None, reverses: bool) -> int:
    """The place of a statement among those of one moment; what reverses comes after what it reverses."""
    own = PLACES.get(kind, UNPLACED)
    return own.get(state, own[None]) * 2 + reverses


def sort_events(orders: Coded, columns: Columns) -> tuple[Ints, Ints]:
    """The rows of an event table in their order: (n_events,) rows, and (n_orders + 1,) where each order begins.

    ``orders`` are the ids of the orders, ranked. Ids of events are compared only where everything else is equal.
    """
    by, first, same = sorted_events(orders.codes, orders.n_words, *_sort_keys(columns))
    if same.any():
        tied, run = _tied(same)
        rows = by[tied]
        ids = map(natural_key, columns["event_id"].take(rows).texts())
        keys = list(zip(run.tolist(), ids, strict=True))
        by[tied] = rows[sorted(range(len(keys)), key=keys.__getitem__)]
    return by, first


def count_ties(orders: Coded, columns: Columns) -> Ties:
    """What puts the events of a table in order where time does not; ``orders`` are the ids of the orders, ranked."""
    keys = _sort_keys(columns)
    by, _, _ = sorted_events(orders.codes, orders.n_words, *keys)
    place = keys.places[keys.type, keys.state] * 2 + (keys.quantity < 0)
    of_moment = _repeats(orders.codes[by], keys.recorded[by], keys.occurred[by])
    of_sequence = of_moment & _repeats(keys.sequence[by])
    of_place = of_sequence & _repeats(place[by])
    told_apart = of_moment & ~of_sequence, of_sequence & ~of_place, of_place
    return Ties(*(len(_tied(same)[0]) for same in told_apart))


def _sort_keys(columns: Columns) -> SortKeys:
    types, states = columns["type"], columns["state"]
    words = [*states.words, None]
    of_types = [PLACES.get(kind, UNPLACED) for kind in types.words]
    places = [[own.get(word, own[None]) for word in words] for own in of_types]
    return SortKeys(
        columns["recorded_at"],
        columns["occurred_at"],
        columns["sequence"],
        types.codes,
        states.codes,
        columns["quantity"],
        columns["source"].ranked().codes,
        np.array(places, dtype=np.int64).reshape(len(of_types), len(words)),
    )


def _repeats(*columns: Ints) -> Mask:
    """(n,) True where a row has the values of the one before."""
    same = np.ones(len(columns[0]), dtype=bool)
    same[:1] = False
    for column in columns:
        same[1:] &= column[1:] == column[:-1]
    return same


@compiled
def _tied(same: Mask) -> tuple[Ints, Ints]:
    """The rows that have the values of the one before or after; and (n_tied,) the number of their run.

    ``same`` (n,) is True where a row has the values of the one before.
    """
    tied, run = np.empty(len(same), dtype=np.int64), np.empty(len(same), dtype=np.int64)
    row, number = 0, 0
    for i in range(len(same)):
        follows = i + 1 < len(same) and same[i + 1]
        number += follows and not same[i]
        if same[i] or follows:
            tied[row], run[row] = i, number
            row += 1
    return tied[:row], run[:row]


@compiled
def known_until(first: Ints, recorded: Ints, order: Ints, moment: Ints) -> Ints:
    """For each (order, moment): the position after the last event recorded by then. Binary search."""
    stop = np.empty(len(order), dtype=np.int64)
    for i in range(len(order)):
        low, high = first[order[i]], first[order[i] + 1]
        while low < high:
            middle = (low + high) // 2
            if recorded[middle] <= moment[i]:
                low = middle + 1
            else:
                high = middle
        stop[i] = low
    return stop


@compiled
def sorted_events(order: Ints, n_orders: int, *columns: Any) -> tuple[Ints, Ints, Mask]:
    """Positions sorted by order and keys; where each order begins; (n,) where the keys are those of the one before.

    ``columns`` are the fields of ``SortKeys`` one by one. Counting sort by order, then a merge sort of each order's few
    events (nothing to do where they are in order).
    """
    keys = SortKeys(*columns)
    first = np.zeros(n_orders + 1, dtype=np.int64)
    for i in range(len(order)):
        first[order[i] + 1] += 1
    for i in range(n_orders):
        first[i + 1] += first[i]
    fill = first[:-1].copy()
    by = np.empty(len(order), dtype=np.int64)
    for i in range(len(order)):
        by[fill[order[i]]] = i
        fill[order[i]] += 1
    spare = np.empty(len(order), dtype=np.int64)
    same = np.zeros(len(order), dtype=np.bool_)
    for k in range(n_orders):
        start, end = first[k], first[k + 1]
        _merge_sort(by, spare, start, end, keys)
        for i in range(start + 1, end):
            same[i] = not _later(by[i], by[i - 1], keys)
    return by, first, same


@compiled
def _merge_sort(by: Ints, spare: Ints, start: int, end: int, keys: SortKeys) -> None:
    """Sort by[start:end] by their keys, bottom up from runs of insertion sort; stable."""
    width = 24
    for low in range(start, end, width):
        for i in range(low + 1, min(low + width, end)):
            moving, j = by[i], i
            while j > low and _later(by[j - 1], moving, keys):
                by[j] = by[j - 1]
                j -= 1
            by[j] = moving
    while width < end - start:
        for low in range(start, end, 2 * width):
            middle, high = min(low + width, end), min(low + 2 * width, end)
            i, j = low, middle
            for k in range(low, high):
                if i < middle and (j >= high or not _later(by[i], by[j], keys)):
                    spare[k] = by[i]
                    i += 1
                else:
                    spare[k] = by[j]
                    j += 1
        by[start:end] = spare[start:end]
        width *= 2


@compiled_inline
def _later(a: int, b: int, keys: SortKeys) -> bool:
    if keys.recorded[a] != keys.recorded[b]:
        return bool(keys.recorded[a] > keys.recorded[b])
    if keys.occurred[a] != keys.occurred[b]:
        return bool(keys.occurred[a] > keys.occurred[b])
    return _told_later(a, b, keys)


@compiled
def _told_later(a: int, b: int, keys: SortKeys) -> bool:
    """Of two statements of one moment."""
    if keys.sequence[a] != keys.sequence[b]:
        return bool(keys.sequence[a] > keys.sequence[b])
    place = keys.places[keys.type[a], keys.state[a]] * 2 + (keys.quantity[a] < 0)
    other = keys.places[keys.type[b], keys.state[b]] * 2 + (keys.quantity[b] < 0)
    later: bool = place > other if place != other else keys.source[a] > keys.source[b]
    return later
