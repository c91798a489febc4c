"""Spells: states of an order's things with a begin and an end, such as open holds."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.selection import Masks, _is_one
from features.jit import compiled
from features.times import NEVER


@compiled
def standing(
    first: Ints, saying: Ints, on: Masks, off: Masks, word: Ints, words: Ints, line: Ints, lines: Ints,
    occurred: Ints, recorded: Ints, per_line: bool,
) -> tuple[Ints, Ints]:  # fmt: skip
    """How many things stand, and the sum of the moments at which they began less those at which they ended.

    At a moment ``t`` the things of an order have stood for ``t * count - moments`` in total, ended ones included.
    """
    n = len(saying)
    counts, moments = np.empty(n + 1, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    count, moment = 0, 0
    for order in range(len(first) - 1):
        width = words[order]
        stands = np.zeros((lines[order] + 1 if per_line else 1) * width, dtype=np.bool_)
        for i in range(first[order], first[order + 1]):
            counts[i], moments[i] = count, moment
            begins = _is_one(saying[i], on)
            if not begins and not _is_one(saying[i], off):
                continue
            at = min(occurred[i], recorded[i])
            if per_line and line[i] < 0:
                for place in range(width + word[i], len(stands), width):
                    if stands[place]:
                        stands[place] = False
                        count -= 1
                        moment -= at
            place = word[i] + (width * (line[i] + 1) if per_line else 0)
            if begins != stands[place]:
                stands[place] = begins
                count += 1 if begins else -1
                moment += at if begins else -at
    counts[n], moments[n] = count, moment
    return counts, moments


@compiled
def standing_things(
    first: Ints, saying: Ints, on: Masks, off: Masks, word: Ints, words: Ints, line: Ints, lines: Ints,
    occurred: Ints, recorded: Ints, per_line: bool, order: Ints, stop: Ints, total: int,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """What stands at each point (sorted by order and position): (point, since, position of the last statement)."""
    owner, since, said = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        width = words[k]
        begun = np.full((lines[k] + 1 if per_line else 1) * width, NEVER, dtype=np.int64)
        position = np.empty(len(begun), dtype=np.int64)
        i = first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                begins = _is_one(saying[i], on)
                if begins or _is_one(saying[i], off):
                    if per_line and line[i] < 0:
                        for place in range(width + word[i], len(begun), width):
                            begun[place] = NEVER
                    place = word[i] + (width * (line[i] + 1) if per_line else 0)
                    if not begins:
                        begun[place] = NEVER
                    else:
                        position[place] = i
                        if begun[place] == NEVER:
                            begun[place] = min(occurred[i], recorded[i])
                i += 1
            for place in range(len(begun)):
                if begun[place] != NEVER:
                    owner[row], since[row], said[row] = p, begun[place], position[place]
                    row += 1
            p += 1
    return owner[:row], since[:row], said[:row]


@compiled
def running_reversals(
    first: Ints, saying: Ints, on: Masks, off: Masks, word: Ints, words: Ints, line: Ints, lines: Ints, per_line: bool
) -> Ints:
    """Statements of ``off`` about a thing whose last statement was of ``on``, before each position."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    total = 0
    for order in range(len(first) - 1):
        width = words[order]
        stands = np.zeros((lines[order] + 1 if per_line else 1) * width, dtype=np.bool_)
        for i in range(first[order], first[order + 1]):
            out[i] = total
            begins, ends = _is_one(saying[i], on), _is_one(saying[i], off)
            if not begins and not ends:
                continue
            if per_line and line[i] < 0:
                for place in range(width + word[i], len(stands), width):
                    stands[place] = False
            place = word[i] + (width * (line[i] + 1) if per_line else 0)
            total += ends and stands[place]
            stands[place] = begins
    out[len(saying)] = total
    return out
