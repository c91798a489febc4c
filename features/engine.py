"""The loops over events: few, compiled, over integers only.

Running values have shape (n_events + 1,): entry ``i`` holds before position ``i``, so that a range of positions is
the difference of two entries. They run on across orders and may wrap around; differences within an order are exact
all the same. Things (holds, operations, deliveries, ...) are numbered within their order: a thing is a word, or
with ``per_line`` a word of a line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.compiled import compiled, compiled_inline
from features.times import DAY, NEVER, Ints

Floats = NDArray[np.float64]
Masks = Ints
BITS = 63
NET, EITHER_WAY, LATER = 0, 1, 2
"""How moves of a date add up."""


@compiled_inline
def _is_one(saying: int, masks: Masks) -> bool:
    """Does an event say one of the types, and in each column one of the words? See ``features.selection``."""
    said: bool = (
        (masks[0] >> (saying & BITS))
        & (masks[1] >> ((saying >> 8) & BITS))
        & (masks[2] >> ((saying >> 16) & BITS))
        & (masks[3] >> ((saying >> 24) & BITS))
        & (masks[4] >> ((saying >> 32) & BITS))
        & 1
    ) == 1
    return said


@compiled
def matches(saying: Ints, masks: Masks) -> NDArray[np.bool_]:
    """(n_events,) True where an event is selected."""
    out = np.empty(len(saying), dtype=np.bool_)
    for i in range(len(saying)):
        out[i] = _is_one(saying[i], masks)
    return out


@compiled
def packed(saying: Ints, masks: Masks, start: int, stop: int) -> NDArray[np.uint8]:
    """Which events from ``start`` to before ``stop`` are selected, eight a byte, the first of them the lowest."""
    out = np.zeros((stop - start + 7) // 8, dtype=np.uint8)
    for i in range(stop - start):
        out[i >> 3] |= np.uint8(_is_one(saying[start + i], masks)) << np.uint8(i & 7)
    return out


@compiled
def running_count(saying: Ints, masks: Masks) -> Ints:
    """Selected events before each position."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    total = 0
    for i in range(len(saying)):
        out[i] = total
        total += _is_one(saying[i], masks)
    out[len(saying)] = total
    return out


@compiled
def running_sum(saying: Ints, masks: Masks, values: Ints) -> Ints:
    """Sum over the selected events before each position; a missing value adds nothing."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    total = 0
    for i in range(len(saying)):
        out[i] = total
        if values[i] != NEVER and _is_one(saying[i], masks):
            total += values[i]
    out[len(saying)] = total
    return out


@compiled
def running_above(saying: Ints, masks: Masks, values: Ints, limit: int) -> Ints:
    """Selected events with a value above the limit before each position; with ``NEVER``, those that give one."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    total = 0
    for i in range(len(saying)):
        out[i] = total
        total += values[i] > limit and _is_one(saying[i], masks)
    out[len(saying)] = total
    return out


