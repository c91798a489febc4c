"""The loops: few, compiled, over integers only."""

from __future__ import annotations

import numpy as np
from numba import njit

from features.times import NEVER, Ints


def changes_by_key(keys: Ints, amounts: Ints) -> Ints:
    """How each statement changes the amount in force of its key, 0 before the first. Shapes (n,)."""
    by = np.argsort(keys, kind="stable")
    ordered = amounts[by]
    same_key = keys[by][1:] == keys[by][:-1]
    ordered[1:] -= np.where(same_key, amounts[by][:-1], 0)
    change = np.empty_like(amounts)
    change[by] = ordered
    return change


@njit(cache=True)
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


@njit(cache=True)
def latest_maximum(first: Ints, thing: Ints, date: Ints) -> Ints:
    """After each event, the latest of the dates in force: one a thing, each thing's last statement holds."""
    out = np.full(len(thing), NEVER, dtype=np.int64)
    for order in range(len(first) - 1):
        start, end = first[order], first[order + 1]
        count = 0
        for i in range(start, end):
            count = max(count, thing[i] + 1)
        held = np.full(count, NEVER, dtype=np.int64)
        latest = NEVER
        for i in range(start, end):
            if thing[i] >= 0:
                held[thing[i]] = date[i]
                latest = NEVER
                for j in range(count):
                    latest = max(latest, held[j])
            out[i] = latest
    return out
