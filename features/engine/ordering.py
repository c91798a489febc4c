"""Sorting events within their orders, and finding how many were known by a moment.

Within an order events stand by ``recorded_at``, ``occurred_at``, ``sequence`` (the source's own order; without one
first), precedence (``features.events.schema.PRECEDENCE``), ``source`` and the natural order of ``event_id``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from features.arrays import Ints, Mask
from features.events.columns import Columns
from features.events.schema import PRECEDENCE
from features.events.text import Coded, Texts
from features.jit import compiled, compiled_inline

DIGITS = re.compile(r"(\d+)", re.ASCII)
LAST = len(PRECEDENCE)


class Ties(NamedTuple):
    """How many statements of an order that were made in the same moment were put in order by what is not time."""

    by_sequence: int
    by_precedence: int
    by_id: int


def natural_key(text: str) -> tuple[list[str | int], str]:
    """What texts are compared by so that runs of digits count as numbers.

    >>> sorted(["chg-10", "chg-9", "chg-09"], key=natural_key)
    ['chg-09', 'chg-9', 'chg-10']
    """
    parts: list[str | int] = list(DIGITS.split(text))
    parts[1::2] = [int(digits) for digits in parts[1::2]]
    return parts, text


def sort_events(orders: Coded, columns: Columns) -> tuple[Ints, Ints, Ties]:
    """The rows of an event table in their order: (n_events,) rows, (n_orders + 1,) where each order begins, and ties.

    ``orders`` are the ids of the orders, ranked. Texts are compared only where everything else is equal.
    """
    recorded, occurred = columns["recorded_at"], columns["occurred_at"]
    by, first, ties = sorted_events(orders.codes, orders.n_words, recorded, occurred)
    if not ties:
        return by, first, Ties(0, 0, 0)
    same = _repeats(orders.codes[by], recorded[by], occurred[by])
    tied, run = _tied(same)
    sequence, precedence = columns["sequence"][by[tied]], precedences(columns, by[tied])
    source = columns["source"].take(by[tied]).used().ranked().codes
    turn = np.lexsort((source, precedence, sequence, run))
    by[tied] = by[tied][turn]
    sequence, precedence, source, run = sequence[turn], precedence[turn], source[turn], run[turn]
    still = _repeats(run, sequence, precedence, source)
    by_id, again = _tied(still)
    rows = by[tied[by_id]]
    by[tied[by_id]] = rows[np.lexsort((_natural_ranks(columns, rows), again))]
    in_sequence = _repeats(run) & ~_repeats(run, sequence)
    as_they_begin = _repeats(run, sequence) & ~_repeats(run, sequence, precedence)
    by_name = _repeats(run, sequence, precedence)
    return by, first, Ties(*(len(_tied(where)[0]) for where in (in_sequence, as_they_begin, by_name)))


def precedences(columns: Columns, rows: Ints) -> Ints:
    """(n_rows,) the place of each statement among those of one moment; what reverses comes after what it reverses."""
    types, states = columns["type"].take(rows), columns["state"].take(rows)
    places = {pair: place for place, pair in enumerate(PRECEDENCE)}
    words = [*states.words, None]
    table = [[places.get((kind, state), places.get((kind, None), LAST)) for state in words] for kind in types.words]
    reverses = columns["quantity"][rows] < 0
    turn: Ints = np.array(table, dtype=np.int64)[types.codes, states.codes] * 2 + reverses
    return turn


def _natural_ranks(columns: Columns, rows: Ints) -> Ints:
    """(n_rows,) the place of each event's id in their natural order."""
    ids: Texts = columns["event_id"].take(rows).texts()
    unique = sorted(set(ids), key=natural_key)
    place = {text: rank for rank, text in enumerate(unique)}
    return np.array([place[text] for text in ids], dtype=np.int64)


def _repeats(*columns: Ints) -> Mask:
    """(n - 1,) True where a row has the values of the one before."""
    same = np.ones(max(len(columns[0]) - 1, 0), dtype=bool)
    for column in columns:
        same &= column[1:] == column[:-1]
    return same


def _tied(same: Mask) -> tuple[Ints, Ints]:
    """The rows that have the values of the one before or after; and (n_tied,) the number of their run."""
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    return tied, np.cumsum(np.append(True, ~same))[tied]


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
def sorted_events(order: Ints, n_orders: int, recorded: Ints, occurred: Ints) -> tuple[Ints, Ints, bool]:
    """Positions sorted by order and both clocks; where each order begins; whether equal clocks are left to break.

    Counting sort by order, then a merge sort of each order's few events (nothing to do where they are in order).
    """
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
    ties = False
    for k in range(n_orders):
        start, end = first[k], first[k + 1]
        _merge_sort(by, spare, start, end, recorded, occurred)
        for i in range(start + 1, end):
            if recorded[by[i]] == recorded[by[i - 1]] and occurred[by[i]] == occurred[by[i - 1]]:
                ties = True
    return by, first, ties


@compiled
def _merge_sort(by: Ints, spare: Ints, start: int, end: int, recorded: Ints, occurred: Ints) -> None:
    """Sort by[start:end] by both clocks, bottom up from runs of insertion sort; stable."""
    width = 24
    for low in range(start, end, width):
        for i in range(low + 1, min(low + width, end)):
            moving, j = by[i], i
            while j > low and _later(by[j - 1], moving, recorded, occurred):
                by[j] = by[j - 1]
                j -= 1
            by[j] = moving
    while width < end - start:
        for low in range(start, end, 2 * width):
            middle, high = min(low + width, end), min(low + 2 * width, end)
            i, j = low, middle
            for k in range(low, high):
                if i < middle and (j >= high or not _later(by[i], by[j], recorded, occurred)):
                    spare[k] = by[i]
                    i += 1
                else:
                    spare[k] = by[j]
                    j += 1
        by[start:end] = spare[start:end]
        width *= 2


@compiled_inline
def _later(a: int, b: int, recorded: Ints, occurred: Ints) -> bool:
    later: bool = recorded[a] > recorded[b] or (recorded[a] == recorded[b] and occurred[a] > occurred[b])
    return later
