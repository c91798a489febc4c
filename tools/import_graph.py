"""Who imports whom: read from the code, so also what is imported late or for the types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("features", "simulation", "training", "serving")
DISCOVERED = {"features.catalogue.registry": {"features.signals"}}
"""The catalogue finds the signals by listing their folder; it names none of them."""
Edges = dict[str, set[str]]


@dataclass(frozen=True)
class Module:
    """A file of Python."""

    name: str
    path: Path
    """From the root of the project."""
    source: str

    @property
    def is_package(self) -> bool:
        """It is the ``__init__`` of a folder."""
        return self.path.name == "__init__.py"

    @property
    def room(self) -> str:
        """The first folder below the package, or the file that lies beside the folders."""
        return ".".join(self.name.split(".")[:2])

    @cached_property
    def tree(self) -> ast.Module:
        """The code, parsed."""
        return ast.parse(self.source)


def modules(packages: Iterable[str] = PACKAGES) -> dict[str, Module]:
    """Every module of the packages by its name."""
    paths = [path.relative_to(ROOT) for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    found = (Module(_name(path), path, (ROOT / path).read_text(encoding="utf-8")) for path in paths)
    return {module.name: module for module in found}


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def uses(tree: ast.Module, name: str, *, is_package: bool = False) -> set[str]:
    """Dotted names that a module imports, and those it reaches by attributes of what it imported.

    >>> sorted(uses(ast.parse("from features import outcomes as o; o.outcomes()"), "training.x"))
    ['features.outcomes', 'features.outcomes.outcomes']
    """
    found, bound = set(), {}
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.add(alias.name)
                first = alias.name.partition(".")[0]
                bound[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                found.add(f"{base}.{alias.name}")
                bound[alias.asname or alias.name] = f"{base}.{alias.name}"
        elif isinstance(node, ast.Call):
            found |= _imported_by_name(node)
    chains = (_dotted(node, bound) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return found | {chain for chain in chains if chain}


def _imported_by_name(call: ast.Call) -> set[str]:
    """``import_module("a.b")``."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function not in {"import_module", "__import__"}:
        return set()
    return {str(one.value) for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def _dotted(node: ast.expr, bound: Mapping[str, str]) -> str:
    """``a.b.c`` in full where ``a`` was imported, and nothing otherwise."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, bound)
        return before and f"{before}.{node.attr}"
    return ""


def module_edges(known: Mapping[str, Module]) -> Edges:
    """The modules that each module imports."""
    edges: Edges = {}
    for name, module in known.items():
        reached = {_module_of(dotted, known) for dotted in uses(module.tree, name, is_package=module.is_package)}
        edges[name] = reached - {"", name} - DISCOVERED.get(name, set())
    return edges


def _module_of(dotted: str, known: Mapping[str, Module]) -> str:
    """The longest beginning that is a module; a package alone is passed through on the way to its parts."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if name in known:
            return name if end > 1 or len(parts) <= 2 else ""
    return ""


def room_edges(known: Mapping[str, Module], of_modules: Edges) -> Edges:
    """The rooms that each room imports."""
    edges: Edges = {module.room: set() for module in known.values()}
    for name, reached in of_modules.items():
        edges[known[name].room] |= {known[other].room for other in reached} - {known[name].room}
    return edges


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that all reach each other.

    >>> circles({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    [['b', 'c']]
    """
    reach = {node: reachable(node, edges) for node in edges}
    groups = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in edges}
    return sorted(sorted(group) for group in groups if group)


def reachable(node: str, edges: Mapping[str, set[str]]) -> set[str]:
    """All that a node leads to."""
    seen: set[str] = set()
    waiting = [*edges.get(node, ())]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(edges.get(one, ()))
    return seen
