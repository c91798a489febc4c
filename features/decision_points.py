"""When an order is looked at: every start of day, every event a planner could act on, or days before its promise."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.arrays import Ints
from features.engine.ordering import known_until
from features.errors import InvalidRequest
from features.history import History
from features.orders.commitments import Commitments, commitments, is_awaited, is_to_ship
from features.outcomes import labelled_moments
from features.times import DAY, LATEST, NEVER, PlantCalendar, timestamps

SCHEMES = "daily, events, all, or before=DAYS such as before=7"
BEFORE = re.compile(r"before=(\d{1,4}(?:\.\d+)?)")


@dataclass(frozen=True)
class DecisionPoints:
    """(n,) pairs of an order and a moment.

    Attributes
    ----------
    order : index of the order in the history
    as_of : microseconds
    known : how many of the order's first events count as known, of those recorded by ``as_of``: the states in between
        where several were recorded in one moment. ``None`` for all of them. Within an order it must not fall as time
        passes
    looked_up_at : microseconds, the moment whose start of day load and track record are looked up for; ``None`` for
        that of ``as_of``
    """

    order: Ints
    as_of: Ints
    known: Ints | None = None
    looked_up_at: Ints | None = None

    def __len__(self) -> int:
        return len(self.order)

    def take(self, rows: Ints | slice) -> DecisionPoints:
        return DecisionPoints(
            self.order[rows],
            self.as_of[rows],
            None if self.known is None else self.known[rows],
            None if self.looked_up_at is None else self.looked_up_at[rows],
        )

    def earlier(self, by: int) -> DecisionPoints:
        """These orders so many microseconds before, with no more events known than count as known now."""
        return DecisionPoints(self.order, self.as_of - by, self.known)

    def ranks(self) -> Ints | None:
        """(n,) the rows sorted by order, moment and what is known, ``None`` where they are.

        Raises ``InvalidRequest`` where an order knows less at a later moment.
        """
        if len(self) < 2:
            return None
        keys = (self.as_of, self.order) if self.known is None else (self.known, self.as_of, self.order)
        if _are_sorted(*keys[::-1]):
            return None
        by = np.lexsort(keys)
        if self.known is not None and not _are_sorted(self.order[by], self.known[by]):
            raise InvalidRequest("of an order at least as many events must be known at a later moment, got fewer")
        return by

    def frame(self, history: History) -> pd.DataFrame:
        """order_id and as_of, (n, 2)."""
        orders = pd.Series(history.order_ids[self.order], dtype="str")
        return pd.DataFrame({"order_id": orders, "as_of": timestamps(self.as_of)})


def _are_sorted(*columns: Ints) -> bool:
    """Whether rows ascend by the first column, ties by the next."""
    later, same = np.zeros(len(columns[0]) - 1, dtype=bool), np.ones(len(columns[0]) - 1, dtype=bool)
    for column in columns:
        later |= same & (column[1:] > column[:-1])
        same &= column[1:] == column[:-1]
    return bool((later | same).all())


def standing_orders(history: History, as_of: int) -> DecisionPoints:
    """Every order of which something is known at ``as_of``."""
    order = np.arange(history.n_orders, dtype=np.int64)
    moment = np.full(history.n_orders, as_of, dtype=np.int64)
    known = known_until(history.first, history.recorded, order, moment) > history.first[:-1]
    return DecisionPoints(order[known], moment[known])


def require_scheme(scheme: str) -> None:
    """Raise ``InvalidRequest`` for a scheme that is none."""
    if scheme not in ("daily", "events", "all") and not BEFORE.fullmatch(scheme):
        raise InvalidRequest(f"the decision points must be {SCHEMES}, got {scheme!r}")


def decision_points(history: History, scheme: str, calendar: PlantCalendar, until: int | None = None) -> DecisionPoints:
    """The moments at which each order was open, by a scheme.

    Parameters
    ----------
    scheme : ``daily`` (each start of day), ``events`` (after each event), ``all`` (both), or ``before=7``
        (once an order: seven days before its promise, or when it became known, if that was later)
    until : microseconds, no decision point after it (default: when the last event was recorded)
    """
    require_scheme(scheme)
    end = until if until is not None else int(history.recorded.max(initial=0))
    notice = BEFORE.fullmatch(scheme)
    if notice:
        position, as_of, open_ = labelled_moments(history, int(float(notice[1]) * DAY))
        wanted = open_ & (as_of <= end)
        return _sorted(history.order[position[wanted]], as_of[wanted])
    state = commitments(history)
    if scheme == "daily":
        order, as_of = _days(history, state, calendar, end)
    elif scheme == "events":
        order, as_of = _events(history, state, end)
    else:
        parts = (_days(history, state, calendar, end), _events(history, state, end))
        order, as_of = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _sorted(order, as_of)


def late_points(
    history: History, calendar: PlantCalendar, until: int, after: tuple[int, ...] | None = None
) -> DecisionPoints:
    """Every start of day at which an order was late: a promise had passed, and something was still to ship.

    Parameters
    ----------
    until : microseconds, no decision point after it
    after : how many days after the promise it is looked at, rising; ``None`` for every day
    """
    state = commitments(history)
    late = is_to_ship(state.state) & (state.due != NEVER)
    since = np.maximum(history.recorded, np.where(late, state.due, 0) + 1)
    last = np.minimum(history.next_recorded - 1, min(until, LATEST - DAY))
    late &= since <= last
    order, since, last, due = (values[late] for values in (history.order, since, last, state.due))
    begin, promised = calendar.day(since - 1) + 1, calendar.day(due)
    count = (calendar.day(last) - begin + 1).clip(min=0)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    day = np.repeat(begin, count) + offset
    order = np.repeat(order, count)
    if after is not None:
        wanted = np.isin(day - np.repeat(promised, count), after)
        order, day = order[wanted], day[wanted]
    return _sorted(order, calendar.starts_of(day))


def _sorted(order: Ints, as_of: Ints) -> DecisionPoints:
    rows = np.lexsort([as_of, order])
    order, as_of = order[rows], as_of[rows]
    new = np.append(True, (order[1:] != order[:-1]) | (as_of[1:] != as_of[:-1]))[: len(order)]
    return DecisionPoints(order[new], as_of[new])


def _events(history: History, state: Commitments, end: int) -> tuple[Ints, Ints]:
    lasts = history.next_recorded > history.recorded
    awaited = is_awaited(state.state, state.due, history.recorded)
    open_ = awaited & lasts & (history.recorded <= end)
    return history.order[open_], history.recorded[open_]


def _days(history: History, state: Commitments, calendar: PlantCalendar, end: int) -> tuple[Ints, Ints]:
    """Every start of day at which an event's state is the latest known and open."""
    due = np.where(state.due == NEVER, 0, state.due)
    after = np.minimum(np.minimum(history.next_recorded - 1, due), min(end, LATEST - DAY))
    open_ = is_awaited(state.state, after, history.recorded)
    begin = calendar.day(history.recorded - 1) + 1
    days = np.where(open_, calendar.day(np.where(open_, after, 0)) - begin + 1, 0).clip(min=0)
    offset = np.arange(days.sum()) - np.repeat(np.cumsum(days) - days, days)
    return np.repeat(history.order, days), calendar.starts_of(np.repeat(begin, days) + offset)
