"""LightGBM's text is read before LightGBM sees it; what it would answer with an abort is refused with a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from training.lightgbm import load_lightgbm
from training.model_files.manifest import InvalidModel
from training.model_files.tree_text import TreeText, read_booster, try_booster
from training.model_files.trial import try_text

COLUMNS = 4


@pytest.fixture(scope="module")
def booster() -> object:
    """Three trees, one of them a single leaf."""
    library, draw = load_lightgbm(), np.random.default_rng(0)
    rows = draw.normal(size=(300, COLUMNS))
    table = library.Dataset(rows, (rows[:, 0] + rows[:, 1] > 0) * 1.0)
    return library.train({"objective": "binary", "num_leaves": 5, "verbose": -1, "num_threads": 1}, table, 3)


@pytest.fixture(scope="module")
def text(booster: object) -> str:
    return str(booster.model_to_string())  # type: ignore[attr-defined]


def check(text: str) -> None:
    TreeText(text, "risk.txt", COLUMNS).check()


def refusal(text: str) -> str:
    with pytest.raises(InvalidModel) as error:
        check(text)
    return str(error.value)


def with_line(text: str, name: str, value: str) -> str:
    """The text with another value in the first line of that name, and the sizes that belong to it."""
    before = next(line for line in text.split("\n") if line.startswith(f"{name}="))
    changed = text.replace(before, f"{name}={value}", 1)
    first = re.search(r"tree_sizes=(\d+)", changed)
    assert first is not None
    grown = len(value) - len(before) + len(name) + 1 if "Tree=0" in text.partition(before)[0] else 0
    return changed.replace(first[0], f"tree_sizes={int(first[1]) + grown}", 1)


def test_what_lightgbm_writes_is_read(booster: object, text: str, tmp_path: Path) -> None:
    (tmp_path / "risk.txt").write_text(text)
    rows = np.random.default_rng(1).normal(size=(50, COLUMNS))
    for read in (read_booster, try_booster):
        again = read(tmp_path / "risk.txt", COLUMNS)
        np.testing.assert_array_equal(again.predict(rows), booster.predict(rows))  # type: ignore[attr-defined]


def test_a_split_of_missing_from_all_others_is_read() -> None:
    """LightGBM writes its threshold as infinity."""
    library, draw = load_lightgbm(), np.random.default_rng(0)
    rows = draw.normal(size=(300, COLUMNS))
    rows[:100, 0] = np.nan
    table = library.Dataset(rows, np.isnan(rows[:, 0]) * 1.0)
    text = library.train({"objective": "binary", "num_leaves": 3, "verbose": -1}, table, 2).model_to_string()
    assert "threshold=inf" in text
    check(text)


def test_a_text_that_ends_early_is_refused_wherever_it_ends(text: str) -> None:
    whole = text.index("end of parameters") + len("end of parameters")
    for end in range(0, whole, 13):
        assert re.match(r"risk\.txt, line \d+: .* must .*, got ", refusal(text[:end])), end


def test_a_text_without_one_of_its_lines_is_refused_or_needs_it_not(text: str) -> None:
    """What LightGBM reads of a tree or of the header must be there."""
    lines = text[: text.index("end of trees")].split("\n")
    optional = ("split_gain", "leaf_weight", "internal_value", "internal_weight", "is_linear", "label_index")
    for number, line in enumerate(lines):
        if line and not line.startswith(optional):
            assert "risk.txt, line " in refusal("\n".join([*lines[:number], *lines[number + 1 :]]))


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("version", "v9", "version must be one of v3, v4, got 'v9'"),
        ("num_class", "3", "num_class must be 1, got '3'"),
        ("max_feature_idx", "7", "max_feature_idx must be 3, the last of the model's 4 columns, got '7'"),
        ("feature_names", "a b c", "feature_names must be 4 words"),
        ("num_leaves", "0", "num_leaves must be a number of at least 1, got '0'"),
        ("num_leaves", "900", "leaf_value must be 900 numbers, got 5"),
        ("num_cat", "1", "num_cat must be 0: categorical splits are not read, got '1'"),
        ("split_feature", "0 1 99 0", "split_feature must be from 0 to 3, got 99"),
        ("split_feature", "0 1 -1 0", "split_feature must be from 0 to 3, got -1"),
        ("threshold", "0.1 0.2 nan 0.3", "threshold must be 4 numbers, got '0.1 0.2 nan 0.3'"),
        ("threshold", "0.1 0.2 1e999 0.3", "threshold must be finite numbers"),
        ("decision_type", "2 2 3 2", "splits must be of numbers, which are even, got 3"),
        ("left_child", "1 0 -1 -2", "each node and leaf must be the child of one node"),
        ("left_child", "99999 1 -1 -2", "each node and leaf must be the child of one node"),
        ("leaf_value", "0.1 0.2 0.3 0.4", "leaf_value must be 5 numbers, got 4"),
        ("leaf_value", "0.1 0.2 0.3 0.4 0.5 ", "leaf_value must be 5 numbers, got '0.1 0.2"),
        ("leaf_count", "1 2 3 4 five", "leaf_count must be 5 numbers, got '1 2 3 4 five'"),
        ("internal_count", "1 2 3 " + "9" * 40, "internal_count must be 4 numbers"),
    ],
)
def test_a_refusal_says_the_line_and_what_must_hold(text: str, name: str, value: str, must: str) -> None:
    said = refusal(with_line(text, name, value))
    assert must in said
    named = "leaf_value" if name == "num_leaves" and value == "900" else name
    line = next(number for number, line in enumerate(text.split("\n"), start=1) if line.startswith(f"{named}="))
    assert f"risk.txt, line {line}: " in said


def test_nodes_in_a_circle_are_refused(text: str) -> None:
    """Each is the child of one, and none is reached."""
    left = next(line for line in text.split("\n") if line.startswith("left_child=")).partition("=")[2].split()
    right = next(line for line in text.split("\n") if line.startswith("right_child=")).partition("=")[2].split()
    leaf = next(value for value in (*left, *right) if int(value) < 0)
    turned = [[leaf if value == "2" else "2" if value == leaf else value for value in side] for side in (left, right)]
    changed = with_line(with_line(text, "left_child", " ".join(turned[0])), "right_child", " ".join(turned[1]))
    parents = [number for side in turned for number, value in enumerate(side) if value == "2"]
    if parents[0] < 2:
        check(changed)
    else:
        assert "a node must stand after its parent" in refusal(changed)


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe\x00", b"{}", b"tree\n" * 1000):
        (tmp_path / "risk.txt").write_bytes(content)
        with pytest.raises(InvalidModel, match=r"risk\.txt"):
            read_booster(tmp_path / "risk.txt", COLUMNS)


def test_what_ends_lightgbm_ends_a_process_of_its_own(text: str, tmp_path: Path) -> None:
    """Past our own reader: this process goes on, and the sentence says how the other one ended."""
    path = tmp_path / "risk.txt"
    path.write_text(with_line(text, "left_child", "1 2 3 90000000"))
    with pytest.raises(InvalidModel, match=r"risk\.txt: a model must load .* in a process of its own .*, got one that"):
        try_text(path)
    path.write_text("tree\nversion=v4\n")
    with pytest.raises(InvalidModel, match=r"in a process of its own before it serves, got status 1: .+"):
        try_text(path)
    path.write_text(text)
    try_text(path)
