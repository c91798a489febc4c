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
from typing import NamedTuple

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


class TreeNodes(NamedTuple):
    """The nodes of all trees and what their leaves score; shapes as in ``training.model.forest.Forest``.

    It stands in this file, as the three below do, because machine code is kept under the code of the loops' own file:
    a field that moves must compile them anew.
    """

    nodes: Ints
    signal: Ints
    threshold: Floats
    missing: Ints
    default_left: NDArray[np.bool_]
    left: Ints
    right: Ints
    leaves: Ints
    value: Floats


class LeafPaths(NamedTuple):
    """What must hold for each leaf to be reached; shapes as in ``training.model.forest.Forest``."""

    elements: Ints
    tested: Ints
    share: Floats
    steps: Ints
    node: Ints
    goes_left: NDArray[np.bool_]


class Quadrature(NamedTuple):
    """The rules of Gauss and Legendre on [0, 1] with 0, 1, 2, ... nodes, a row each: (n_rules, n_most) both."""

    at: Floats
    weight: Floats


class WayTables(NamedTuple):
    """What every way through the nodes of a small tree adds up to.

    Attributes
    ----------
    starts : (n_trees,) where each tree's table begins, -1: it has none
    numbers : the tables; a row a way through the tree's nodes: the score, then what each signal of the tree adds
    firsts : (n_trees + 1,) where each tree's signals begin
    signals : these signals
    """

    starts: Ints
    numbers: Floats
    firsts: Ints
    signals: Ints


class TreeShap:
    """Scores and contributions of one forest.

    Parameters
    ----------
    forest : the trees
    n_signals : columns of what is scored
    """

    def __init__(self, forest: Forest, n_signals: int) -> None:
        self.base = forest.base
        self._trees = TreeNodes(*(getattr(forest, name) for name in TreeNodes._fields))
        self._paths = LeafPaths(*(getattr(forest, name) for name in LeafPaths._fields))
        self._rule = _quadrature(int(np.diff(forest.elements).max(initial=0)))
        self._n_signals = n_signals

    def scores(self, signals: Floats) -> Floats:
        """(n,) raw scores of (n, n_signals) signals, the same bits as LightGBM's."""
        rows = np.ascontiguousarray(signals, dtype=np.float64)
        out = np.zeros(len(rows))
        _by_blocks(lambda begin, end: _score(self._trees, rows, begin, end, out), len(rows))
        return out

    def explain(self, signals: Floats) -> tuple[Floats, Floats]:
        """(n,) scores and (n, n_signals) contributions; ``base`` and the sum of a row are its score.

        The scores are those of ``scores`` to the last bit.
        """
        rows = np.ascontiguousarray(signals, dtype=np.float64)
        out, added = np.zeros(len(rows)), np.zeros(rows.shape)
        model = self._trees, self._paths, self._rule, self._tables
        _by_blocks(lambda begin, end: _explain(*model, rows, begin, end, out, added), len(rows))
        return out, added

    @cached_property
    def _tables(self) -> WayTables:
        nodes, signal = self._trees.nodes, self._trees.signal
        of_trees = [np.unique(signal[begin:end]) for begin, end in pairwise(nodes)]
        width, size = np.array([len(signals) for signals in of_trees], dtype=np.int64), np.diff(nodes)
        small = size <= MOST_NODES
        lengths = np.where(small, (1 << np.minimum(size, MOST_NODES)) * (width + 1), 0)
        starts = np.where(small, np.cumsum(lengths) - lengths, -1)
        firsts = np.append(np.int64(0), np.cumsum(width))
        signals = np.concatenate([*of_trees, np.zeros(0, dtype=np.int64)])
        tables = WayTables(starts, np.zeros(int(lengths.sum())), firsts, signals)
        _write_down(self._trees, self._paths, self._rule, tables, self._n_signals)
        return tables


def _quadrature(longest: int) -> Quadrature:
    """Rules that integrate the polynomials of paths with at most ``longest`` elements."""
    most = (longest + 1) // 2
    at, weight = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for nodes in range(1, most + 1):
        x, w = leggauss(nodes)
        at[nodes, :nodes], weight[nodes, :nodes] = (x + 1) / 2, w / 2
    return Quadrature(at, weight)


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
def _score(trees: TreeNodes, rows: Floats, begin: int, end: int, out: Floats) -> None:
    """Walk down every tree."""
    nodes = trees.nodes
    for block in range(begin, end, BLOCK):
        for t in range(len(nodes) - 1):
            first = nodes[t]
            for row in range(block, min(block + BLOCK, end)):
                at = 0 if nodes[t + 1] > first else -1
                while at >= 0:
                    n = first + at
                    value = rows[row, trees.signal[n]]
                    goes = _goes_left(value, trees.threshold[n], trees.missing[n], trees.default_left[n])
                    at = trees.left[n] if goes else trees.right[n]
                out[row] += trees.value[trees.leaves[t] - 1 - at]


