"""Boosted trees as flat arrays, read from LightGBM's text: what the loops of ``training.explanation.treeshap`` walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.errors import ShipriskError

CATEGORICAL, DEFAULT_LEFT = 1, 2
"""Bits of LightGBM's ``decision_type``; the two above them say which values are missing: none, zeros, NaN."""
Tree = dict[str, list[str]]


class InvalidForest(ShipriskError):
    """Trees of a form that is not explained here."""


@dataclass(frozen=True)
class Forest:
    """``n_trees`` trees, their nodes, leaves and paths one after another.

    A path is what must hold for a leaf to be reached. It has one element a signal: the share of the training rows that
    go the leaf's way at all its nodes that test the signal, of those that come there; and these nodes as steps.

    Attributes
    ----------
    base : expected raw score over the training rows
    nodes : (n_trees + 1,) where each tree's nodes begin
    signal, threshold, missing, default_left, left, right : (n_nodes,) as LightGBM has them; children are numbered
        within the tree, leaf ``l`` as -1 - l
    leaves : (n_trees + 1,) where each tree's leaves begin
    value : (n_leaves,) raw score
    elements : (n_leaves + 1,) where each leaf's path begins
    tested, share : (n_elements,) signal and share of training rows
    steps : (n_elements + 1,) where each element's steps begin
    node, goes_left : (n_steps,) node within the tree, and which way the path goes there
    """

    base: float
    nodes: Ints
    signal: Ints
    threshold: Floats
    missing: Ints
    default_left: NDArray[np.bool_]
    left: Ints
    right: Ints
    leaves: Ints
    value: Floats
    elements: Ints
    tested: Ints
    share: Floats
    steps: Ints
    node: Ints
    goes_left: NDArray[np.bool_]

    @classmethod
    def of(cls, booster: Any) -> Forest:
        """The trees of a LightGBM booster with one raw score. Raises ``InvalidForest`` for other kinds of trees."""
        header, *texts = booster.model_to_string().split("\nTree=")
        trees = [_fields(text) for text in texts]
        _require(_fields(header), trees)
        paths = _PathLists()
        for tree in trees:
            paths.add(tree)
        many = {name: _join_values(trees, name, kind) for name, kind in _NODES.items()}
        kinds = many.pop("decision_type")
        return cls(
            base=sum(paths.expected),
            nodes=_starts([len(tree.get("split_feature", ())) for tree in trees]),
            signal=many["split_feature"],
            threshold=many["threshold"],
            missing=kinds >> 2 & 3,
            default_left=kinds & DEFAULT_LEFT != 0,
            left=many["left_child"],
            right=many["right_child"],
            leaves=_starts([int(tree["num_leaves"][0]) for tree in trees]),
            value=_join_values(trees, "leaf_value", np.float64),
            **paths.arrays(),
        )


@dataclass
class _PathLists:
    """The paths of all leaves, as lists that grow."""

    expected: list[float] = field(default_factory=list)
    elements: list[int] = field(default_factory=list)
    tested: list[int] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    node: list[int] = field(default_factory=list)
    goes_left: list[bool] = field(default_factory=list)

    def add(self, tree: Tree) -> None:
        """The leaves of a tree by number, and its expected score."""
        values = [float(value) for value in tree["leaf_value"]]
        if len(values) == 1:
            self.elements.append(0)
            self.expected.append(values[0])
            return
        counts = [int(count) for count in tree["leaf_count"]]
        whole = int(tree["internal_count"][0])
        self.expected.append(sum(count / whole * value for count, value in zip(counts, values, strict=True)))
        for _, path in sorted(_leaf_paths(tree)):
            self._add_path(sorted(path))

    def _add_path(self, path: list[tuple[int, int, bool, float]]) -> None:
        tested = [list(nodes) for _, nodes in groupby(path, key=lambda step: step[0])]
        self.elements.append(len(tested))
        for nodes in tested:
            self.tested.append(nodes[0][0])
            self.share.append(float(np.prod([share for *_, share in nodes])))
            self.steps.append(len(nodes))
            self.node += [node for _, node, _, _ in nodes]
            self.goes_left += [left for _, _, left, _ in nodes]

    def arrays(self) -> dict[str, Any]:
        return {
            "elements": _starts(self.elements),
            "tested": np.array(self.tested, dtype=np.int64),
            "share": np.array(self.share, dtype=np.float64),
            "steps": _starts(self.steps),
            "node": np.array(self.node, dtype=np.int64),
            "goes_left": np.array(self.goes_left, dtype=np.bool_),
        }


def _leaf_paths(tree: Tree) -> Iterator[tuple[int, list[tuple[int, int, bool, float]]]]:
    """Each leaf with its path: (signal, node, goes left, share of the node's training rows that go there)."""
    children = [[int(child) for child in tree[side]] for side in ("left_child", "right_child")]
    signals = [int(signal) for signal in tree["split_feature"]]
    counts = [int(count) for count in tree["internal_count"]]
    of_leaves = [int(count) for count in tree["leaf_count"]]
    waiting: list[tuple[int, list[tuple[int, int, bool, float]]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if node < 0:
            yield -1 - node, path
            continue
        for side in (0, 1):
            child = children[side][node]
            count = counts[child] if child >= 0 else of_leaves[-1 - child]
            share = count / counts[node] if counts[node] else 0.0
            waiting.append((child, [*path, (signals[node], node, side == 0, share)]))


_NODES: dict[str, Any] = {
    "split_feature": np.int64,
    "threshold": np.float64,
    "decision_type": np.int64,
    "left_child": np.int64,
    "right_child": np.int64,
}


def _fields(text: str) -> Tree:
    """The lines ``name=value value ...`` up to the first blank one."""
    lines = text.split("\n\n")[0].splitlines()
    return {name: values.split() for name, _, values in (line.partition("=") for line in lines)}


def _require(header: Tree, trees: list[Tree]) -> None:
    categorical = any(int(kind) & CATEGORICAL for tree in trees for kind in tree.get("decision_type", ()))
    linear = any(tree.get("is_linear") == ["1"] for tree in trees)
    wrong = {
        "more than one score": header.get("num_tree_per_iteration") != ["1"],
        "an average over trees": "average_output" in header,
        "categorical splits": categorical,
        "linear leaves": linear,
    }
    if any(wrong.values()):
        got = ", ".join(what for what, holds in wrong.items() if holds)
        raise InvalidForest(f"trees must add up to one score, with numerical splits and constant leaves, got {got}")


def _join_values(trees: list[Tree], name: str, kind: Any) -> Any:
    return np.array([value for tree in trees for value in tree.get(name, ())], dtype=str).astype(kind)


def _starts(lengths: list[int]) -> Ints:
    return np.append(np.int64(0), np.cumsum(np.array(lengths, dtype=np.int64)))
