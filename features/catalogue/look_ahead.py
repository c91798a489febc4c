"""What the code of a signal from outside may not read: clocks, and what knows the outcome of an order.

It keeps from doing so by accident. Whoever means to can get around it; what a signal says once later records are in the
table is checked in ``features.checks``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from features.catalogue.plugin import InvalidSignals, Plugin

CLOCKS = (
    "now", "utcnow", "today", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime",
    "gmtime",
)  # fmt: skip
MOMENTS = ("now", "today")
"""Texts that pandas and NumPy read as the moment of the call."""
FORBIDDEN = (
    "features.outcomes", "features.ladder", "features.decision_points", "features.context", "features.importing",
    "features.pipeline", "features.readiness", "training", "serving", "simulation", "time", "importlib",
)  # fmt: skip
"""What looks ahead, tables, what stands above signals, clocks, and what imports by a text."""


def require_no_look_ahead(plugin: Plugin) -> None:
    """Raise ``InvalidSignals`` where a module reads a clock, or what knows the outcome of an order."""
    try:
        tree = ast.parse(plugin.source)
    except (SyntaxError, ValueError) as error:
        raise plugin.not_loaded(error) from error
    for line, what in sorted(_offences(tree)):
        raise InvalidSignals(
            f"a signal must see what was known at its moment alone, got {what} in {plugin.origin}, line {line}"
        )


def _offences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    imported = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node.lineno, f"an import of {name}") for _, name in _names(node) if _is_forbidden(name))
        elif isinstance(node, ast.Attribute):
            name = _spelled(node, imported)
            if _is_forbidden(name):
                yield node.lineno, f"a use of {name}"
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, f"a clock ({clock})") for clock in _clocks(node))


def _clocks(call: ast.Call) -> Iterator[str]:
    called = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if called in CLOCKS:
        yield called
    if called == "__import__":
        yield called
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        text = getattr(argument, "value", None)
        if isinstance(text, str) and text.strip().lower() in MOMENTS:
            yield f'"{text}"'


def _imported(tree: ast.Module) -> dict[str, str]:
    """By the name that a module has for it, what it imports."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return {alias: name for node in nodes for alias, name in _names(node)}


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """What an import binds, and what that is; ``import a.b`` binds ``a``."""
    for one in node.names:
        if isinstance(node, ast.ImportFrom):
            yield one.asname or one.name, f"{'.' * node.level}{node.module or ''}.{one.name}"
        else:
            yield one.asname or one.name.partition(".")[0], one.name


def _spelled(node: ast.expr, imported: dict[str, str]) -> str:
    """The dotted name of an attribute of something imported, "" for any other."""
    if isinstance(node, ast.Attribute):
        before = _spelled(node.value, imported)
        return f"{before}.{node.attr}" if before else ""
    if isinstance(node, ast.Name) and node.id in imported:
        whole = imported[node.id]
        return whole if not whole.startswith(f"{node.id}.") else node.id
    return ""


def _is_forbidden(name: str) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in FORBIDDEN)
