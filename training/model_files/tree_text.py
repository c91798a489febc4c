"""LightGBM's text, read wholly before LightGBM sees it: what it cannot take it answers with the end of the process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from features.arrays import Ints
from training.lightgbm import load_lightgbm
from training.model_files.manifest import InvalidModel
from training.model_files.trial import try_text

WHOLE = r"-?\d{1,18}"
NUMBER = r"-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
LOOSE = rf"{NUMBER}|[-+]?(?:inf|nan)"
"""Of what only says how the trees were grown."""
THRESHOLD = rf"{NUMBER}|inf"
VERSIONS = ("v3", "v4")
HEADER = {"version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective"} | {
    "feature_names",
    "feature_infos",
    "tree_sizes",
    "monotone_constraints",
}
SPLITS = {
    "split_feature": WHOLE,
    "split_gain": LOOSE,
    "threshold": THRESHOLD,
    "decision_type": WHOLE,
    "left_child": WHOLE,
    "right_child": WHOLE,
    "internal_value": LOOSE,
    "internal_weight": LOOSE,
    "internal_count": WHOLE,
}
"""What a tree has for each split, and how it is written; below a threshold of ``inf`` is all that is not missing."""
LEAVES = {"leaf_value": NUMBER, "leaf_weight": LOOSE, "leaf_count": WHOLE}
NEEDED = {"split_feature", "threshold", "decision_type", "left_child", "right_child", "internal_count"}
SINGLE = {"num_leaves": WHOLE, "num_cat": WHOLE, "is_linear": WHOLE, "shrinkage": NUMBER}
DECISION_TYPES = 16
"""Categorical, the default way, and two bits of what counts as missing; categorical splits are not read."""
ReadBooster = Callable[[Path, int], Any]
END, LAST = "end of trees", "end of parameters"


@dataclass(frozen=True)
class TextLine:
    """A line ``name=value`` of the text, and where it stands."""

    number: int
    name: str
    value: str


class TreeText:
    """One text of LightGBM's with what must hold of it; ``features`` columns are read by its trees."""

    def __init__(self, text: str, file: str, features: int) -> None:
        self.text = text.encode()
        self.file = file
        self.features = features

    def check(self) -> None:
        """Raise ``InvalidModel``, which says file, line and what must hold, unless LightGBM will read it."""
        sizes, begin = self._header()
        at = begin
        for number, size in enumerate(sizes):
            self._tree(number, at, size)
            at += size
        self._trailer(at)

    def _refuse(self, line: int, must: str, got: object) -> NoReturn:
        raise InvalidModel(f"{self.file}, line {line}: {must}, got {_shown(got)}")

    def _line_at(self, place: int) -> int:
        return self.text.count(b"\n", 0, place) + 1

    def _lines(self, begin: int, end: int) -> Iterator[TextLine]:
        """Of a stretch, each ``name=value`` and the words that stand alone."""
        first = self._line_at(begin)
        for number, line in enumerate(self.text[begin:end].decode(errors="replace").split("\n"), start=first):
            if line:
                yield TextLine(number, *line.partition("=")[::2])

    def _fields(self, begin: int, end: int, known: set[str]) -> dict[str, TextLine]:
        fields: dict[str, TextLine] = {}
        for line in self._lines(begin, end):
            if line.name not in known or line.name in fields:
                self._refuse(line.number, "a line must be one of LightGBM's, each once", line.name)
            fields[line.name] = line
        return fields

    def _field(self, fields: dict[str, TextLine], name: str, within: int, must: str, pattern: str) -> TextLine:
        """A field that must be there and look like this."""
        found = fields.get(name)
        if found is None or not re.fullmatch(pattern, found.value):
            where, got = (within, "nothing") if found is None else (found.number, found.value)
            self._refuse(where, f"{name} must be {must}", got)
        return found

    def _header(self) -> tuple[list[int], int]:
        """How many bytes each tree has, and where the first begins."""
        if not self.text.startswith(b"tree\n"):
            self._refuse(1, "the first line must be 'tree'", self.text[:60].decode(errors="replace").split("\n")[0])
        end = self.text.find(b"\n\n")
        if end < 0:
            self._refuse(self._line_at(len(self.text)), "a blank line must end the header", "the end of the file")
        fields = self._fields(len(b"tree\n"), end, HEADER)
        self._field(fields, "version", 1, f"one of {', '.join(VERSIONS)}", "|".join(VERSIONS))
        for name in ("num_class", "num_tree_per_iteration"):
            self._field(fields, name, 1, "1", "1")
        last = self.features - 1
        self._field(fields, "max_feature_idx", 1, f"{last}, the last of the model's {self.features} columns", str(last))
        self._field(fields, "objective", 1, "a word", r"\S.*")
        for name in ("feature_names", "feature_infos"):
            self._field(fields, name, 1, f"{self.features} words", rf"\S+(?: \S+){{{last}}}")
        sizes = self._field(fields, "tree_sizes", 1, "the bytes of each tree", r"\d{1,9}(?: \d{1,9})*")
        return [int(size) for size in sizes.value.split()], end + 2

    def _tree(self, number: int, begin: int, size: int) -> None:
        head, end = f"Tree={number}\n".encode(), begin + size
        line, place = self._line_at(begin), self.text[begin : begin + len(head)]
        if place != head:
            self._refuse(line, f"Tree={number} must stand here, by tree_sizes", place.decode(errors="replace"))
        if end > len(self.text) or not self.text.endswith(b"\n\n", 0, end):
            self._refuse(
                self._line_at(end), f"Tree={number} must end here after {size} bytes, by tree_sizes", "another"
            )
        fields = self._fields(begin + len(head), end, set(SPLITS) | set(LEAVES) | set(SINGLE))
        self._field(fields, "num_cat", line, "0: categorical splits are not read", "0")
        self._field(fields, "shrinkage", line, "a number", NUMBER)
        if "is_linear" in fields:
            self._field(fields, "is_linear", line, "0: linear leaves are not read", "0")
        leaves = int(self._field(fields, "num_leaves", line, "a number of at least 1", r"[1-9]\d{0,6}").value)
        self._list(fields, "leaf_value", line, leaves, LEAVES["leaf_value"])
        if leaves > 1:
            self._splits(fields, line, leaves)

    def _splits(self, fields: dict[str, TextLine], line: int, leaves: int) -> None:
        """Lists as long as they must be, which say a tree: each node and leaf has one way to it."""
        for names, length in ((SPLITS, leaves - 1), (LEAVES, leaves)):
            for name, pattern in names.items():
                if name in fields or name in NEEDED or name == "leaf_count":
                    self._list(fields, name, line, length, pattern)
        self._within(fields["split_feature"], 0, self.features - 1)
        self._within(fields["decision_type"], 0, DECISION_TYPES - 1)
        if categorical := [kind for kind in _whole(fields["decision_type"]) if kind & 1]:
            self._refuse(fields["decision_type"].number, "splits must be of numbers, which are even", categorical[0])
        for name in ("leaf_count", "internal_count"):
            self._within(fields[name], 0, 10**18)
        left, right = _whole(fields["left_child"]), _whole(fields["right_child"])
        children = np.concatenate((left, right))
        if sorted(children.tolist()) != [*range(-leaves, 0), *range(1, leaves - 1)]:
            self._refuse(fields["left_child"].number, "each node and leaf must be the child of one node", "others")
        parents = np.tile(np.arange(leaves - 1), 2)
        if ((children >= 0) & (children <= parents)).any():
            self._refuse(fields["left_child"].number, "a node must stand after its parent", "one before it")

    def _list(self, fields: dict[str, TextLine], name: str, within: int, length: int, pattern: str) -> None:
        numbers = rf"(?:{pattern})(?: (?:{pattern}))*" if length else ""
        found = self._field(fields, name, within, f"{length} numbers", numbers)
        values = found.value.split()
        if len(values) != length:
            self._refuse(found.number, f"{name} must be {length} numbers", len(values))
        numbers_alone = [value for value in values if value != "inf"] if pattern in (NUMBER, THRESHOLD) else []
        if not np.isfinite(np.array(numbers_alone, dtype=np.float64)).all():
            self._refuse(found.number, f"{name} must be finite numbers", "one that is not")

    def _within(self, line: TextLine, least: int, most: int) -> None:
        values = _whole(line)
        if outside := values[(values < least) | (values > most)].tolist():
            self._refuse(line.number, f"{line.name} must be from {least} to {most}", outside[0])

    def _trailer(self, begin: int) -> None:
        """After the trees: how often each column is tested, with which parameters they were grown, and the end."""
        line, rest = self._line_at(begin), self.text[begin:].decode(errors="replace")
        if not rest.startswith(f"{END}\n"):
            self._refuse(line, f"'{END}' must stand after the last tree", rest.split("\n")[0])
        if f"\n{LAST}\n" not in rest:
            self._refuse(self._line_at(len(self.text)), f"'{LAST}' must stand near the end", "the end of the file")


def read_booster(path: Path, features: int) -> Any:
    """The LightGBM booster of a file, of trees that read ``features`` columns. Raises ``InvalidModel``."""
    return _booster(path, _checked_text(path, features))


def try_booster(path: Path, features: int) -> Any:
    """The booster of a file that was never loaded before: LightGBM meets it in another process first."""
    text = _checked_text(path, features)
    try_text(path)
    return _booster(path, text)


def _checked_text(path: Path, features: int) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidModel(f"{path.name}: a model must be UTF-8 text, got another byte at {error.start}") from error
    TreeText(text, path.name, features).check()
    return text


def _booster(path: Path, text: str) -> Any:
    library = load_lightgbm()
    try:
        return library.Booster(model_str=text)
    except library.basic.LightGBMError as error:
        raise InvalidModel(f"{path.name}: a model must hold LightGBM text, got: {error}") from error


def _whole(line: TextLine) -> Ints:
    return np.array(line.value.split(), dtype=np.int64)


def _shown(got: object) -> str:
    text = repr(got) if isinstance(got, str) else str(got)
    return text if len(text) <= 60 else f"{text[:57]}..."
