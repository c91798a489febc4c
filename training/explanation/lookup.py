"""Tables looked up for many rows side by side, or for a few one after another, with the same bits.

A node compares a number with a threshold. Here the numbers of a row are coded once: 0 is missing, else 1 + how many of
the signal's thresholds, in all trees, lie below. What goes left at a node are then codes in a row, which is one
comparison of 16 bits, of many rows at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.jit import compiled, compiled_inline
from training.explanation.chunks import Chunks
from training.explanation.forest import Forest

BLOCK, FEW = 512, 16
"""Rows that go through all chunks side by side; so many go one after another."""
MOST_THRESHOLDS = 65_000
"""Thresholds that codes of 16 bits tell apart; a signal of more has several codes."""
ZEROS, NANS = 1, 2
ZERO = 1.0000000180025095e-35
"""LightGBM's ``missing_type``, and up to which size it takes a number for zero."""
Shorts = NDArray[np.uint16]


class Coding(NamedTuple):
    """How signals are coded.

    It stands in this file, as the one below does, because machine code is kept under the code of the loops' own file: a
    field that moves must compile them anew.

    Attributes
    ----------
    signal, missing : (n_codes,) the signal, and which of its values are missing
    firsts : (n_codes + 1,) where the thresholds of each code begin
    at : (n_thresholds,) these, sorted
    """

    signal: Ints
    missing: Ints
    firsts: Ints
    at: Floats


class Tables(NamedTuple):
    """The chunks' steps in codes, and what their ways add; shapes as in ``training.explanation.chunks.Chunks``.

    Attributes
    ----------
    code, start, span, bit : (n_steps,) the bit is set where the code is ``start`` or at most ``span`` above it, counted
        around from 65,535 to 0
    starts : (n_chunks,) where each chunk's table begins
    numbers : the tables, a row a way
    """

    steps: Ints
    code: Ints
    start: Shorts
    span: Shorts
    bit: Ints
    firsts: Ints
    signals: Ints
    starts: Ints
    numbers: Floats


def code_thresholds(forest: Forest) -> tuple[Coding, Ints, Shorts, Shorts]:
    """The coding, and for each node its code, the first one that goes left, and how far those reach that do."""
    order = np.lexsort((forest.threshold, forest.missing, forest.signal))
    signal, missing, at = forest.signal[order], forest.missing[order], forest.threshold[order]
    begins, new = np.ones(len(order), np.bool_), np.ones(len(order), np.bool_)
    begins[1:] = (signal[1:] != signal[:-1]) | (missing[1:] != missing[:-1])
    new[1:] = begins[1:] | (at[1:] != at[:-1])
    rank = np.cumsum(new) - 1
    begins |= new & ((rank - np.maximum.accumulate(np.where(begins, rank, 0))) % MOST_THRESHOLDS == 0)
    firsts = np.append(rank[begins], new.sum())
    code, reach = np.empty_like(order), np.empty_like(order)
    code[order] = np.cumsum(begins) - 1
    reach[order] = rank
    start = np.where(forest.default_left, 0, 1)
    span = reach - firsts[code] + 1 - start
    return (
        Coding(signal[begins], missing[begins], firsts, at[new]),
        code,
        start.astype(np.uint16),
        span.astype(np.uint16),
    )


def empty_tables(forest: Forest, chunks: Chunks) -> tuple[Coding, Tables]:
    """Tables of the chunks, with zeros for numbers."""
    coding, code, start, span = code_thresholds(forest)
    node, if_left = chunks.node, chunks.if_left
    sizes = np.diff(chunks.firsts) << chunks.bits
    tables = Tables(
        steps=chunks.steps,
        code=code[node],
        start=np.where(if_left, start[node], start[node] + span[node] + np.uint16(1)),
        span=np.where(if_left, span[node], np.uint16(65_534) - span[node]),
        bit=chunks.bit,
        firsts=chunks.firsts,
        signals=chunks.signals,
        starts=np.cumsum(sizes) - sizes,
        numbers=np.zeros(int(sizes.sum())),
    )
    return coding, tables