@compiled
def running_last(saying: Ints, masks: Masks) -> Ints:
    """Position of the last selected event before each position, -1 for none."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    last = -1
    for i in range(len(saying)):
        out[i] = last
        if _is_one(saying[i], masks):
            last = i
    out[len(saying)] = last
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


@compiled
def numbered(first: Ints, codes: Ints, n_codes: int) -> tuple[Ints, Ints]:
    """Number the codes of each order in the order they appear, -1 for a negative code; and how many each order has."""
    number = np.empty(len(codes), dtype=np.int64)
    count = np.zeros(len(first) - 1, dtype=np.int64)
    seen_in = np.full(n_codes, -1, dtype=np.int64)
    place = np.empty(n_codes, dtype=np.int64)
    for order in range(len(first) - 1):
        for i in range(first[order], first[order + 1]):
            code = codes[i]
            if code < 0:
                number[i] = -1
                continue
            if seen_in[code] != order:
                seen_in[code] = order
                place[code] = count[order]
                count[order] += 1
            number[i] = place[code]
    return number, count


@compiled
def ranked(first: Ints, codes: Ints, n_codes: int) -> tuple[Ints, Ints]:
    """The same, numbered in the order of the codes."""
    number, count = numbered(first, codes, n_codes)
    for order in range(len(first) - 1):
        k = count[order]
        if k < 2:
            continue
        code_of = np.empty(k, dtype=np.int64)
        for i in range(first[order], first[order + 1]):
            if number[i] >= 0:
                code_of[number[i]] = codes[i]
        rank = np.empty(k, dtype=np.int64)
        rank[np.argsort(code_of)] = np.arange(k)
        for i in range(first[order], first[order + 1]):
            if number[i] >= 0:
                number[i] = rank[number[i]]
    return number, count


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


@compiled
def running_distinct(first: Ints, saying: Ints, masks: Masks, word: Ints, words: Ints) -> Ints:
    """Distinct words among the selected events of the order before each position (running on across orders)."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    total = 0
    for order in range(len(first) - 1):
        said = np.zeros(words[order], dtype=np.bool_)
        for i in range(first[order], first[order + 1]):
            out[i] = total
            if _is_one(saying[i], masks) and not said[word[i]]:
                said[word[i]] = True
                total += 1
    out[len(saying)] = total
    return out


@compiled
def moves(
    first: Ints, saying: Ints, masks: Masks, word: Ints, words: Ints, line: Ints, lines: Ints, per_line: bool,
    date: Ints,
) -> Ints:  # fmt: skip
    """(n_events,) how far each selected statement of a date moved the one before it of the same thing."""
    moved = np.zeros(len(saying), dtype=np.int64)
    for order in range(len(first) - 1):
        width = words[order]
        held = np.full((lines[order] + 1 if per_line else 1) * width, NEVER, dtype=np.int64)
        for i in range(first[order], first[order + 1]):
            if date[i] == NEVER or not _is_one(saying[i], masks):
                continue
            place = word[i] + (width * (line[i] + 1) if per_line else 0)
            if held[place] != NEVER:
                moved[i] = date[i] - held[place]
            held[place] = date[i]
    return moved


@compiled
def running_moves(saying: Ints, masks: Masks, moved: Ints, how: int) -> Ints:
    """How far the selected statements moved before each position: 0 net, 1 in either direction, 2 only later."""
    out = np.empty(len(saying) + 1, dtype=np.int64)
    total = 0
    for i in range(len(saying)):
        out[i] = total
        if moved[i] != 0 and _is_one(saying[i], masks):
            total += moved[i] if how == NET else (abs(moved[i]) if how == EITHER_WAY else max(moved[i], 0))
    out[len(saying)] = total
    return out


@compiled
def running_changes(first: Ints, saying: Ints, masks: Masks, state: Ints) -> tuple[Ints, Ints]:
    """How often, and by how much in all, selected events changed a column that holds after each event.

    Both before each position; from and to NEVER is no change.
    """
    times, amounts = np.empty(len(saying) + 1, dtype=np.int64), np.empty(len(saying) + 1, dtype=np.int64)
    count, amount = 0, 0
    for order in range(len(first) - 1):
        for i in range(first[order], first[order + 1]):
            times[i], amounts[i] = count, amount
            changed = i > first[order] and state[i] != state[i - 1] and state[i] != NEVER and state[i - 1] != NEVER
            if changed and _is_one(saying[i], masks):
                count += 1
                amount += state[i] - state[i - 1]
    times[len(saying)], amounts[len(saying)] = count, amount
    return times, amounts


@compiled
def latest_in_force(first: Ints, saying: Ints, masks: Masks, word: Ints, words: Ints, date: Ints) -> Ints:
    """(n_events,) after each event, the latest of the order's dates in force: each thing's last statement holds."""
    out = np.full(len(saying), NEVER, dtype=np.int64)
    for order in range(len(first) - 1):
        held = np.full(words[order], NEVER, dtype=np.int64)
        latest = NEVER
        for i in range(first[order], first[order + 1]):
            if date[i] != NEVER and _is_one(saying[i], masks):
                before = held[word[i]]
                held[word[i]] = date[i]
                if date[i] >= latest:
                    latest = date[i]
                elif before == latest:
                    latest = held.max()
            out[i] = latest
    return out


