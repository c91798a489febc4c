"""Signals from outside against their naive twins, and against the laws that ours keep: no look ahead, no company."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from features.arrays import Floats
from features.catalogue.plugin import InvalidSignals
from features.catalogue.registry import catalogue, outside
from features.catalogue.twins import Twin, twin_of
from features.context.context import Context
from features.decision_points import DecisionPoints, decision_points, standing_orders
from features.engine.ordering import sort_events
from features.errors import InvalidRequest
from features.events.columns import as_columns
from features.history import History
from features.pipeline.computation import compute
from features.times import isoformat, plant_calendar, timestamps

MOST_POINTS, MOMENTS, ALONE = 300, 5, 20
KNOWN_TAKES = "docs/own_signal.md"
SHOWN = 3
"""So many faults of a kind are told."""


@dataclass(frozen=True)
class SignalCheck:
    """What was found of one signal, asked at so many decision points; no faults where it keeps every law."""

    name: str
    points: int
    faults: list[str]


def check_signals(
    events: pd.DataFrame, names: list[str] | None = None, zone: str = "UTC", seed: int = 7
) -> list[SignalCheck]:
    """Check signals from outside on a validated event table: a few hundred decision points, drawn at random.

    Each must agree with its twin; be what it is whatever is recorded later; be the same for an order alone, with the
    rows of the table in any order, and when it is asked again; and be a number for each point.

    Parameters
    ----------
    names : signals of the catalogue (default: all that come from outside)

    Raises ``InvalidRequest`` for a name that is no signal, where there is none from outside, or no decision point.
    """
    unknown = [name for name in names or () if name not in catalogue()]
    if unknown:
        raise InvalidRequest(f"what is checked must be signals of the catalogue, got {', '.join(unknown)}")
    chosen = list(outside()) if names is None else names
    if not chosen:
        raise InvalidRequest(
            "there must be signals from outside to check, got none: name a folder in SHIPRISK_SIGNALS, or install a "
            "package with an entry point of the group shiprisk.signals"
        )
    histories = _Histories(events, zone, seed)
    points = len(histories.points)
    return [SignalCheck(name, points, list(_faults(name, histories))) for name in chosen]


def require_signals(events: pd.DataFrame, names: list[str] | None = None, zone: str = "UTC") -> None:
    """Raise ``InvalidSignals`` that says every fault: one line in a test of a package with signals."""
    faults = [f"{check.name} {fault}" for check in check_signals(events, names, zone) for fault in check.faults]
    if faults:
        raise InvalidSignals("signals must keep the laws of a signal, got:\n  " + "\n  ".join(faults))


class _Histories:
    """Some decision points of a table of events, and the table as it was known, alone, and the other way around."""

    def __init__(self, events: pd.DataFrame, zone: str, seed: int) -> None:
        self.events, self.calendar = events, plant_calendar(zone)
        self.draw = np.random.default_rng(seed)

    @cached_property
    def history(self) -> History:
        return History.of(self.events)

    @cached_property
    def context(self) -> Context:
        return Context.of(self.history, self.calendar)

    @cached_property
    def ordered(self) -> pd.DataFrame:
        """The events of each order as they were known, order by order, as the history has them."""
        columns = as_columns(self.events)
        return self.events.iloc[sort_events(columns["order_id"].ranked(), columns)[0]].reset_index(drop=True)

    @cached_property
    def points(self) -> DecisionPoints:
        every = decision_points(self.history, "all", self.calendar)
        if not len(every):
            raise InvalidRequest("signals are checked at decision points, got none in these events")
        return every.take(np.sort(self.draw.permutation(len(every))[:MOST_POINTS]))

    @cached_property
    def moments(self) -> list[int]:
        """Some moments in between."""
        return sorted({int(moment) for moment in self.draw.permutation(self.points.as_of)[:MOMENTS]})

    def known_events(self, order: int, as_of: int) -> pd.DataFrame:
        """What was known of an order, event by event."""
        first, last = self.history.first[order], self.history.first[order + 1]
        until = first + int(np.searchsorted(self.history.recorded[first:last], as_of, side="right"))
        return self.ordered.iloc[first:until].reset_index(drop=True)

    def values(self, name: str, points: DecisionPoints | None = None) -> Floats:
        return compute(self.history, points or self.points, self.context, [name])[:, 0]

    def at(self, name: str, events: pd.DataFrame, moment: int) -> pd.Series:
        """A signal of every order that is known at a moment, by order, as a table of events says it."""
        history = History.of(events)
        points = standing_orders(history, moment)
        values = compute(history, points, Context.of(history, self.calendar), [name])[:, 0]
        return pd.Series(values, index=history.order_ids[points.order])

    def described(self, row: int) -> str:
        return f"order {self.history.order_ids[self.points.order[row]]} at {isoformat(int(self.points.as_of[row]))}"


def _faults(name: str, histories: _Histories) -> Iterator[str]:
    try:
        yield from _broken_laws(name, histories)
    except Exception as error:
        yield f"must give a number for each point, got {_in_a_line(error, catalogue()[name].compute)}"


def _in_a_line(error: Exception, code: object) -> str:
    """What was raised, the first line of what it says, and in which line of the signal's module."""
    says = next((line.strip() for line in str(error).splitlines() if line.strip()), "no word")
    file = inspect.unwrap(code).__code__.co_filename  # type: ignore[arg-type]
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" (line {lines[-1]} of {Path(file).name}; what the methods of known take: {KNOWN_TAKES})" if lines else ""
    return f"{type(error).__name__}: {says}{where}"


