"""The score of boosted trees and what each signal adds to it, in one pass: exact path-dependent TreeSHAP.

Lundberg, Erion & Lee (2018), Consistent individualized feature attribution for tree ensembles, define the game: of a
tree, a set of signals earns what the training rows would score on average if they went the order's way at the nodes
that test the set. For one leaf of value v, whose path tests the signals 1 to m, with w_i the share of training rows
that go its way where i is tested, and o_i = 1 if the order goes its way there, else 0, the set S earns
v prod_{i in S} o_i prod_{i not in S} w_i. Owen (1972), Multilinear extensions of games, gives the Shapley value as an
integral along the diagonal of the game's multilinear extension; here it is

    phi_i = v (o_i - w_i) int_0^1 prod_{j != i} (w_j + t (o_j - w_j)) dt

of a polynomial of degree m - 1, which the rule of Gauss and Legendre with ceil(m / 2) nodes integrates exactly. All
factors of the product are positive, so nothing cancels. A tree of few nodes has few ways in which an order can go at
them: what they add is written down once for each (2^nodes of them) and looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.jit import compiled, compiled_inline
from features.parallel import side_by_side
from training.model.forest import Forest

MOST_NODES = 8
"""Trees of at most so many nodes are written down: 256 ways of at most 9 numbers."""
BLOCK = 64
"""Rows that go through all trees together, so that rows, a tree and its table stay close to the processor."""
ROWS_A_THREAD = 1024
ZEROS, NANS = 1, 2
ZERO = 1.0000000180025095e-35
"""LightGBM's ``missing_type``, and up to which size it takes a number for zero."""
Arrays = tuple[Any, ...]


class TreeShap:
    """Scores and contributions of one forest.

    Parameters
    ----------
    forest : the trees
    n_signals : columns of what is scored
    """

    def __init__(self, forest: Forest, n_signals: int) -> None:
        self.base = forest.base
        own = forest
        self._walk: Arrays = (
            own.nodes, own.signal, own.threshold, own.missing, own.default_left, own.left, own.right, own.leaves,
            own.value,
        )  # fmt: skip
        self._paths: Arrays = (
            own.leaves, own.value, own.elements, own.tested, own.share, own.steps, own.node, own.goes_left,
        )  # fmt: skip
        self._rule = _rules(int(np.diff(forest.elements).max(initial=0)))
        self._forest = forest
        self._n_signals = n_signals

    def scores(self, signals: Floats) -> Floats:
        """(n,) raw scores of (n, n_signals) signals, the same bits as LightGBM's."""
        rows = np.ascontiguousarray(signals, dtype=np.float64)
        out = np.zeros(len(rows))
        _by_blocks(lambda begin, end: _score(self._walk, rows, begin, end, out), len(rows))
        return out

    def explained(self, signals: Floats) -> tuple[Floats, Floats]:
        """(n,) the same scores and (n, n_signals) contributions; ``base`` and the sum of a row are its score."""
        rows = np.ascontiguousarray(signals, dtype=np.float64)
        out, added = np.zeros(len(rows)), np.zeros(rows.shape)
        shape = self._walk, self._paths, self._rule, self._tables
        _by_blocks(lambda begin, end: _explain(*shape, rows, begin, end, out, added), len(rows))
        return out, added

    @cached_property
    def _tables(self) -> tuple[Ints, Floats, Ints, Ints]:
        """Where each tree's table begins (-1: it has none), the tables, where each tree's signals begin, these signals.

        A table has a row a way through the tree's nodes: the score, then what each signal of the tree adds.
        """
        nodes, signal = self._forest.nodes, self._forest.signal
        said = [np.unique(signal[begin:end]) for begin, end in pairwise(nodes)]
        width, size = np.array([len(signals) for signals in said], dtype=np.int64), np.diff(nodes)
        small = size <= MOST_NODES
        numbers = np.where(small, (1 << np.minimum(size, MOST_NODES)) * (width + 1), 0)
        starts = np.where(small, np.cumsum(numbers) - numbers, -1)
        firsts = np.append(np.int64(0), np.cumsum(width))
        signals = np.concatenate([*said, np.zeros(0, dtype=np.int64)])
        tables = starts, np.zeros(int(numbers.sum())), firsts, signals
        _write_down(self._walk, self._paths, self._rule, tables, self._n_signals)
        return tables


def _rules(longest: int) -> tuple[Floats, Floats]:
    """Nodes in [0, 1] and weights of the rules of Gauss and Legendre with 0, 1, 2, ... nodes, a row each."""
    most = (longest + 1) // 2
    at, weight = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for nodes in range(1, most + 1):
        x, w = leggauss(nodes)
        at[nodes, :nodes], weight[nodes, :nodes] = (x + 1) / 2, w / 2
    return at, weight


def _by_blocks(job: Callable[[int, int], None], rows: int) -> None:
    """Few rows are not worth waking other threads for."""
    starts = range(0, rows, ROWS_A_THREAD)
    list(side_by_side(lambda begin: job(begin, min(begin + ROWS_A_THREAD, rows)), starts, 100 * rows))


