"""The catalogue of signals: one small function each, found by discovery in ``features.signals``."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from features.known import Floats, Known
from features.times import Ints

Compute = Callable[[Known], Floats]
RISES, FALLS, EITHER = 1, -1, 0
GROUPS = (
    "progress",
    "holds",
    "schedule",
    "commitment",
    "material",
    "quality",
    "readiness",
    "delivery",
    "information",
    "size",
    "calendar",
    "load",
    "track record",
)


@dataclass(frozen=True)
class Signal:
    """One column: what it means, and how it is computed from what was known.

    Attributes
    ----------
    name : the column, the name of the function
    unit : days, orders, share, ...
    direction : RISES if planners expect risk to rise with it, FALLS if to fall, EITHER if it depends
    definition : one sentence
    says : what a value tells a planner; ``{value}`` stands for the number with its unit's rounding
    absent : what a missing value tells
    """

    name: str
    group: str
    unit: str
    direction: int
    definition: str
    says: str
    absent: str
    compute: Compute

    def sentence(self, value: float) -> str:
        """What this value tells, as a planner would say it."""
        return self.absent if np.isnan(value) else self.says.replace("{value}", self.shown(value))

    def shown(self, value: float) -> str:
        """The number, rounded as its unit deserves.

        >>> catalogue()["partial_completion_ratio"].shown(0.25)
        '25 %'
        """
        if self.unit == "share":
            return f"{value:.0%}".replace("%", " %")
        if abs(value) >= 100 or float(value).is_integer():
            return f"{value:,.0f}"
        return f"{value:.1f}"


_REGISTERED: dict[str, Signal] = {}


def signal(
    group: str, unit: str, direction: int, says: str, absent: str = "nothing is recorded"
) -> Callable[[Compute], Compute]:
    """Enter a function into the catalogue; its name is the column, its first docstring line the definition."""

    def enter(compute: Compute) -> Compute:
        name = compute.__name__
        definition = (compute.__doc__ or "").strip().split("\n")[0]
        if group not in GROUPS:
            raise ValueError(f"the group of {name} must be one of {', '.join(GROUPS)}, got {group!r}")
        if not definition:
            raise ValueError(f"{name} must have a docstring that says what it is, got none")
        if name in _REGISTERED and _REGISTERED[name].compute.__module__ != compute.__module__:
            raise ValueError(f"a signal's name must be its own, got {name!r} twice")
        _REGISTERED[name] = Signal(name, group, unit, direction, definition, says, absent, compute)
        return compute

    return enter


@lru_cache(maxsize=1)
def _discover() -> None:
    package = importlib.import_module("features.signals")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"features.signals.{module.name}")


def catalogue() -> dict[str, Signal]:
    """Every signal by name, in the order of its group and then of its name."""
    _discover()
    ranked = sorted(_REGISTERED.values(), key=lambda entry: (GROUPS.index(entry.group), entry.name))
    return {entry.name: entry for entry in ranked}


def features_hash(names: list[str] | None = None) -> str:
    """Sixteen hex digits that change when a signal, its definition or its code does."""
    entries = catalogue()
    digest = hashlib.sha256()
    for name in names if names is not None else entries:
        digest.update(f"{name}\n{inspect.getsource(entries[name].compute)}\n".encode())
    return digest.hexdigest()[:16]


def compute(known: Known, names: list[str] | None = None) -> Floats:
    """(n_points, n_signals) every signal, in the order of ``names`` or of the catalogue."""
    entries = catalogue()
    chosen = names if names is not None else list(entries)
    values = np.empty((len(known), len(chosen)))
    for column, name in enumerate(chosen):
        values[:, column] = entries[name].compute(known)
    return values


def evidence(known: Known, name: str) -> Ints:
    """Positions of the events a signal read, for the first decision point; ascending, each once."""
    known.trace = []
    try:
        catalogue()[name].compute(known)
        return np.unique(np.concatenate([*known.trace, np.zeros(0, dtype=np.int64)]))
    finally:
        known.trace = None
