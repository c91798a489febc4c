"""The score of boosted trees and what each signal adds to it, in one pass: exact path-dependent TreeSHAP.

Lundberg, Erion & Lee (2018), Consistent individualized feature attribution for tree ensembles, define the game: of a
tree, a set of signals earns what the training rows would score on average if they went the order's way at the nodes
that test the set. For one leaf of value v, whose path tests the signals 1 to m, with w_i the share of training rows
that go its way where i is tested, and o_i = 1 if the order goes its way there, else 0, the set S earns
v prod_{i in S} o_i prod_{i not in S} w_i. Owen (1972), Multilinear extensions of games, gives the Shapley value as an
integral along the diagonal of the game's multilinear extension; here it is

    phi_i = v (o_i - w_i) int_0^1 prod_{j != i} (w_j + t (o_j - w_j)) dt

of a polynomial of degree m - 1, which the rule of Gauss and Legendre with ceil(m / 2) nodes integrates exactly; so does
Quadrature-TreeSHAP (arXiv 2605.04497), which published this integral. All factors of the product are positive, so
nothing cancels. Trees are cut into chunks of few ways (``training.explanation.chunks``); what each way adds is written
down once and looked up (``training.explanation.lookup``). Leaves apart are integrated for each row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.jit import compiled, compiled_inline
from features.parallel import side_by_side
from training.explanation.chunks import cut_trees
from training.explanation.forest import Forest
from training.explanation.lookup import NANS, ZERO, ZEROS, Coding, Tables, empty_tables, look_up

BLOCK = 64
"""Rows that go through a tree together, so that rows and tree stay close to the processor."""
ROWS_A_THREAD = 1024


class TreeNodes(NamedTuple):
    """The nodes of all trees and what their leaves score; shapes as in ``training.explanation.forest.Forest``.

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
    """What must hold for each leaf to be reached; shapes as in ``training.explanation.forest.Forest``."""

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


class LeafColumns(NamedTuple):
    """Where what a leaf adds is written down.

    Attributes
    ----------
    start, width, bits : (n_leaves,) where the table of its chunk begins, its columns and bits
    apart : (n_leaves,) whether only the score is written down
    mask, held, column : (n_elements,) as in ``training.explanation.chunks.LeafBits``
    """

    start: Ints
    width: Ints
    bits: Ints
    apart: NDArray[np.bool_]
    mask: Ints
    held: Ints
    column: Ints


class TreeShap:
    """Scores and contributions of one forest.

    Parameters
    ----------
    forest : the trees
    n_signals : columns of what is scored
    """

    def __init__(self, forest: Forest, n_signals: int) -> None:
        self.base = forest.base
        self._forest = forest
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
        out, added = np.empty(len(rows)), np.empty(rows.shape)
        coding, tables, apart = self._written_down

        def explain(begin: int, end: int) -> None:
            look_up(coding, tables, rows, begin, end, out, added)
            if len(apart):
                _integrate(self._trees, self._paths, self._rule, apart, rows, begin, end, added)

        _by_blocks(explain, len(rows))
        return out, added

    @cached_property
    def _written_down(self) -> tuple[Coding, Tables, Ints]:
        """The tables, and (n_apart, 2) tree and leaf of the leaves apart."""
        chunks, bits = cut_trees(self._forest, self._n_signals)
        coding, tables = empty_tables(self._forest, chunks)
        columns = LeafColumns(
            start=tables.starts[bits.chunk],
            width=np.diff(tables.firsts)[bits.chunk],
            bits=chunks.bits[bits.chunk],
            apart=bits.apart,
            mask=bits.mask,
            held=bits.held,
            column=bits.column,
        )
        _write_down(self._trees.value, self._paths, self._rule, columns, tables.numbers)
        apart = np.flatnonzero(bits.apart)
        tree = np.searchsorted(self._trees.leaves, apart, side="right") - 1
        return coding, tables, np.column_stack([tree, apart])


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
def goes_left(value: float, threshold: float, missing: int, default_left: bool) -> bool:
    """LightGBM's rule: what is missing takes the default; any other NaN is zero, as are numbers next to it."""
    is_nan = np.isnan(value)
    is_zero = is_nan | (abs(value) <= ZERO)
    if (is_nan and missing == NANS) or (is_zero and missing == ZEROS):
        return default_left
    return (0.0 if is_zero else value) <= threshold


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
                    goes = goes_left(value, trees.threshold[n], trees.missing[n], trees.default_left[n])
                    at = trees.left[n] if goes else trees.right[n]
                out[row] += trees.value[trees.leaves[t] - 1 - at]


