"""Trees cut into chunks of few ways.

What the leaves of a tree add adds up, so a tree may be cut. A chunk is a path from the root to some node, and nodes
connected below it with the leaves that hang on them. An order goes one of 2^bits ways through it, one bit for each
signal of the path (set: it leaves the path where the signal is tested) and one for each node below (set: it goes
right); what a way adds fits into a row of a table. A leaf below more signals than there are bits stands apart: its
chunk has the score alone, and one bit (set: the order does not reach it).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.jit import compiled, compiled_inline
from training.explanation.forest import Forest

MOST_BITS = 13
"""Bits of a chunk. Costs keep most chunks far smaller; the last few bits are for leaves below many signals."""
A_CHUNK, A_COLUMN, AN_ENTRY, A_LEAF = 12.0, 1.5, 0.004, 1000.0
"""What trees are cut by, in cycles of the processor a row: a chunk, a column of its table, a number of its table (which
comes from memory once for many rows), and a leaf apart."""
Flags = NDArray[np.bool_]


class Nodes(NamedTuple):
    """The nodes of all trees; shapes as in ``training.explanation.forest.Forest``.

    It stands in this file, as those below do, because machine code is kept under the code of the loops' own file: a
    field that moves must compile them anew.
    """

    nodes: Ints
    signal: Ints
    left: Ints
    right: Ints
    leaves: Ints


class Paths(NamedTuple):
    """What must hold for each leaf to be reached; shapes as in ``training.explanation.forest.Forest``."""

    elements: Ints
    tested: Ints
    steps: Ints
    node: Ints
    goes_left: Flags


class Cut(NamedTuple):
    """Where trees are cut; nodes are numbered through all trees, -1 is none.

    Attributes
    ----------
    parent, is_left : (n_nodes,) the node above, and whether this is its left child
    top : (n_nodes,) the topmost node of the node's chunk, none where its leaves stand apart
    """

    parent: Ints
    is_left: Flags
    top: Ints


class Chunks(NamedTuple):
    """Chunks, tree after tree; a tree of one leaf is a chunk without bits.

    Attributes
    ----------
    steps : (n_chunks + 1,) where each chunk's steps begin
    node, if_left, bit : (n_steps,) a node through all trees, whether its bit is set if an order goes left or if it
        goes right, and which bit; a bit is set if one of its steps sets it
    firsts : (n_chunks + 1,) where each chunk's columns begin
    signals : (n_columns,) what each column of its table adds to: a signal, or the score, which comes first
    bits : (n_chunks,) how many it has
    """

    steps: Ints
    node: Ints
    if_left: Flags
    bit: Ints
    firsts: Ints
    signals: Ints
    bits: Ints


class LeafBits(NamedTuple):
    """When the elements of a leaf's path hold.

    Attributes
    ----------
    chunk, apart : (n_leaves,) the leaf's chunk, and whether it stands apart
    mask, held : (n_elements,) the bits that the element looks at, and what they are where it holds
    column : (n_elements,) the column of its signal in the chunk's table
    """

    chunk: Ints
    apart: Flags
    mask: Ints
    held: Ints
    column: Ints


def cut_trees(forest: Forest, score: int) -> tuple[Chunks, LeafBits]:
    """The chunks of all trees, and which of their bits each leaf is reached by; ``score`` is the score's column."""
    nodes = Nodes(*(getattr(forest, name) for name in Nodes._fields))
    paths = Paths(*(getattr(forest, name) for name in Paths._fields))
    cut = _cut(nodes)
    chunks, bit, of_leaf, apart = _chunks(nodes, len(paths.node), cut, score)
    return chunks, _leaf_bits(nodes, paths, cut, chunks, bit, of_leaf, apart)


