"""The house laws that no type checker sees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BELOW = [*sorted((ROOT / "features").rglob("*.py")), *sorted((ROOT / "training").rglob("*.py"))]
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}


def calls(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            found.add(function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""))
    return found


@pytest.mark.parametrize("path", BELOW, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_clock_below_serving(path: Path) -> None:
    assert not calls(path) & CLOCKS


@pytest.mark.parametrize("path", [*BELOW, *sorted((ROOT / "serving").rglob("*.py"))], ids=lambda path: path.name)
def test_no_pickle(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not any(f"import {word}" in text for word in ("pickle", "joblib", "cloudpickle", "dill"))


def test_signals_see_outcomes_only_through_the_daybook() -> None:
    """Only the context (rows with a moment they were known) and the decision points read outcomes."""
    assert importers("from features.outcomes import") == {"features/context/context.py", "features/decision_points.py"}
    assert importers("judge\n") == {"features/outcomes.py"}


def importers(statement: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / "features").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
        if line.startswith("from features.") and statement in line
    }


def test_no_committed_file_names_a_package_index() -> None:
    words = ["py" + "pi.org", "python" + "hosted", "--index" + "-url", "--extra-index" + "-url"]
    for path in ROOT.rglob("*"):
        hidden = any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts)
        if path.is_file() and not hidden and path.suffix in {".py", ".md", ".toml", ".lock", ".sql", ".txt", ""}:
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not any(word in text for word in words), path
