"""Contributions are LightGBM's own to 1e-9, scores to the last bit; and they are what the definition says."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.explanation.forest import Forest, InvalidForest
from training.explanation.treeshap import MOST_NODES, TreeShap

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


def assert_lightgbm_agrees(booster: Any, signals: np.ndarray) -> None:
    trees = TreeShap(Forest.of(booster), SIGNALS)
    theirs = booster.predict(signals, pred_contrib=True, num_threads=1)
    scores, added = trees.explain(signals)
    np.testing.assert_allclose(added, theirs[:, :-1], rtol=0, atol=1e-9)
    assert trees.base == pytest.approx(theirs[0, -1], abs=1e-9)
    np.testing.assert_array_equal(scores, booster.predict(signals, raw_score=True, num_threads=1))
    np.testing.assert_array_equal(scores, trees.scores(signals))
    np.testing.assert_allclose(trees.base + added.sum(axis=1), scores, rtol=0, atol=1e-12)


@given(
    seed=st.integers(0, 10_000),
    leaves=st.sampled_from([2, 3, 7, MOST_NODES + 1, MOST_NODES + 2, 40]),
    depth=st.sampled_from([-1, 1, 3]),
    missing=st.sampled_from(
        [{}, {"zero_as_missing": True}, {"use_missing": False}, {"zero_as_missing": True, "use_missing": False}]
    ),
    bagging=st.sampled_from([{}, {"bagging_freq": 1, "bagging_fraction": 0.5}, {"feature_fraction": 0.5}]),
)
def test_any_trees_are_explained_as_lightgbm_does(
    seed: int, leaves: int, depth: int, missing: dict[str, Any], bagging: dict[str, Any]
) -> None:
    booster = grown(seed, num_leaves=leaves, max_depth=depth, **missing, **bagging)
    strange = np.array([np.inf, -np.inf, 1e-36, -1e-36, -0.0, 1e300])
    assert_lightgbm_agrees(booster, np.vstack([rows(seed + 1, 50), strange, np.full(SIGNALS, np.nan)]))


def test_small_trees_are_looked_up_and_large_ones_integrated() -> None:
    nodes = [np.diff(Forest.of(grown(3, num_leaves=leaves)).nodes) for leaves in (7, 40)]
    assert nodes[0].max() <= MOST_NODES < nodes[1].max()


def test_a_tree_of_one_leaf_adds_its_value_to_the_base() -> None:
    booster = grown(1, min_child_samples=1000)
    assert Forest.of(booster).signal.size == 0
    assert_lightgbm_agrees(booster, rows(2))


def test_no_row_is_no_score() -> None:
    scores, added = TreeShap(Forest.of(grown(1)), SIGNALS).explain(np.zeros((0, SIGNALS)))
    assert (scores.shape, added.shape) == ((0,), (0, SIGNALS))


def test_a_row_alone_and_among_others_is_the_same_to_the_last_bit() -> None:
    trees, signals = TreeShap(Forest.of(grown(4, num_leaves=20)), SIGNALS), rows(5, 3000)
    scores, added = trees.explain(signals)
    for row in (0, 63, 64, 1500, 2999):
        alone = trees.explain(signals[row : row + 1])
        np.testing.assert_array_equal(alone[0][0], scores[row])
        np.testing.assert_array_equal(alone[1][0], added[row])


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