@compiled
def total_in_force(first: Ints, saying: Ints, masks: Masks, word: Ints, words: Ints, values: Ints) -> Ints:
    """(n_events,) after each event, the sum of the order's values in force: each thing's last statement holds."""
    out = np.zeros(len(saying), dtype=np.int64)
    for order in range(len(first) - 1):
        held = np.zeros(words[order], dtype=np.int64)
        total = 0
        for i in range(first[order], first[order + 1]):
            if values[i] != NEVER and _is_one(saying[i], masks):
                total += values[i] - held[word[i]]
                held[word[i]] = values[i]
            out[i] = total
    return out


@compiled
def longest_gap(first: Ints, recorded: Ints) -> Ints:
    """(n_events,) after each event, the longest time between two consecutive records of the order."""
    out = np.zeros(len(recorded), dtype=np.int64)
    for order in range(len(first) - 1):
        for i in range(first[order] + 1, first[order + 1]):
            out[i] = max(out[i - 1], recorded[i] - recorded[i - 1])
    return out


@compiled
def first_known_pair(first: Ints, a: Ints, b: Ints) -> Ints:
    """(n_events,) after each event, ``a - b`` as it was after the order's first event with both known; else NEVER."""
    out = np.full(len(a), NEVER, dtype=np.int64)
    for order in range(len(first) - 1):
        for i in range(first[order], first[order + 1]):
            if i > first[order] and out[i - 1] != NEVER:
                out[i] = out[i - 1]
            elif a[i] != NEVER and b[i] != NEVER:
                out[i] = a[i] - b[i]
    return out


@compiled
def words_known(first: Ints, codes: Ints, n_codes: int, order: Ints, stop: Ints) -> tuple[Ints, Ints, Ints]:
    """The distinct codes said before each point's position: (point, code, position of the first that says it).

    Points are sorted by order and position; codes come in the order in which they were said.
    """
    total = 0
    owner, said, where = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    seen_in = np.full(n_codes, -1, dtype=np.int64)
    for fill in range(2):
        row, p = 0, 0
        if fill == 1:
            owner, said, where = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
            seen_in[:] = -1
        while p < len(order):
            k = order[p]
            i, count, begin = first[k], 0, row
            while p < len(order) and order[p] == k:
                earlier, start = count, row
                if fill == 1:
                    for j in range(earlier):
                        owner[row], said[row], where[row] = p, said[begin + j], where[begin + j]
                        row += 1
                while i < stop[p]:
                    if codes[i] >= 0 and seen_in[codes[i]] != k:
                        seen_in[codes[i]] = k
                        count += 1
                        if fill == 1:
                            owner[row], said[row], where[row] = p, codes[i], i
                            row += 1
                    i += 1
                begin = start
                total += count if fill == 0 else 0
                p += 1
    return owner, said, where


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
    found: Floats = highest(owner, values, len(prior))
    return found


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
    """(n, n_totals) what running totals grew by within a key's subdivision up to a day: see ``features.daybook``.

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


@compiled
def any_untidy(offsets: Any, data: Any, n: int) -> bool:
    """Whether a text is empty or may have blanks around it: its first or last byte is a control or not ASCII."""
    for i in range(n):
        begin, end = offsets[i], offsets[i + 1]
        if begin == end or data[begin] <= 32 or data[end - 1] <= 32 or data[begin] >= 128 or data[end - 1] >= 128:
            return True
    return False


@compiled
def hashes(offsets: Any, data: Any, n: int) -> NDArray[np.uint64]:
    """(n,) FNV-1a of 64 bits of the texts between the offsets of an Arrow string array."""
    out = np.empty(n, dtype=np.uint64)
    for i in range(n):
        found = np.uint64(14695981039346656037)
        for j in range(offsets[i], offsets[i + 1]):
            found = (found ^ np.uint64(data[j])) * np.uint64(1099511628211)
        out[i] = found
    return out
