"""The states of orders between two moments: just before and just after each event, and at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from features.arrays import Ints
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.engine.ordering import known_until
from features.history import History
from features.hypothetical import rows_of

BEGIN, EVENT, TIME, CONTEXT, MODEL = "begin", "event", "time", "context", "model"
STEPS = (BEGIN, EVENT, TIME, CONTEXT, MODEL)
"""What leads to a state: it is the first, or an event, time without one, the morning's context, another model."""
_BEGIN, _EVENT, _TIME, _CONTEXT, _MODEL = range(len(STEPS))
_PASSED = np.array([_TIME, _CONTEXT])


@dataclass(frozen=True)
class Path:
    """(n,) states, those of an order together and in their order.

    Attributes
    ----------
    points : the order, the moment, what is known, and the day that load and track record are looked up for
    step : (n,) index into ``STEPS``
    event : (n,) position of the event that led to the state, -1 for none
    """

    points: DecisionPoints
    step: Ints
    event: Ints

    def __len__(self) -> int:
        return len(self.step)


def path_between(history: History, context: Context, since: int, until: int, *, events_only: bool = False) -> Path:
    """The states of every order known by ``until``, from ``since`` on or from its first event, whichever is later.

    Each event recorded after ``since`` has the state just before it and just after it, at the moment it was recorded;
    events of one moment follow each other as they stand in the history. Between, time passes: first by the load and
    track record of the morning before, then by those of the last start of day.

    Parameters
    ----------
    since, until : microseconds
    events_only : leaves out what no event's step needs, so that steps no longer add up to the change: the states at
        ``since`` and ``until``, and those by the morning before
    """
    window = _Window.of(history, since, until)
    if events_only:
        before = window.before_events()
        return _in_order(history, before._replace(looked_up_at=before.moment), window.after_events())
    passed = _joined(window.before_events(), window.at_end())
    return _in_order(history, window.at_begin(), passed, _by_next_morning(passed, context), window.after_events())


class _States(NamedTuple):
    """(n,) states before they are in order; moments are microseconds."""

    order: Ints
    moment: Ints
    known: Ints
    looked_up_at: Ints
    step: Ints


@dataclass(frozen=True)
class _Window:
    """What was recorded between two moments, microseconds.

    Attributes
    ----------
    begin, end : (n_orders,) position after the last event of each order that was recorded by then
    event : (n_events,) positions of what was recorded between
    """

    history: History
    since: int
    until: int
    begin: Ints
    end: Ints
    event: Ints

    @classmethod
    def of(cls, history: History, since: int, until: int) -> _Window:
        orders = np.arange(history.n_orders)
        begin, end = (
            known_until(history.first, history.recorded, orders, np.full(len(orders), moment))
            for moment in (since, until)
        )
        return cls(history, since, until, begin, end, _ranges(begin, end))

    @property
    def first(self) -> Ints:
        return self.history.first[:-1]

    def after_events(self) -> _States:
        """As each event leaves its order."""
        order, moment = self.history.order[self.event], self.history.recorded[self.event]
        return _States(order, moment, self.event - self.first[order] + 1, moment, _all(_EVENT, order))

    def before_events(self) -> _States:
        """As time leaves each order before an event: one state a moment, none before the first event of all."""
        order, moment = self.history.order[self.event], self.history.recorded[self.event]
        begins = self.event == self.begin[order]
        was = np.where(begins, self.since, self.history.recorded[np.maximum(self.event - 1, 0)])
        known = self.event - self.first[order]
        passed = (known > 0) & (moment > was)
        return _States(order[passed], moment[passed], known[passed], was[passed], _all(_TIME, order[passed]))

    def at_begin(self) -> _States:
        """As orders that are known then stand at the first moment."""
        order = np.flatnonzero(self.begin > self.first)
        moment = _all(self.since, order)
        return _States(order, moment, (self.begin - self.first)[order], moment, _all(_BEGIN, order))

    def at_end(self) -> _States:
        """As time leaves orders that are known at the last moment, if it passes after the last event."""
        last = np.maximum(self.history.recorded[np.maximum(self.end - 1, 0)], self.since)
        order = np.flatnonzero((self.end > self.first) & (self.until > last))
        known = (self.end - self.first)[order]
        return _States(order, _all(self.until, order), known, last[order], _all(_TIME, order))


def _all(value: int, like: Ints) -> Ints:
    return np.full(len(like), value, dtype=np.int64)


def _by_next_morning(passed: _States, context: Context) -> _States:
    """What time has led to, where a day has begun meanwhile: by what is looked up for that day."""
    begun = context.lookup_day(passed.moment) != context.lookup_day(passed.looked_up_at)
    order, moment = passed.order[begun], passed.moment[begun]
    return _States(order, moment, passed.known[begun], moment, _all(_CONTEXT, order))


def _joined(*parts: _States) -> _States:
    return _States(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _in_order(history: History, *parts: _States) -> Path:
    """States of several kinds in the order of each life: time passes before the event of its moment."""
    states = _joined(*parts)
    turn = np.where(np.isin(states.step, _PASSED), states.step, 0)
    by = np.lexsort((turn, states.known, states.moment, states.order))
    order, moment, known, looked_up_at, step = (column[by] for column in states)
    event = np.where(step == _EVENT, history.first[order] + known - 1, -1)
    return Path(DecisionPoints(order, moment, known, looked_up_at), step, event)


def _ranges(begin: Ints, end: Ints) -> Ints:
    """The positions from each begin to before its end, one range after the other."""
    run, within = rows_of(end - begin)
    return np.asarray(begin[run] + within)
