"""Sorting events within their orders, and finding how many were known by a moment."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.jit import compiled, compiled_inline


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
