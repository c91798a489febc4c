"""The code of this package: as it stands, and as text that only changes when what it computes does."""

from __future__ import annotations

import ast
import io
import tokenize
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parent
COMPUTING = (
    "arrays.py", "jit.py", "times.py", "policy.py", "history.py", "decision_points.py", "outcomes.py",
    "events", "engine", "orders", "context", "known",
)  # fmt: skip
"""Files and rooms whose code, together with the signals, decides what a signal is; every compiled loop is in one."""
NOT_COMPUTING = ("events/files.py",)
PROSE_OF = "signal"
"""The decorator whose texts are prose."""


@lru_cache
def written_code() -> bytes:
    """The code of ``COMPUTING`` as it is written."""
    return b"\0".join(file.read_bytes() for _, file in _files(COMPUTING))


@lru_cache
def computing_code(*also: str) -> bytes:
    """The code of ``COMPUTING`` and of other files and rooms, by their paths within the package, without its words."""
    return b"\0".join(f"{name}\n{without_words(file)}".encode() for name, file in _files((*COMPUTING, *also)))


def _files(places: tuple[str, ...]) -> list[tuple[str, Path]]:
    roots = [PACKAGE / place for place in places]
    files = {file for root in roots for file in ([root] if root.suffix else root.rglob("*.py"))}
    named = sorted((file.relative_to(PACKAGE).as_posix(), file) for file in files)
    return [(name, file) for name, file in named if name not in NOT_COMPUTING]


@lru_cache(maxsize=256)
def without_words(file: Path) -> str:
    """The lines of one file without comments, docstrings, blank lines and prose, whichever Python reads it."""
    return words_left_out(file.read_text(encoding="utf-8"))


def words_left_out(source: str) -> str:
    """The lines of some code without its words, see ``without_words``."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for begin, end in _worded(ast.parse(source)):
        lines[begin - 1 : end] = [""] * (end - begin + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _worded(tree: ast.Module) -> list[tuple[int, int]]:
    """The first and last lines of docstrings, of texts beside constants, and of the decorators of signals."""
    worded: list[ast.Expr | ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            worded.append(node)
        elif isinstance(node, ast.FunctionDef):
            worded += [decorator for decorator in node.decorator_list if _is_prose(decorator)]
    return [(node.lineno, node.end_lineno or node.lineno) for node in worded]


def _is_prose(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == PROSE_OF
