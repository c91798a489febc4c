"""The code of this package as text that only changes when what it computes does.

Comments, docstrings and layout go, and so does the prose of a signal (what its values tell a planner).
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parent
COMPUTING = (
    "arrays.py", "times.py", "history.py", "decision_points.py", "outcomes.py",
    "events", "engine", "orders", "context", "known",
)  # fmt: skip
"""Files and rooms whose code, together with the signals, decides what a signal is."""
NOT_COMPUTING = ("events/files.py", "events/mapping.py")
PROSE_OF = "signal"
"""The decorator whose texts are prose."""


@lru_cache
def computing_code(*also: str) -> bytes:
    """The code of ``COMPUTING`` and of other files and rooms, by their paths within the package."""
    files = {file for place in (*COMPUTING, *also) for file in _files(PACKAGE / place)}
    named = sorted((file.relative_to(PACKAGE).as_posix(), file) for file in files)
    return b"\0".join(f"{name}\n{normalised(file)}".encode() for name, file in named if name not in NOT_COMPUTING)


def _files(place: Path) -> list[Path]:
    return [place] if place.suffix else list(place.rglob("*.py"))


@lru_cache(maxsize=256)
def normalised(file: Path) -> str:
    """The code of one file without comments, docstrings, layout and prose."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [one for one in node.body if not _is_text(one)] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [one for one in node.decorator_list if not _is_prose(one)]
    return ast.unparse(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_prose(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == PROSE_OF
