"""Signals at decision points: for many orders in parts, for one with its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue.plugins import HOW_TO_LOAD
from features.catalogue.registry import catalogue
from features.catalogue.signal import Signal
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.history import History
from features.known.evidence import positions_of
from features.known.known import Known
from features.parallel import CORES, side_by_side
from features.progress import Progress, no_progress

PART_EVENTS = 1 << 16


def compute(
    history: History,
    points: DecisionPoints,
    context: Context,
    names: list[str] | None = None,
    progress: Progress = no_progress,
    threads: int = CORES,
) -> Floats:
    """(n_points, n_signals) every signal, in the order of ``names`` or of the catalogue, column by column in memory.

    Parameters
    ----------
    points : (n_points,) in any order
    progress : called with points done and in all as parts of the history are done
    threads : parts of the history that are done at a time
    """
    known = catalogue()
    absent = [name for name in names or () if name not in known]
    if absent:
        raise InvalidRequest(f"signals must be of the catalogue, got {', '.join(absent)}: {HOW_TO_LOAD}")
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
        progress("computing signals", done, len(points))
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
    known.close()


def evidence(known: Known, name: str) -> Ints:
    """Positions of the events a signal read, for the first decision point; ascending, each once."""
    return positions_of(evidence_bits(known, name), int(known.start[0]))


def evidence_bits(known: Known, name: str) -> int:
    """The events a signal read for the first decision point, as bits counted from the order's first event."""
    return _traced(known, [catalogue()[name]])[1][0]


def compute_known(known: Known, names: list[str]) -> Floats:
    """(n_points, n_signals) signals of what is known; their evidence is read at little cost from the same ``known``."""
    entries = catalogue()
    with np.errstate(invalid="ignore", divide="ignore"):
        return _columns([entries[name].compute(known) for name in names], len(known))


def compute_with_evidence(known: Known, names: list[str]) -> tuple[Floats, list[int]]:
    """(n_points, n_signals) signals, and the events each of them read for the first decision point, in one pass.

    The events are bits, counted from the order's first: see ``features.known.evidence``.
    """
    entries = catalogue()
    values, read = _traced(known, [entries[name] for name in names])
    return _columns(values, len(known)), read


def _traced(known: Known, entries: list[Signal]) -> tuple[list[Floats], list[int]]:
    values, read, trace = [], [], known.tracing()
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            for entry in entries:
                values.append(entry.compute(known))
                read.append(trace.pop())
    finally:
        known.trace = None
    return values, read


def _columns(values: list[Floats], n: int) -> Floats:
    """(n, n_signals) one array, column by column in memory."""
    return np.concatenate([*values, np.empty(0)]).reshape(len(values), n).T
