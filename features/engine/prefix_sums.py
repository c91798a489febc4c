"""Running counts and sums: entry ``i`` holds before position ``i``; a range of positions is the difference of two."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.selection import Masks, is_selected
from features.jit import compiled
from features.times import NEVER

NET, EITHER_WAY, LATER = 0, 1, 2
"""How moves of a date add up."""


@compiled
def running_count(code: Ints, masks: Masks) -> Ints:
    """Selected events before each position."""
    out = np.empty(len(code) + 1, dtype=np.int64)
    total = 0
    for i in range(len(code)):
        out[i] = total
        total += is_selected(code[i], masks)
    out[len(code)] = total
    return out


@compiled
def running_sum(code: Ints, masks: Masks, values: Ints) -> Ints:
    """Sum over the selected events before each position; a missing value adds nothing."""
    out = np.empty(len(code) + 1, dtype=np.int64)
    total = 0
    for i in range(len(code)):
        out[i] = total
        if values[i] != NEVER and is_selected(code[i], masks):
            total += values[i]
    out[len(code)] = total
    return out


@compiled
def running_above(code: Ints, masks: Masks, values: Ints, limit: int) -> Ints:
    """Selected events with a value above the limit before each position; with ``NEVER``, those that give one."""
    out = np.empty(len(code) + 1, dtype=np.int64)
    total = 0
    for i in range(len(code)):
        out[i] = total
        total += values[i] > limit and is_selected(code[i], masks)
    out[len(code)] = total
    return out


@compiled
def running_last(code: Ints, masks: Masks) -> Ints:
    """Position of the last selected event before each position, -1 for none."""
    out = np.empty(len(code) + 1, dtype=np.int64)
    last = -1
    for i in range(len(code)):
        out[i] = last
        if is_selected(code[i], masks):
            last = i
    out[len(code)] = last
    return out


@compiled
def last_given(codes: Ints) -> Ints:
    """Position of the last event before each position whose code is given (not negative), -1 for none."""
    out = np.empty(len(codes) + 1, dtype=np.int64)
    last = -1
    for i in range(len(codes)):
        out[i] = last
        if codes[i] >= 0:
            last = i
    out[len(codes)] = last
    return out


@compiled
def running_moves(code: Ints, masks: Masks, moved: Ints, how: int) -> Ints:
    """How far the selected statements moved before each position: 0 net, 1 in either direction, 2 only later."""
    out = np.empty(len(code) + 1, dtype=np.int64)
    total = 0
    for i in range(len(code)):
        out[i] = total
        if moved[i] != 0 and is_selected(code[i], masks):
            total += moved[i] if how == NET else (abs(moved[i]) if how == EITHER_WAY else max(moved[i], 0))
    out[len(code)] = total
    return out


@compiled
def running_changes(first: Ints, code: Ints, masks: Masks, state: Ints) -> tuple[Ints, Ints]:
    """How often, and by how much in all, selected events changed a column that holds after each event.

    Both before each position; from and to NEVER is no change.
    """
    times, amounts = np.empty(len(code) + 1, dtype=np.int64), np.empty(len(code) + 1, dtype=np.int64)
    count, amount = 0, 0
    for order in range(len(first) - 1):
        for i in range(first[order], first[order + 1]):
            times[i], amounts[i] = count, amount
            changed = i > first[order] and state[i] != state[i - 1] and state[i] != NEVER and state[i - 1] != NEVER
            if changed and is_selected(code[i], masks):
                count += 1
                amount += state[i] - state[i - 1]
    times[len(code)], amounts[len(code)] = count, amount
    return times, amounts
