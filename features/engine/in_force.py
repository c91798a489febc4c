"""What is in force after each event: the last statement of each thing of an order."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.selection import Masks, is_selected
from features.jit import compiled
from features.times import NEVER


@compiled
def moves(
    first: Ints, code: Ints, masks: Masks, word: Ints, words: Ints, line: Ints, lines: Ints, per_line: bool,
    date: Ints,
) -> Ints:  # fmt: skip
    """(n_events,) how far each selected statement of a date moved the one before it of the same thing."""
    moved = np.zeros(len(code), dtype=np.int64)
    for order in range(len(first) - 1):
        width = words[order]
        held = np.full((lines[order] + 1 if per_line else 1) * width, NEVER, dtype=np.int64)
        for i in range(first[order], first[order + 1]):
            if date[i] == NEVER or not is_selected(code[i], masks):
                continue
            place = word[i] + (width * (line[i] + 1) if per_line else 0)
            if held[place] != NEVER:
                moved[i] = date[i] - held[place]
            held[place] = date[i]
    return moved


@compiled
def revisions(
    first: Ints, code: Ints, masks: Masks, word: Ints, words: Ints, line: Ints, lines: Ints, per_line: bool,
    date: Ints, quantity: Ints,
) -> Ints:  # fmt: skip
    """(n_events,) 1 where a selected statement gives a thing that was stated another date or quantity.

    The same again is no revision, and what a statement does not give it does not revise.
    """
    revised = np.zeros(len(code), dtype=np.int64)
    for order in range(len(first) - 1):
        width = words[order]
        held = np.full(((lines[order] + 1 if per_line else 1) * width, 2), NEVER, dtype=np.int64)
        for i in range(first[order], first[order + 1]):
            if not is_selected(code[i], masks):
                continue
            place = word[i] + (width * (line[i] + 1) if per_line else 0)
            for column, value in enumerate((date[i], quantity[i])):
                if value == NEVER:
                    continue
                if held[place, column] != NEVER and held[place, column] != value:
                    revised[i] = 1
                held[place, column] = value
    return revised


@compiled
def latest_in_force(first: Ints, code: Ints, masks: Masks, word: Ints, words: Ints, date: Ints) -> Ints:
    """(n_events,) after each event, the latest of the order's dates in force: each thing's last statement holds."""
    out = np.full(len(code), NEVER, dtype=np.int64)
    for order in range(len(first) - 1):
        held = np.full(words[order], NEVER, dtype=np.int64)
        latest = NEVER
        for i in range(first[order], first[order + 1]):
            if date[i] != NEVER and is_selected(code[i], masks):
                before = held[word[i]]
                held[word[i]] = date[i]
                if date[i] >= latest:
                    latest = date[i]
                elif before == latest:
                    latest = held.max()
            out[i] = latest
    return out


@compiled
def total_in_force(first: Ints, code: Ints, masks: Masks, word: Ints, words: Ints, values: Ints) -> Ints:
    """(n_events,) after each event, the sum of the order's values in force: each thing's last statement holds."""
    out = np.zeros(len(code), dtype=np.int64)
    for order in range(len(first) - 1):
        held = np.zeros(words[order], dtype=np.int64)
        total = 0
        for i in range(first[order], first[order + 1]):
            if values[i] != NEVER and is_selected(code[i], masks):
                total += values[i] - held[word[i]]
                held[word[i]] = values[i]
            out[i] = total
    return out


@compiled
def longest_gap(first: Ints, code: Ints, masks: Masks, recorded: Ints) -> Ints:
    """(n_events,) after each event, the longest time between two consecutive selected records of the order."""
    out = np.zeros(len(recorded), dtype=np.int64)
    for order in range(len(first) - 1):
        last = NEVER
        for i in range(first[order], first[order + 1]):
            out[i] = out[i - 1] if i > first[order] else 0
            if is_selected(code[i], masks):
                if last != NEVER:
                    out[i] = max(out[i], recorded[i] - last)
                last = recorded[i]
    return out
