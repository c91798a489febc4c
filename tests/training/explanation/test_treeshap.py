"""Contributions are LightGBM's own to 1e-9, scores to the last bit; and they are what the definition says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from math import comb, factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.explanation import lookup
from training.explanation.chunks import MOST_BITS, cut_trees
from training.explanation.forest import Forest, InvalidForest
from training.explanation.treeshap import TreeShap

SIGNALS = 6


def rows(seed: int, n: int = 200) -> np.ndarray:
    """Numbers with ties, zeros, missing ones, and some beyond what was ever seen."""
    draw = np.random.default_rng(seed)
    made = np.round(draw.normal(size=(n, SIGNALS)), 1)
    for column in range(SIGNALS):
        made[draw.random(n) < draw.choice([0.0, 0.3]), column] = np.nan
        made[draw.random(n) < draw.choice([0.0, 0.4]), column] = 0.0
    return made


def grown(seed: int, **parameters: Any) -> Any:
    """A booster on made-up outcomes, and as a file would hold it: LightGBM reads its own text."""
    signals = rows(seed)
    target = (np.nan_to_num(signals[:, 0]) * np.nan_to_num(signals[:, 1], nan=1.0) + signals[:, 2] > 0).astype(float)
    rounds = parameters.pop("rounds", 12)
    known = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": seed, "min_child_samples": 2}
    trained = lightgbm.train(known | parameters, lightgbm.Dataset(signals, target), rounds)
    return lightgbm.Booster(model_str=trained.model_to_string())


def mixed(booster: Any, seed: int) -> Any:
    """The same trees, but each node has its own kind of missing values and its own default."""
    draw = np.random.default_rng(seed)
    text = re.sub(r"tree_sizes=.*\n", "", booster.model_to_string())

    def kinds(line: re.Match[str]) -> str:
        return "decision_type=" + " ".join(str(kind) for kind in draw.choice([0, 2, 4, 6, 8, 10], len(line[1].split())))

    return lightgbm.Booster(model_str=re.sub(r"decision_type=(.*)", kinds, text))


def chain(seed: int, signals: int, leaves: int) -> Any:
    """A tree that splits one signal after another off the same side: how many hold before the first that does not."""
    held = np.random.default_rng(seed).random((4000, signals)) < 0.85
    first = np.where(held.all(axis=1), signals, (~held).argmax(axis=1)).astype(float)
    known = {"objective": "regression", "verbosity": -1, "num_threads": 1, "min_child_samples": 1, "num_leaves": leaves}
    return lightgbm.train(known, lightgbm.Dataset(held.astype(float), first), 3)


def at_thresholds(forest: Forest, seed: int) -> np.ndarray:
    """Rows with a signal of every node at its threshold, one number below and one above."""
    made = rows(seed, 3 * len(forest.signal))
    near = [forest.threshold, *(np.nextafter(forest.threshold, far) for far in (-np.inf, np.inf))]
    made[np.arange(len(made)), np.tile(forest.signal, 3)] = np.concatenate(near)
    return made


def assert_lightgbm_agrees(booster: Any, signals: np.ndarray, apart: float = 1e-12) -> None:
    trees = TreeShap(Forest.of(booster), signals.shape[1])
    theirs = booster.predict(signals, pred_contrib=True, num_threads=1)
    scores, added = trees.explain(signals)
    np.testing.assert_allclose(added, theirs[:, :-1], rtol=0, atol=apart)
    assert trees.base == pytest.approx(theirs[0, -1], abs=1e-9)
    np.testing.assert_array_equal(scores, booster.predict(signals, raw_score=True, num_threads=1))
    np.testing.assert_array_equal(scores, trees.scores(signals))
    np.testing.assert_allclose(trees.base + added.sum(axis=1), scores, rtol=0, atol=1e-12)
    assert_alone_as_among_others(trees, signals, range(0, len(signals), 37))


def assert_alone_as_among_others(trees: TreeShap, signals: np.ndarray, those: Iterable[int]) -> None:
    scores, added = trees.explain(signals)
    for row in those:
        alone = trees.explain(signals[row : row + 1])
        np.testing.assert_array_equal(alone[0][0], scores[row])
        np.testing.assert_array_equal(alone[1][0], added[row])


@given(
    seed=st.integers(0, 10_000),
    leaves=st.integers(2, 63),
    depth=st.sampled_from([-1, 1, 3, 6]),
    missing=st.sampled_from(
        [{}, {"zero_as_missing": True}, {"use_missing": False}, {"zero_as_missing": True, "use_missing": False}]
    ),
    mix=st.booleans(),
    bagging=st.sampled_from([{}, {"bagging_freq": 1, "bagging_fraction": 0.5}, {"feature_fraction": 0.5}]),
)
def test_any_trees_are_explained_as_lightgbm_does(
    seed: int, leaves: int, depth: int, missing: dict[str, Any], mix: bool, bagging: dict[str, Any]
) -> None:
    booster = grown(seed, num_leaves=leaves, max_depth=depth, **missing, **bagging)
    booster = mixed(booster, seed) if mix else booster
    strange = np.array([np.inf, -np.inf, 1e-36, -1e-36, -0.0, 1e300])
    near = at_thresholds(Forest.of(booster), seed + 2)[:300]
    assert_lightgbm_agrees(booster, np.vstack([rows(seed + 1, 50), near, strange, np.full(SIGNALS, np.nan)]))


@pytest.mark.parametrize("leaves", [7, 15, 31, 63])
def test_thresholds_and_the_numbers_beside_them_go_the_same_way(leaves: int) -> None:
    booster = grown(9, num_leaves=leaves, rounds=5)
    assert_lightgbm_agrees(booster, at_thresholds(Forest.of(booster), 10))


@pytest.mark.parametrize(
    ("signals", "leaves"),
    [(MOST_BITS - 1, 60), (MOST_BITS + 1, 20), (24, 60), pytest.param(40, 120, marks=pytest.mark.nightly)],
)
def test_paths_of_more_signals_than_bits_are_exact(signals: int, leaves: int) -> None:
    booster = chain(signals, signals, leaves)
    forest = Forest.of(booster)
    apart = cut_trees(forest, signals)[1].apart
    assert apart.any() == (np.diff(forest.elements).max() > MOST_BITS)
    assert not apart.all()
    drawn = (np.random.default_rng(11).random((600, signals)) < 0.9).astype(float)
    drawn[::7, ::3] = np.nan
    assert_lightgbm_agrees(booster, drawn, apart=1e-7)  # LightGBM cancels digits on paths as long as these
    found = TreeShap(forest, signals).explain(drawn[:3])[1]
    expected = [shapley_values(forest, np.nan_to_num(row), signals) for row in drawn[:3]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def shapley_values(forest: Forest, row: np.ndarray, signals: int) -> np.ndarray:
    """By how many of the others are known, of a row without missing values: no integral, and nothing cancels."""
    added = np.zeros(signals)
    for leaf, value in enumerate(forest.value):
        root = forest.nodes[np.searchsorted(forest.leaves, leaf, side="right") - 1]
        elements = range(forest.elements[leaf], forest.elements[leaf + 1])
        own = []
        for e in elements:
            steps = slice(forest.steps[e], forest.steps[e + 1])
            nodes = root + forest.node[steps]
            left = row[forest.signal[nodes]] <= forest.threshold[nodes]
            own.append(float((left == forest.goes_left[steps]).all()))
        for e, o in zip(elements, own, strict=True):
            earns = np.ones(1)
            for other, theirs in zip(elements, own, strict=True):
                earns = np.convolve(earns, [forest.share[other], theirs]) if other != e else earns
            weights = [1 / (len(own) * comb(len(own) - 1, known)) for known in range(len(own))]
            added[forest.tested[e]] += value * (o - forest.share[e]) * np.dot(earns, weights)
    return added


@pytest.mark.parametrize("leaves", [7, 40])
def test_trees_are_cut_into_chunks_of_few_ways(leaves: int) -> None:
    """Small trees are one chunk each; every leaf has a chunk, and tables do not grow with 2^nodes."""
    forest = Forest.of(grown(3, num_leaves=leaves))
    chunks, of_leaf = cut_trees(forest, SIGNALS)
    assert chunks.bits.max() <= MOST_BITS
    assert len(chunks.bits) == 12 if leaves == 7 else len(chunks.bits) > 12
    assert set(of_leaf.chunk) == set(range(len(chunks.bits)))
    assert not of_leaf.apart.any()
    assert (1 << chunks.bits).sum() <= 40 * len(forest.value)


def test_a_signal_of_many_thresholds_has_several_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    forest, signals = Forest.of(grown(4, num_leaves=31)), rows(5)
    expected = TreeShap(forest, SIGNALS).explain(signals)
    monkeypatch.setattr(lookup, "MOST_THRESHOLDS", 3)
    assert len(lookup.code_thresholds(forest)[0].signal) > 2 * SIGNALS
    for ours, theirs in zip(TreeShap(forest, SIGNALS).explain(signals), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_tree_of_one_leaf_adds_its_value_to_the_base() -> None:
    booster = grown(1, min_child_samples=1000)
    assert Forest.of(booster).signal.size == 0
    assert_lightgbm_agrees(booster, rows(2))


def test_no_row_is_no_score() -> None:
    scores, added = TreeShap(Forest.of(grown(1)), SIGNALS).explain(np.zeros((0, SIGNALS)))
    assert (scores.shape, added.shape) == ((0,), (0, SIGNALS))


@pytest.mark.parametrize("booster", [grown(4, num_leaves=20), chain(1, SIGNALS * 4, 40)], ids=["bushy", "deep"])
def test_a_row_alone_and_among_others_is_the_same_to_the_last_bit(booster: Any) -> None:
    signals = np.hstack([rows(seed, 3000) for seed in range(booster.num_feature() // SIGNALS)])
    trees = TreeShap(Forest.of(booster), booster.num_feature())
    assert_alone_as_among_others(trees, signals, (0, 63, 64, 511, 512, 1023, 1024, 1500, 2999))
    scores, added = trees.explain(signals)
    for few in (lookup.FEW - 1, lookup.FEW, lookup.FEW + 1):
        np.testing.assert_array_equal(trees.explain(signals[:few])[0], scores[:few])
        np.testing.assert_array_equal(trees.explain(signals[:few])[1], added[:few])


def test_contributions_are_shapley_values_by_their_definition() -> None:
    """Over all sets of signals, what a set earns by walking down the tree with the others unknown."""
    booster = grown(6, num_leaves=6, rounds=1)
    tree = booster.dump_model()["tree_info"][0]["tree_structure"]
    row = rows(7, 1)[0]

    def earns(node: dict[str, Any], known: set[int]) -> float:
        if "leaf_value" in node:
            return float(node["leaf_value"])
        children = node["left_child"], node["right_child"]
        if node["split_feature"] in known:
            value = row[node["split_feature"]]
            left = node["default_left"] if np.isnan(value) else value <= node["threshold"]
            return earns(children[0 if left else 1], known)
        sizes = [child.get("leaf_count", child.get("internal_count")) for child in children]
        return sum(size / sum(sizes) * earns(child, known) for size, child in zip(sizes, children, strict=True))

    expected = []
    for signal in range(SIGNALS):
        others = [other for other in range(SIGNALS) if other != signal]
        sets = [set(chosen) for size in range(SIGNALS) for chosen in combinations(others, size)]
        shares = [factorial(len(s)) * factorial(SIGNALS - 1 - len(s)) / factorial(SIGNALS) for s in sets]
        gains = [earns(tree, s | {signal}) - earns(tree, s) for s in sets]
        expected.append(np.dot(shares, gains))
    found = TreeShap(Forest.of(booster), SIGNALS).explain(row[None])[1][0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "got an average over trees"),
        ({"linear_tree": True}, "got linear leaves"),
        ({"objective": "multiclass", "num_class": 2}, "got more than one score"),
    ],
)
def test_other_trees_are_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidForest, match=said):
        Forest.of(grown(1, **parameters))


def test_categorical_splits_are_refused() -> None:
    signals = np.random.default_rng(1).integers(0, 9, (300, 1)).astype(float)
    known = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    data = lightgbm.Dataset(signals, signals[:, 0] % 3 == 1, categorical_feature=[0])
    with pytest.raises(InvalidForest, match="got categorical splits"):
        Forest.of(lightgbm.train(known, data, 3))