@compiled
def _leaf_adds(
    rule: Quadrature, value: float, shares: Floats, n: int, own: Floats, after: Floats, before: Floats, adds: Floats
) -> None:
    """What each element of a leaf's path adds, by the formula above, for ``n`` rows side by side.

    ``own`` and ``adds`` are (n_elements, n) of each element and row; ``after`` and ``before`` are room to work in.
    """
    m = len(shares)
    order = (m + 1) // 2
    adds[:m, :n] = 0.0
    for k in range(order):
        x = rule.at[order, k]
        after[m, :n] = rule.weight[order, k] * value
        for e in range(m - 1, -1, -1):
            share = shares[e]
            for r in range(n):
                after[e, r] = after[e + 1, r] * (share + x * (own[e, r] - share))
        before[:n] = 1.0
        for e in range(m):
            share = shares[e]
            for r in range(n):
                apart = own[e, r] - share
                adds[e, r] += apart * before[r] * after[e + 1, r]
                before[r] *= share + x * apart


@compiled
def _write_down(value: Floats, paths: LeafPaths, rule: Quadrature, leaves: LeafColumns, numbers: Floats) -> None:
    """Add what each leaf adds to all ways through its chunk: it depends on which elements of its path hold."""
    longest = 0
    for leaf in range(len(value)):
        if not leaves.apart[leaf]:
            longest = max(longest, paths.elements[leaf + 1] - paths.elements[leaf])
    own, adds = np.empty((longest, 1 << longest)), np.empty((longest, 1 << longest))
    after, before = np.empty((longest + 1, 1 << longest)), np.empty(1 << longest)
    for e in range(longest):
        for held in range(1 << longest):
            own[e, held] = (held >> e) & 1
    for leaf in range(len(value)):
        first, m, width = paths.elements[leaf], paths.elements[leaf + 1] - paths.elements[leaf], leaves.width[leaf]
        if leaves.apart[leaf]:
            numbers[leaves.start[leaf]] = value[leaf]
            continue
        n, share = 1 << m, paths.share[first : first + m]
        _leaf_adds(rule, value[leaf], share, n, own, after, before, adds)
        for way in range(1 << leaves.bits[leaf]):
            held = 0
            for e in range(m):
                held |= ((way & leaves.mask[first + e]) == leaves.held[first + e]) << e
            row = leaves.start[leaf] + way * width
            if held == n - 1:
                numbers[row] += value[leaf]
            for e in range(m):
                numbers[row + leaves.column[first + e]] += adds[e, held]


@compiled
def _integrate(
    trees: TreeNodes, paths: LeafPaths, rule: Quadrature, apart: Ints, rows: Floats, begin: int, end: int, added: Floats
) -> None:
    """Add what the leaves apart add to each row, by the formula above."""
    longest = rule.at.shape[1] * 2
    own, adds = np.empty((longest, 1)), np.empty((longest, 1))
    after, before = np.empty((longest + 1, 1)), np.empty(1)
    for row in range(begin, end):
        for i in range(len(apart)):
            root, leaf = trees.nodes[apart[i, 0]], apart[i, 1]
            first, m = paths.elements[leaf], paths.elements[leaf + 1] - paths.elements[leaf]
            for e in range(m):
                held = True
                for s in range(paths.steps[first + e], paths.steps[first + e + 1]):
                    n = root + paths.node[s]
                    value = rows[row, trees.signal[n]]
                    goes = goes_left(value, trees.threshold[n], trees.missing[n], trees.default_left[n])
                    held &= goes == paths.goes_left[s]
                own[e, 0] = 1.0 if held else 0.0
            _leaf_adds(rule, trees.value[leaf], paths.share[first : first + m], 1, own, after, before, adds)
            for e in range(m):
                added[row, paths.tested[first + e]] += adds[e, 0]