def _broken_laws(name: str, histories: _Histories) -> Iterator[str]:
    values = histories.values(name)
    if not np.array_equal(values, histories.values(name), equal_nan=True):
        yield "must be the same when it is asked again, got another number"
    if np.isinf(values).any():
        yield f"must be a number or missing, got infinity for {histories.described(int(np.isinf(values).argmax()))}"
    yield from _differences_of_twin(twin_of(name), values, histories)
    yield from _looks_ahead(name, histories)
    yield from _depends_on_company(name, values, histories)


def _differences_of_twin(twin: Twin | None, values: Floats, histories: _Histories) -> Iterator[str]:
    if twin is None:
        yield "must have a naive twin, got none: define it the obvious way, from events and a moment, with @twin"
        return
    differing = 0
    moments = timestamps(histories.points.as_of)
    for row, order in enumerate(histories.points.order.tolist()):
        try:
            naive = float(twin(histories.known_events(order, int(histories.points.as_of[row])), moments.iloc[row]))
        except Exception as error:
            yield f"must have a twin that runs, got {_in_a_line(error, twin)} for {histories.described(row)}"
            return
        if not np.isclose(values[row], naive, rtol=1e-9, atol=1e-9, equal_nan=True):
            yield f"of {histories.described(row)} must be {naive:g} as its twin says, got {values[row]:g}"
            differing += 1
        if differing == SHOWN:
            return


def _looks_ahead(name: str, histories: _Histories) -> Iterator[str]:
    for moment in histories.moments:
        stamp = timestamps(np.array([moment]))[0]
        seen = histories.events[(histories.events["recorded_at"] <= stamp).to_numpy()]
        then, now = histories.at(name, seen, moment), histories.at(name, histories.events, moment)
        changed = then.index[~_same(then.to_numpy(), now.loc[then.index].to_numpy())]
        for order in changed[:1]:
            yield (
                f"must not look ahead: of order {order} at {isoformat(moment)} it is {then[order]:g}, "
                f"and {now[order]:g} once later records are in the table"
            )
            return


def _depends_on_company(name: str, values: Floats, histories: _Histories) -> Iterator[str]:
    moment = histories.moments[-1]
    here, turned = histories.at(name, histories.events, moment), histories.at(name, histories.events.iloc[::-1], moment)
    if not _same(here.to_numpy(), turned.loc[here.index].to_numpy()).all():
        yield "must not depend on the order of the rows, got another number with the rows turned around"
    for order in np.unique(histories.points.order)[:ALONE].tolist():
        rows = np.flatnonzero(histories.points.order == order)
        part = histories.history.part(order, order + 1)
        points = DecisionPoints(np.zeros(len(rows), dtype=np.int64), histories.points.as_of[rows])
        alone = compute(part, points, histories.context, [name])[:, 0]
        if not _same(alone, values[rows]).all():
            yield f"must be the same for an order alone, got another number for {histories.described(int(rows[0]))}"
            return


def _same(one: Floats, other: Floats) -> np.ndarray:
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)))