@compiled
def _cut(trees: Nodes) -> Cut:
    """Cut each tree where its chunks cost least.

    ``least`` are the costs below a node if 0, 1, 2, ... of its nodes, itself first, belong to the chunk above it, and
    ``lefts`` how many of them are on its left; for 0, how many belong to a chunk of its own.
    """
    n_nodes = len(trees.signal)
    cut = Cut(np.full(n_nodes, -1), np.zeros(n_nodes, dtype=np.bool_), np.full(n_nodes, -1))
    above, taken, order = np.zeros(n_nodes, np.int64), np.zeros(n_nodes, np.int64), np.empty(n_nodes, np.int64)
    least, lefts = np.empty((n_nodes, MOST_BITS + 1)), np.zeros((n_nodes, MOST_BITS + 1), np.int64)
    for t in range(len(trees.nodes) - 1):
        first, end = trees.nodes[t], trees.nodes[t + 1]
        _walk_down(trees, first, end, cut, above, order)
        for i in range(end - 1, first - 1, -1):
            _least_cost(trees, first, order[i], above, least, lefts)
        for i in range(first, end):
            n = order[i]
            size = taken[n]
            if size > 0:
                cut.top[n] = cut.top[cut.parent[n]]
            elif lefts[n, 0] > 0:
                size, cut.top[n] = lefts[n, 0], n
            if size > 0 and trees.left[n] >= 0:
                taken[first + trees.left[n]] = lefts[n, size]
            if size > 0 and trees.right[n] >= 0:
                taken[first + trees.right[n]] = size - 1 - lefts[n, size]
    return cut


@compiled
def _walk_down(trees: Nodes, first: int, end: int, cut: Cut, above: Ints, order: Ints) -> None:
    """The nodes of a tree from its root on: the one above each, and how many signals are tested above."""
    known = first
    for i in range(first, end):
        if i == first:
            order[known] = first
            known += 1
        n = order[i]
        at = cut.parent[n]
        while at >= 0 and trees.signal[at] != trees.signal[n]:
            at = cut.parent[at]
        for side in range(2):
            child = trees.right[n] if side else trees.left[n]
            if child >= 0:
                child += first
                cut.parent[child], cut.is_left[child] = n, side == 0
                above[child] = above[n] + (at < 0)
                order[known] = child
                known += 1


@compiled
def _least_cost(trees: Nodes, first: int, n: int, above: Ints, least: Floats, lefts: Ints) -> None:
    """Costs at one node, of those of its children; a leaf is in the chunk of its node or apart."""
    left, right = trees.left[n], trees.right[n]
    least[n, 0] = least[first + left, 0] if left >= 0 else A_LEAF
    least[n, 0] += least[first + right, 0] if right >= 0 else A_LEAF
    for size in range(1, MOST_BITS + 1):
        least[n, size] = np.inf
        for on_left in range(size):
            on_right = size - 1 - on_left
            if (left < 0 and on_left > 0) or (right < 0 and on_right > 0):
                continue
            cost = least[first + left, on_left] if left >= 0 else 0.0
            cost += least[first + right, on_right] if right >= 0 else 0.0
            if cost < least[n, size]:
                least[n, size], lefts[n, size] = cost, on_left
        bits = above[n] + size
        if bits <= MOST_BITS:
            cost = least[n, size] + A_CHUNK + (bits + 1) * (A_COLUMN + AN_ENTRY * (1 << bits))
            if cost < least[n, 0]:
                least[n, 0], lefts[n, 0] = cost, size


@compiled_inline
def _place(signals: Ints, begin: int, end: int, signal: int) -> int:
    """Where the signal stands, ``end`` if nowhere."""
    while begin < end and signals[begin] != signal:
        begin += 1
    return begin


