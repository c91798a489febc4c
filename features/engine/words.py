"""Words within an order: numbered, counted, known by a position."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.selection import Masks, is_selected
from features.jit import compiled


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
    """Number the codes of each order in their own order, -1 for a negative code; and how many each order has."""
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
def running_distinct(first: Ints, code: Ints, masks: Masks, word: Ints, words: Ints) -> Ints:
    """Distinct words among the selected events of the order before each position (running on across orders)."""
    out = np.empty(len(code) + 1, dtype=np.int64)
    total = 0
    for order in range(len(first) - 1):
        seen = np.zeros(words[order], dtype=np.bool_)
        for i in range(first[order], first[order + 1]):
            out[i] = total
            if is_selected(code[i], masks) and not seen[word[i]]:
                seen[word[i]] = True
                total += 1
    out[len(code)] = total
    return out


@compiled
def words_known(first: Ints, codes: Ints, n_codes: int, order: Ints, stop: Ints) -> tuple[Ints, Ints, Ints]:
    """The distinct codes before each point's position: (point, code, position of the first event that has it).

    Points are sorted by order and position; codes come in the order in which they appear.
    """
    total = 0
    owner, code, where = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    seen_in = np.full(n_codes, -1, dtype=np.int64)
    for fill in range(2):
        row, p = 0, 0
        if fill == 1:
            owner, code, where = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
            seen_in[:] = -1
        while p < len(order):
            k = order[p]
            i, count, begin = first[k], 0, row
            while p < len(order) and order[p] == k:
                earlier, start = count, row
                if fill == 1:
                    for j in range(earlier):
                        owner[row], code[row], where[row] = p, code[begin + j], where[begin + j]
                        row += 1
                while i < stop[p]:
                    if codes[i] >= 0 and seen_in[codes[i]] != k:
                        seen_in[codes[i]] = k
                        count += 1
                        if fill == 1:
                            owner[row], code[row], where[row] = p, codes[i], i
                            row += 1
                    i += 1
                begin = start
                total += count if fill == 0 else 0
                p += 1
    return owner, code, where
