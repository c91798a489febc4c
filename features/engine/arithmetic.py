"""Arithmetic of columns: days, shares, shrunk means, reductions by owner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.jit import compiled, compiled_inline
from features.times import DAY, NEVER


@compiled
def days_between(early: Ints, late: Ints) -> Floats:
    """(n,) days from one moment to another, NaN where one is NEVER."""
    out = np.empty(len(early))
    for i in range(len(early)):
        out[i] = np.nan if early[i] == NEVER or late[i] == NEVER else (late[i] - early[i]) / DAY
    return out


@compiled
def in_units(values: Ints, unit: int) -> Floats:
    """(n,) values in so many of what they are counted in, NaN where one is NEVER."""
    out = np.empty(len(values))
    for i in range(len(values)):
        out[i] = np.nan if values[i] == NEVER else values[i] / unit
    return out


@compiled
def share(part: Floats, whole: Floats) -> Floats:
    """(n,) a part of a whole, NaN where the whole is not above zero."""
    out = np.empty(len(part))
    for i in range(len(part)):
        out[i] = part[i] / whole[i] if whole[i] > 0 else np.nan
    return out


@compiled
def only_where(holds: NDArray[np.bool_], values: Floats) -> Floats:
    """(n,) the values where it holds, NaN elsewhere."""
    out = np.empty(len(values))
    for i in range(len(values)):
        out[i] = values[i] if holds[i] else np.nan
    return out


@compiled
def shrunk(of_word: Ints, of_all: Ints, total: int, few: float) -> Floats:
    """(n,) the mean of a total by word, shrunk by ``few`` towards that of all; NaN where nothing is known of any.

    Totals are (n, n_totals), the first of them how many there were.
    """
    out = np.empty(len(of_word))
    for i in range(len(of_word)):
        mean = of_all[i, total] / of_all[i, 0] if of_all[i, 0] > 0 else np.nan
        out[i] = (of_word[i, total] + few * mean) / (of_word[i, 0] + few)
    return out


@compiled
def highest_share(owner: Ints, totals: Ints, what: int, prior: Floats, weight: float) -> Floats:
    """(n,) the highest share of a total in the first one, shrunk by ``weight`` towards the owner's prior."""
    values = np.empty(len(owner))
    for i in range(len(owner)):
        values[i] = (totals[i, what] + weight * prior[owner[i]]) / (totals[i, 0] + weight)
    shares: Floats = highest(owner, values, len(prior))
    return shares


@compiled
def highest(owner: Ints, values: Floats, n: int) -> Floats:
    """(n,) the highest value of each owner, NaN ones left out; NaN where there is none."""
    out = np.full(n, np.nan)
    for i in range(len(owner)):
        if values[i] > out[owner[i]] or np.isnan(out[owner[i]]):
            out[owner[i]] = values[i]
    return out


@compiled
def count_of(owner: Ints, holds: NDArray[np.bool_], n: int) -> Floats:
    """(n,) for how many of each owner's it holds."""
    out = np.zeros(n)
    for i in range(len(owner)):
        out[owner[i]] += holds[i]
    return out


@compiled
def count_in_turn(owner: Ints, early: Ints, late: Ints, n: int) -> Floats:
    """(n,) for how many of each owner's one moment is before another; NEVER is no moment."""
    out = np.zeros(n)
    for i in range(len(owner)):
        out[owner[i]] += NEVER < early[i] < late[i]
    return out


@compiled
def latest_of(owner: Ints, moments: Ints, n: int) -> Ints:
    """(n,) the latest moment of each owner, NEVER where there is none."""
    out = np.full(n, NEVER, dtype=np.int64)
    for i in range(len(owner)):
        out[owner[i]] = max(out[owner[i]], moments[i])
    return out


@compiled
def added_up(owner: Ints, values: Floats, n: int) -> Floats:
    """(n,) the sum of each owner's values, NaN ones left out; 0 where there is none. In the order given."""
    out = np.zeros(n)
    for i in range(len(owner)):
        if not np.isnan(values[i]):
            out[owner[i]] += values[i]
    return out


@compiled
def totals_at(place: Ints, totals: Any, starts: Ints, width: int, key: Ints, sub: Ints, day: Ints, days: int) -> Any:
    """(n, n_totals) what running totals grew by within a key's subdivision up to a day: ``features.context.daybook``.

    ``starts`` is where each key begins in ``place``, ``width`` what a key takes up there. Zero for the key -1; a
    subdivision beyond the last is the last.
    """
    out = np.zeros((len(key), totals.shape[1]), dtype=np.int64)
    for i in range(len(key)):
        k = key[i]
        if k < 0:
            continue
        begin = k * width + min(sub[i] * days, width - days)
        start = _place_of(place, starts[k], starts[k + 1], begin) if begin > k * width else starts[k]
        stop = _place_of(place, start, starts[k + 1], begin + day[i] + 1)
        for j in range(totals.shape[1]):
            out[i, j] = totals[stop, j] - totals[start, j]
    return out


@compiled_inline
def _place_of(place: Ints, low: int, high: int, sought: int) -> int:
    while low < high:
        middle = (low + high) // 2
        if place[middle] < sought:
            low = middle + 1
        else:
            high = middle
    return low