@compiled_inline
def _encode(coding: Coding, c: int, value: float) -> int:
    """LightGBM's rule: what is missing is 0; any other NaN is the number zero, as are numbers next to it."""
    missing, is_nan = coding.missing[c], np.isnan(value)
    is_zero = is_nan or abs(value) <= ZERO
    if (is_nan and missing == NANS) or (is_zero and missing == ZEROS):
        return 0
    if is_zero:
        value = 0.0
    first, left = coding.firsts[c], coding.firsts[c + 1] - coding.firsts[c]
    low = first
    while left > 0:
        half = (left + 1) >> 1
        low += half if coding.at[low + half - 1] < value else 0
        left -= half
    code: int = low - first + 1
    return code


@compiled
def look_up(coding: Coding, tables: Tables, rows: Floats, begin: int, end: int, out: Floats, added: Floats) -> None:
    """Fill the scores and contributions of the rows from ``begin`` to before ``end``."""
    if end - begin <= FEW:
        _one_after_another(coding, tables, rows, begin, end, out, added)
        return
    for block in range(begin, end, BLOCK):
        _side_by_side(coding, tables, rows, block, min(block + BLOCK, end), out, added)


@compiled
def _one_after_another(
    coding: Coding, tables: Tables, rows: Floats, begin: int, end: int, out: Floats, added: Floats
) -> None:
    """All ways first: then the processor fetches many tables' rows at a time."""
    n_signals, n_chunks = rows.shape[1], len(tables.starts)
    codes, places = np.empty(len(coding.signal), np.uint16), np.empty(n_chunks, np.int64)
    total = np.empty(n_signals + 1)
    for row in range(begin, end):
        for c in range(len(codes)):
            codes[c] = _encode(coding, c, rows[row, coding.signal[c]])
        for c in range(n_chunks):
            way = 0
            for s in range(tables.steps[c], tables.steps[c + 1]):
                way |= (np.uint16(codes[tables.code[s]] - tables.start[s]) <= tables.span[s]) << tables.bit[s]
            places[c] = tables.starts[c] + way * (tables.firsts[c + 1] - tables.firsts[c])
        total[:] = 0.0
        for c in range(n_chunks):
            first = tables.firsts[c]
            for k in range(tables.firsts[c + 1] - first):
                total[tables.signals[first + k]] += tables.numbers[places[c] + k]
        out[row] = total[n_signals]
        added[row] = total[:n_signals]


@compiled
def _side_by_side(
    coding: Coding, tables: Tables, rows: Floats, begin: int, end: int, out: Floats, added: Floats
) -> None:
    """Each test, and each column of a table, for all rows of the block."""
    n_signals, n = rows.shape[1], end - begin
    codes, way = np.empty((len(coding.signal), n), np.uint16), np.empty(n, np.uint16)
    total = np.zeros((n_signals + 1, n))
    for c in range(len(coding.signal)):
        for r in range(n):
            codes[c, r] = _encode(coding, c, rows[begin + r, coding.signal[c]])
    for c in range(len(tables.starts)):
        way[:] = 0
        for s in range(tables.steps[c], tables.steps[c + 1]):
            _set_bits(codes[tables.code[s]], tables.start[s], tables.span[s], 1 << tables.bit[s], way)
        first, last = tables.firsts[c], tables.firsts[c + 1]
        for k in range(last - first):
            _add(tables.numbers[tables.starts[c] + k :], last - first, way, total[tables.signals[first + k]])
    for r in range(n):
        out[begin + r] = total[n_signals, r]
        for signal in range(n_signals):
            added[begin + r, signal] = total[signal, r]


@compiled
def _set_bits(codes: Shorts, start: int, span: int, bit: int, way: Shorts) -> None:
    for r in range(len(way)):
        way[r] |= np.uint16(bit) if np.uint16(codes[r] - start) <= span else np.uint16(0)


@compiled
def _add(numbers: Floats, width: int, way: Shorts, total: Floats) -> None:
    for r in range(len(way)):
        total[r] += numbers[way[r] * width]
