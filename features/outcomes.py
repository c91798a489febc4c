"""The one place that looks past ``as_of``: what became of an order, and when that was known.

An outcome is judged against the promises known at ``as_of``; what a later promise says changes nothing. It is
a belief that the records hold from a moment on and may revise: a goods issue that happened in time and was
booked a month late turns a miss into a delivery, from the day of the booking. Whoever reads an outcome reads it
with its ``known_at``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.engine.ordering import known_until
from features.errors import InvalidRequest
from features.events.selection import Select
from features.history import History
from features.orders.commitments import OPEN, commitments, line_columns
from features.orders.line import MISSED, ON_TIME_IN_FULL, PARTIAL, UNSETTLED, judge
from features.orders.line import WITHDRAWN as CANCELLED
from features.times import DAY, LATEST, NEVER

__all__ = [
    "CANCELLED",
    "MISSED",
    "ON_TIME_IN_FULL",
    "OUTCOMES",
    "PARTIAL",
    "UNSETTLED",
    "beliefs",
    "decided_between",
    "outcomes",
]
OUTCOMES = np.array(["unsettled", "on_time_in_full", "partial", "missed", "cancelled"], dtype=object)
GRACE = 2 * DAY
TRACK_RECORD_NOTICE = 7 * DAY


@dataclass(frozen=True)
class Beliefs:
    """Every change of what the records say became of an order: shapes (n_changes,).

    ``judged_at`` is the moment whose promise the order is held to, ``known_at`` since when the belief is held: never
    before the order is judged, as what is recorded until then may change the promise it is held to.
    """

    order: Ints
    judged_at: Ints
    known_at: Ints
    outcome: Ints


def outcomes(
    history: History,
    order: Ints,
    as_of: Ints,
    until: int | None = None,
    grace: int = GRACE,
    tolerance: float = 0.0,
) -> tuple[Ints, Ints, Ints]:
    """The outcome of each (order, as_of) and when it was known, by what is recorded until ``until``.

    Parameters
    ----------
    order, as_of : (n,) index of the order, microseconds. The order should be open then; otherwise UNSETTLED.
    until : microseconds; the records end here (default: with the last recorded event)
    grace : microseconds granted for late bookings
    tolerance : under-delivery that still counts as in full, a share in [0, 1)

    Returns
    -------
    outcome (n,) codes into ``OUTCOMES``; known_at (n,) microseconds, NEVER while UNSETTLED; ripe_at (n,) microseconds,
    the last promise plus grace: by then every outcome is settled. Who learns from outcomes must wait for that, as a
    success is known earlier than a failure.
    """
    if not 0 <= tolerance < 1:
        raise InvalidRequest(f"the under-delivery tolerance must lie in [0, 1), got {tolerance}")
    end = int(history.recorded.max()) if until is None and history.n_events else (until or 0)
    stop = known_until(history.first, history.recorded, order, as_of)
    clocks = (history.occurred, history.recorded)
    outcome, known_at, ripe_at, *_ = judge(*line_columns(history), *clocks, order, stop, end, grace, tolerance, False)
    state = commitments(history, tolerance)
    closed = (stop == history.first[order]) | (state.state[stop - 1] != OPEN) | (state.due[stop - 1] < as_of)
    return np.where(closed, UNSETTLED, outcome), np.where(closed, NEVER, known_at), ripe_at


def decided_between(
    history: History, order: Ints, as_of: Ints, until: Ints, kinds: tuple[str, ...]
) -> NDArray[np.bool_]:
    """(n,) True where a decision of one of ``kinds`` was recorded after ``as_of`` and up to ``until``, microseconds.

    Somebody stepped in after the order was looked at, so what became of it is not what would have.
    """
    counted = history.counted(Select("decision.recorded", kind=kinds))
    before, after = (known_until(history.first, history.recorded, order, moment) for moment in (as_of, until))
    return np.asarray(counted[after] > counted[before])


def beliefs(history: History, notice: int = TRACK_RECORD_NOTICE, grace: int = GRACE) -> Beliefs:
    """What the track record rests on: each order judged once, against the promise of ``notice`` before it fell due.

    An order that was never known that early is judged against its first promise. The rows of an order do not
    change when something is recorded later; rows are added.
    """
    position, as_of, _ = judged_moments(history, notice)
    order = history.order[position]
    clocks = (history.occurred, history.recorded)
    lines = line_columns(history)
    *_, owner, known_at, outcome = judge(*lines, *clocks, order, position + 1, LATEST, grace, 0.0, True)
    judged_at = as_of[owner]
    return Beliefs(order[owner], judged_at, np.maximum(known_at, judged_at), outcome)


def judged_moments(history: History, notice: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """For each order that was ever open: when it is judged, ``notice`` before its promise as the promise stood then.

    Returns (n_orders_judged,) the position of the last event known then, the moment in microseconds, and True where
    the order was open at that moment; an order that shipped or was cancelled earlier is judged just before that.
    """
    state = commitments(history)
    open_ = (state.state == OPEN) & (state.due >= history.recorded)
    moment = np.maximum(history.recorded, np.where(open_, state.due, notice) - notice)
    reached = open_ & (moment < history.next_recorded)
    last = np.append(history.order[1:] != history.order[:-1], True)
    closes = open_ & ~last & (np.append(state.state[1:], OPEN) != OPEN)
    chosen = np.flatnonzero(reached | closes)
    _, first = np.unique(history.order[chosen], return_index=True)
    position = chosen[first]
    at = np.where(reached[position], moment[position], history.recorded[position])
    return position, at, reached[position]
