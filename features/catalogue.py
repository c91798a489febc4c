"""The catalogue of signals: one small function each, found by discovery in ``features.signals``."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
from calendar import day_name
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from features.compiled import package_code
from features.context import Context
from features.decision_points import DecisionPoints
from features.history import History
from features.known import Floats, Known
from features.threads import CORES, side_by_side
from features.times import Ints
from features.trace import positions_of

PART_EVENTS = 1 << 16
Progress = Callable[[int, int], None]


def unheard(_done: int, _all: int) -> None:
    """No progress wanted."""


Compute = Callable[[Known], Floats]
RISES, FALLS, EITHER = 1, -1, 0
RATES = ("holds a week", "orders a day")
"""Units of which small values say something too."""
WITHOUT_A_SAY = ("document.py", "importing.py", "files.py", "spark_files.py")
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
    says : what a value tells a planner; ``{value}`` stands for the number, ``[day|days]`` for one or many
    negative : what a value below zero tells, said of its size; the same as ``says`` if empty
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
    negative: str = ""

    def sentence(self, value: float) -> str:
        """What this value tells, as a planner would say it.

        >>> catalogue()["open_holds"].sentence(1.0)
        '1 hold is open'
        >>> catalogue()["planned_end_slack"].sentence(-2.0)
        'the plan ends 2 days after the promise'
        """
        if value != value:
            return self.absent
        words = self.negative if value < 0 and self.negative else self.says
        shown = self.shown(abs(value) if words == self.negative else value)
        return _of_number(words, shown in ("1", "-1")).replace("{value}", shown)

    def shown(self, value: float) -> str:
        """The number, rounded as its unit deserves.

        >>> catalogue()["partial_completion_ratio"].shown(0.25)
        '25 %'
        >>> catalogue()["promise_weekday"].shown(1.0)
        'Tuesday'
        """
        if self.unit == "share":
            return f"{value + 0.0:.0%}".replace("-0%", "0%").replace("%", " %")
        if self.unit == "day of the week":
            return day_name[int(value)]
        if 0 < abs(value) < 0.95 and self.unit in RATES:
            return f"{value:.2g}"
        rounded = round(value, 1) + 0.0
        if abs(rounded) >= 100 or rounded.is_integer():
            return f"{rounded:,.0f}"
        return f"{rounded:.1f}"


_NUMBERED = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")
_REGISTERED: dict[str, Signal] = {}


@lru_cache(maxsize=1024)
def _of_number(words: str, one: bool) -> str:
    """The words for one, or for many."""
    return _NUMBERED.sub(r"\1" if one else r"\2", words)


def signal(
    group: str, unit: str, direction: int, says: str, absent: str = "nothing is recorded", negative: str = ""
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
        _REGISTERED[name] = Signal(name, group, unit, direction, definition, says, absent, compute, negative)
        _ranked.cache_clear()
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
    return _ranked()


@lru_cache(maxsize=1)
def _ranked() -> dict[str, Signal]:
    ranked = sorted(_REGISTERED.values(), key=lambda entry: (GROUPS.index(entry.group), entry.name))
    return {entry.name: entry for entry in ranked}


def features_hash(names: list[str] | None = None) -> str:
    """Sixteen hex digits that change when the list of signals, or any code of the feature pipeline, does."""
    chosen = names if names is not None else list(catalogue())
    return hashlib.sha256("\n".join(chosen).encode() + package_code(*WITHOUT_A_SAY)).hexdigest()[:16]


def compute(
    history: History,
    points: DecisionPoints,
    context: Context,
    names: list[str] | None = None,
    tell: Progress = unheard,
    threads: int = CORES,
) -> Floats:
    """(n_points, n_signals) every signal, in the order of ``names`` or of the catalogue, column by column in memory.

    Parameters
    ----------
    points : (n_points,) in any order
    tell : called with (points done, points in all) as parts of the history are done
    threads : parts of the history that are done at a time
    """
    known = catalogue()
    entries = [known[name] for name in names or known]
    values = np.empty((len(entries), len(points))).T
    if history.n_events <= PART_EVENTS:
        _fill(values, history, points, context, entries)
        return values
    by = points.ranks()
    ordered = points.take(by) if by is not None else points
    done = 0
    parts = list(_parts(history, ordered))
    filled = side_by_side(partial(_part, history, ordered, context, entries), parts, threads=threads)
    for part, rows_of_part in zip(parts, filled, strict=True):
        rows = slice(part[2], part[3])
        values[rows if by is None else by[rows]] = rows_of_part
        done += part[3] - part[2]
        tell(done, len(points))
    return values


def _parts(history: History, points: DecisionPoints) -> Iterator[tuple[int, int, int, int]]:
    """Orders and rows that are done together: few enough that what they read stays close to the processor."""
    for begin, end in history.parts(PART_EVENTS):
        low, high = np.searchsorted(points.order, (begin, end))
        if high > low:
            yield begin, end, int(low), int(high)


def _part(
    history: History,
    points: DecisionPoints,
    context: Context,
    entries: list[Signal],
    part: tuple[int, int, int, int],
) -> Floats:
    begin, end, low, high = part
    own = points.take(slice(low, high))
    values = np.empty((len(entries), len(own))).T
    _fill(values, history.part(begin, end), replace(own, order=own.order - begin), context, entries)
    return values


def _fill(values: Floats, history: History, points: DecisionPoints, context: Context, entries: list[Signal]) -> None:
    by = points.ranks()
    known = Known(history, points if by is None else points.take(by), context)
    rows = slice(None) if by is None else by
    with np.errstate(invalid="ignore", divide="ignore"):
        for column, entry in enumerate(entries):
            values[rows, column] = entry.compute(known)


def evidence(known: Known, name: str) -> Ints:
    """Positions of the events a signal read, for the first decision point; ascending, each once."""
    return positions_of(evidence_bits(known, name), int(known.start[0]))


def evidence_bits(known: Known, name: str) -> int:
    """The same as bits, counted from the order's first event."""
    return _traced(known, [catalogue()[name]])[1][0]


def compute_known(known: Known, names: list[str]) -> Floats:
    """(n_points, n_signals) signals of what is known; their evidence is read at little cost from the same ``known``."""
    entries = catalogue()
    with np.errstate(invalid="ignore", divide="ignore"):
        return _columns([entries[name].compute(known) for name in names], len(known))


def compute_traced(known: Known, names: list[str]) -> tuple[Floats, list[int]]:
    """The same, and the events each signal read for the first decision point, in one pass.

    The events are bits, counted from the order's first: see ``features.trace``.
    """
    entries = catalogue()
    values, read = _traced(known, [entries[name] for name in names])
    return _columns(values, len(known)), read


def _traced(known: Known, entries: list[Signal]) -> tuple[list[Floats], list[int]]:
    values, read, trace = [], [], known.traced()
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            for entry in entries:
                values.append(entry.compute(known))
                read.append(trace.taken())
    finally:
        known.trace = None
    return values, read


def _columns(values: list[Floats], n: int) -> Floats:
    """(n, n_signals) one array, column by column in memory."""
    return np.concatenate([*values, np.empty(0)]).reshape(len(values), n).T
