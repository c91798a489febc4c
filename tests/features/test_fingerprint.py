"""The hash of signals changes with what computes them, and with nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from features import source
from features.catalogue.fingerprint import features_hash

WORDS = [
    ("wording/english.py", "stands since", "has stood since"),
    ("wording/english.py", "no truck is planned", "nobody planned a truck"),
    ("pipeline/spark.py", "from __future__", "# a comment\nfrom __future__"),
    ("signals/holds.py", '"""Holds placed and not released, holds."""', '"""Holds that are open, holds."""'),
    ("signals/holds.py", "{value} [hold is|holds are] open", "{value} open [hold|holds]"),
    ("known/known.py", "How many spells are open now.", "The number of open spells."),
    ("orders/issues.py", "@compiled\ndef issue", "# what leaves the dock\n@compiled\ndef issue"),
    ("importing/mapping.py", "must run over the source", "must be runnable over the source"),
]
RULES = [
    ("signals/holds.py", "weeks, 1.0)", "weeks, 2.0)"),
    ("known/known.py", "start = self._from(days)", "start = self._from(days or 7)"),
    ("engine/spells.py", "count += 1", "count += 2"),
    ("orders/issues.py", "LATE_BOOKING = 2 * DAY", "LATE_BOOKING = 3 * DAY"),
    ("policy.py", "grace: float = 2.0", "grace: float = 3.0"),
    ("context/context.py", "RECENT_DAYS = 180", "RECENT_DAYS = 90"),
    ("events/schema.py", "MICRO = 1_000_000", "MICRO = 1_000"),
]


@pytest.fixture(scope="module")
def untouched() -> str:
    """The hash of the package as it stands, taken before another one is hashed in its place."""
    return features_hash()


@pytest.fixture
def copied(untouched: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, which is hashed instead of the real one."""
    copy = tmp_path / "features"
    shutil.copytree(source.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source, "PACKAGE", copy)
    source.computing_code.cache_clear()
    yield copy
    source.computing_code.cache_clear()


def hash_after(copied: Path, file: str, old: str, new: str) -> str:
    """The hash after words in a file are replaced, all of which must be there."""
    text = (copied / file).read_text(encoding="utf-8")
    assert old in text
    (copied / file).write_text(text.replace(old, new), encoding="utf-8")
    source.computing_code.cache_clear()
    source.without_words.cache_clear()
    return features_hash()


@pytest.mark.parametrize(("file", "old", "new"), WORDS)
def test_words_and_spark_change_no_hash(copied: Path, untouched: str, file: str, old: str, new: str) -> None:
    assert hash_after(copied, file, old, new) == untouched


@pytest.mark.parametrize(("file", "old", "new"), RULES)
def test_a_changed_rule_changes_the_hash(copied: Path, untouched: str, file: str, old: str, new: str) -> None:
    assert hash_after(copied, file, old, new) != untouched


def test_another_list_of_signals_has_another_hash() -> None:
    assert features_hash(["open_holds"]) != features_hash(["open_holds", "hold_frequency"])