@compiled_inline
def _goes_left(value: float, threshold: float, missing: int, default_left: bool) -> bool:
    """LightGBM's rule: what is missing takes the default, any other NaN counts as zero."""
    if np.isnan(value):
        if missing == NANS:
            return default_left
        value = 0.0
    if missing == ZEROS and abs(value) <= ZERO:
        return default_left
    return value <= threshold


@compiled
def _score(walk: Arrays, rows: Floats, begin: int, end: int, out: Floats) -> None:
    """Walk down every tree."""
    nodes, signal, threshold, missing, default_left, left, right, leaves, value = walk
    for block in range(begin, end, BLOCK):
        for t in range(len(nodes) - 1):
            first = nodes[t]
            for row in range(block, min(block + BLOCK, end)):
                at = 0 if nodes[t + 1] > first else -1
                while at >= 0:
                    n = first + at
                    goes = _goes_left(rows[row, signal[n]], threshold[n], missing[n], default_left[n])
                    at = left[n] if goes else right[n]
                out[row] += value[leaves[t] - 1 - at]


@compiled
def _leaf(walk: Arrays, t: int, goes: NDArray[np.bool_]) -> int:
    """The leaf an order reaches that goes left at the nodes where ``goes`` says so."""
    nodes, left, right, leaves = walk[0], walk[5], walk[6], walk[7]
    at = 0 if nodes[t + 1] > nodes[t] else -1
    while at >= 0:
        at = left[nodes[t] + at] if goes[at] else right[nodes[t] + at]
    leaf: int = leaves[t] - 1 - at
    return leaf


@compiled
def _integrate(
    paths: Arrays, rule: Arrays, t: int, goes: NDArray[np.bool_], own: Floats, after: Floats, added: Floats
) -> None:
    """Add what each signal adds in one tree, by the formula above; ``own`` and ``after`` are room to work in."""
    leaves, value, elements, tested, share, steps, node, goes_left = paths
    at, weight = rule
    for leaf in range(leaves[t], leaves[t + 1]):
        first, m = elements[leaf], elements[leaf + 1] - elements[leaf]
        for e in range(m):
            own[e] = 1.0
            for s in range(steps[first + e], steps[first + e + 1]):
                if goes[node[s]] != goes_left[s]:
                    own[e] = 0.0
        order = (m + 1) // 2
        for k in range(order):
            x = at[order, k]
            after[m] = weight[order, k] * value[leaf]
            for e in range(m - 1, -1, -1):
                after[e] = after[e + 1] * (share[first + e] + x * (own[e] - share[first + e]))
            before = 1.0
            for e in range(m):
                apart = own[e] - share[first + e]
                added[tested[first + e]] += apart * before * after[e + 1]
                before *= share[first + e] + x * apart


@compiled
def _write_down(walk: Arrays, paths: Arrays, rule: Arrays, tables: Arrays, n_signals: int) -> None:
    """Fill the table of every small tree: bit ``n`` of a way is whether it goes left at node ``n``."""
    nodes, value = walk[0], walk[8]
    starts, table, firsts, signals = tables
    goes, added = np.zeros(MOST_NODES, dtype=np.bool_), np.zeros(n_signals)
    own, after = np.empty(MOST_NODES), np.empty(MOST_NODES + 1)
    for t in range(len(nodes) - 1):
        if starts[t] < 0:
            continue
        said = signals[firsts[t] : firsts[t + 1]]
        for way in range(1 << (nodes[t + 1] - nodes[t])):
            for n in range(nodes[t + 1] - nodes[t]):
                goes[n] = (way >> n) & 1
            for signal in said:
                added[signal] = 0.0
            _integrate(paths, rule, t, goes, own, after, added)
            row = starts[t] + way * (len(said) + 1)
            table[row] = value[_leaf(walk, t, goes)]
            for k in range(len(said)):
                table[row + 1 + k] = added[said[k]]


@compiled
def _explain(
    walk: Arrays, paths: Arrays, rule: Arrays, tables: Arrays, rows: Floats, begin: int, end: int, out: Floats,
    added: Floats,
) -> None:  # fmt: skip
    """Scores and contributions: look them up where they are written down, else integrate."""
    nodes, signal, threshold, missing, default_left, _, _, _, value = walk
    starts, table, firsts, signals = tables
    most = 1
    for t in range(len(nodes) - 1):
        most = max(most, nodes[t + 1] - nodes[t])
    goes, own, after = np.zeros(most, dtype=np.bool_), np.empty(most), np.empty(most + 1)
    for block in range(begin, end, BLOCK):
        for t in range(len(nodes) - 1):
            first, width = nodes[t], firsts[t + 1] - firsts[t]
            for row in range(block, min(block + BLOCK, end)):
                way = 0
                for n in range(nodes[t + 1] - first):
                    i = first + n
                    goes[n] = _goes_left(rows[row, signal[i]], threshold[i], missing[i], default_left[i])
                    way |= goes[n] << n
                if starts[t] < 0:
                    out[row] += value[_leaf(walk, t, goes)]
                    _integrate(paths, rule, t, goes, own, after, added[row])
                    continue
                place = starts[t] + way * (width + 1)
                out[row] += table[place]
                for k in range(width):
                    added[row, signals[firsts[t] + k]] += table[place + 1 + k]