@compiled
def _chunks(trees: Nodes, most: int, cut: Cut, score: int) -> tuple[Chunks, Ints, Ints, Flags]:
    """Chunks as they are cut, the bit of each node in its chunk, each leaf's chunk, and whether it stands apart.

    ``most`` is how many steps all leaves have: chunks have no more and at most one more a node, leaves apart no more.

    Long because chunks and leaves apart are laid down one after another.
    """
    n_nodes, n_leaves, n_trees = len(trees.signal), trees.leaves[-1], len(trees.nodes) - 1
    most, many = 2 * most + n_nodes, n_nodes + n_leaves + n_trees
    steps, firsts = np.zeros(many + 1, np.int64), np.zeros(many + 1, np.int64)
    node, if_left, bit = np.empty(most, np.int64), np.empty(most, np.bool_), np.empty(most, np.int64)
    signals, bits = np.empty(many * (MOST_BITS + 1), np.int64), np.zeros(many, np.int64)
    of_node, of_leaf, apart = np.full(n_nodes, -1), np.full(n_leaves, -1), np.zeros(n_leaves, np.bool_)
    c = 0
    for t in range(n_trees):
        begin, end = trees.nodes[t], trees.nodes[t + 1]
        for top in range(begin, max(end, begin + 1)):
            if begin < end and cut.top[top] != top:
                continue
            s, first = steps[c], firsts[c]
            last = first + 1
            signals[first] = score
            at = top if begin < end else -1
            while at >= 0 and cut.parent[at] >= 0:
                n = cut.parent[at]
                place = _place(signals, first, last, trees.signal[n])
                signals[place], last = trees.signal[n], max(last, place + 1)
                node[s], if_left[s], bit[s] = n, not cut.is_left[at], place - first - 1
                s, at = s + 1, n
            in_use = last - first - 1
            for n in range(top, end):
                if cut.top[n] != top:
                    continue
                place = _place(signals, first, last, trees.signal[n])
                signals[place], last = trees.signal[n], max(last, place + 1)
                node[s], if_left[s], bit[s], of_node[n] = n, False, in_use, in_use
                s, in_use = s + 1, in_use + 1
                for child in (trees.left[n], trees.right[n]):
                    if child < 0:
                        of_leaf[trees.leaves[t] - 1 - child] = c
            if begin == end:
                of_leaf[trees.leaves[t]] = c
            bits[c], steps[c + 1], firsts[c + 1] = in_use, s, last
            c += 1
        for n in range(begin, end):
            for child, is_left in ((trees.left[n], True), (trees.right[n], False)):
                if child >= 0 or cut.top[n] >= 0:
                    continue
                s, at, left = steps[c], n, is_left
                while at >= 0:
                    node[s], if_left[s], bit[s] = at, not left, 0
                    s, at, left = s + 1, cut.parent[at], cut.is_left[at]
                signals[firsts[c]] = score
                bits[c], steps[c + 1], firsts[c + 1] = 1, s, firsts[c] + 1
                leaf = trees.leaves[t] - 1 - child
                of_leaf[leaf], apart[leaf] = c, True
                c += 1
    made = Chunks(
        steps[: c + 1], node[: steps[c]], if_left[: steps[c]], bit[: steps[c]], firsts[: c + 1],
        signals[: firsts[c]], bits[:c],
    )  # fmt: skip
    return made, of_node, of_leaf, apart


@compiled
def _leaf_bits(
    trees: Nodes, paths: Paths, cut: Cut, chunks: Chunks, bit: Ints, of_leaf: Ints, apart: Flags
) -> LeafBits:
    """An element holds if no node of its signal above the chunk, and none in it, sends the order another way."""
    n_elements = len(paths.tested)
    mask, held, column = np.zeros(n_elements, np.int64), np.zeros(n_elements, np.int64), np.zeros(n_elements, np.int64)
    for t in range(len(trees.nodes) - 1):
        for leaf in range(trees.leaves[t], trees.leaves[t + 1]):
            c = of_leaf[leaf]
            if apart[leaf]:
                continue
            first, last = chunks.firsts[c], chunks.firsts[c + 1]
            last_node = chunks.node[chunks.steps[c + 1] - 1] if chunks.steps[c + 1] > chunks.steps[c] else -1
            for e in range(paths.elements[leaf], paths.elements[leaf + 1]):
                column[e] = _place(chunks.signals, first, last, paths.tested[e]) - first
                for s in range(paths.steps[e], paths.steps[e + 1]):
                    n = trees.nodes[t] + paths.node[s]
                    if cut.top[n] == cut.top[last_node]:
                        mask[e] |= 1 << bit[n]
                        held[e] |= (not paths.goes_left[s]) << bit[n]
                    else:
                        mask[e] |= 1 << (column[e] - 1)
    return LeafBits(of_leaf, apart, mask, held, column)