@compiled
def _leaf(trees: TreeNodes, t: int, goes: NDArray[np.bool_]) -> int:
    """The leaf an order reaches that goes left at the nodes where ``goes`` says so."""
    nodes = trees.nodes
    at = 0 if nodes[t + 1] > nodes[t] else -1
    while at >= 0:
        at = trees.left[nodes[t] + at] if goes[at] else trees.right[nodes[t] + at]
    leaf: int = trees.leaves[t] - 1 - at
    return leaf


@compiled
def _integrate(
    trees: TreeNodes, paths: LeafPaths, rule: Quadrature, t: int, goes: NDArray[np.bool_], own: Floats, after: Floats,
    added: Floats,
) -> None:  # fmt: skip
    """Add what each signal adds in one tree, by the formula above; ``own`` and ``after`` are room to work in."""
    tested, share = paths.tested, paths.share
    for leaf in range(trees.leaves[t], trees.leaves[t + 1]):
        first, m = paths.elements[leaf], paths.elements[leaf + 1] - paths.elements[leaf]
        for e in range(m):
            own[e] = 1.0
            for s in range(paths.steps[first + e], paths.steps[first + e + 1]):
                if goes[paths.node[s]] != paths.goes_left[s]:
                    own[e] = 0.0
        order = (m + 1) // 2
        for k in range(order):
            x = rule.at[order, k]
            after[m] = rule.weight[order, k] * trees.value[leaf]
            for e in range(m - 1, -1, -1):
                after[e] = after[e + 1] * (share[first + e] + x * (own[e] - share[first + e]))
            before = 1.0
            for e in range(m):
                apart = own[e] - share[first + e]
                added[tested[first + e]] += apart * before * after[e + 1]
                before *= share[first + e] + x * apart


@compiled
def _write_down(trees: TreeNodes, paths: LeafPaths, rule: Quadrature, tables: WayTables, n_signals: int) -> None:
    """Fill the table of every small tree: bit ``n`` of a way is whether it goes left at node ``n``."""
    nodes, starts, firsts = trees.nodes, tables.starts, tables.firsts
    goes, added = np.zeros(MOST_NODES, dtype=np.bool_), np.zeros(n_signals)
    own, after = np.empty(MOST_NODES), np.empty(MOST_NODES + 1)
    for t in range(len(nodes) - 1):
        if starts[t] < 0:
            continue
        signals = tables.signals[firsts[t] : firsts[t + 1]]
        for way in range(1 << (nodes[t + 1] - nodes[t])):
            for n in range(nodes[t + 1] - nodes[t]):
                goes[n] = (way >> n) & 1
            for signal in signals:
                added[signal] = 0.0
            _integrate(trees, paths, rule, t, goes, own, after, added)
            row = starts[t] + way * (len(signals) + 1)
            tables.numbers[row] = trees.value[_leaf(trees, t, goes)]
            for k in range(len(signals)):
                tables.numbers[row + 1 + k] = added[signals[k]]


@compiled
def _explain(
    trees: TreeNodes, paths: LeafPaths, rule: Quadrature, tables: WayTables, rows: Floats, begin: int, end: int,
    out: Floats, added: Floats,
) -> None:  # fmt: skip
    """Scores and contributions: look them up where they are written down, else integrate."""
    nodes, starts, firsts = trees.nodes, tables.starts, tables.firsts
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
                    value = rows[row, trees.signal[i]]
                    goes[n] = _goes_left(value, trees.threshold[i], trees.missing[i], trees.default_left[i])
                    way |= goes[n] << n
                if starts[t] < 0:
                    out[row] += trees.value[_leaf(trees, t, goes)]
                    _integrate(trees, paths, rule, t, goes, own, after, added[row])
                    continue
                place = starts[t] + way * (width + 1)
                out[row] += tables.numbers[place]
                for k in range(width):
                    added[row, tables.signals[firsts[t] + k]] += tables.numbers[place + 1 + k]
