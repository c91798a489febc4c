"""The one place that looks past ``as_of``: what became of an order, and when that was known.

An outcome is judged against the promises known at ``as_of``; what a later promise says changes nothing. It is
a belief that the records hold from a moment on and may revise: a goods issue that happened in time and was
booked a month late turns a miss into a delivery, from the day of the booking. Whoever reads an outcome reads it
with its ``known_at``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from features.engine import known_until
from features.errors import InvalidRequest
from features.history import History
from features.orders import (
    CHANGED,
    CLOSED,
    CREATED,
    ISSUED,
    OPEN,
    PROMISED,
    REASON_CANCELLED,
    commitments,
    issue,
    line_columns,
    needed,
)
from features.times import DAY, LATEST, NEVER, Ints, timestamps

UNSETTLED, ON_TIME_IN_FULL, PARTIAL, MISSED, CANCELLED = 0, 1, 2, 3, 4
OUTCOMES = np.array(["unsettled", "on_time_in_full", "partial", "missed", "cancelled"], dtype=object)
GRACE = 2 * DAY
TRACK_RECORD_NOTICE = 7 * DAY


@dataclass(frozen=True)
class Beliefs:
    """Every change of what the records say became of an order: shapes (n_changes,).

    ``judged_at`` is the moment whose promise the order is held to, ``known_at`` since when the belief is held.
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
) -> tuple[Ints, Ints]:
    """The outcome of each (order, as_of) and when it was known, by what is recorded until ``until``.

    Parameters
    ----------
    order, as_of : (n,) index of the order, microseconds. The order should be open then; otherwise UNSETTLED.
    until : microseconds; the records end here (default: with the last recorded event)
    grace : microseconds granted for late bookings
    tolerance : under-delivery that still counts as in full, a share in [0, 1)

    Returns
    -------
    outcome (n,) codes into ``OUTCOMES``, known_at (n,) microseconds, NEVER while UNSETTLED.
    """
    if not 0 <= tolerance < 1:
        raise InvalidRequest(f"the under-delivery tolerance must lie in [0, 1), got {tolerance}")
    end = int(history.recorded.max()) if until is None and history.n_events else (until or 0)
    stop = known_until(history.first, history.recorded, order, as_of)
    clocks = (history.occurred, history.recorded)
    outcome, known_at, *_ = _judge(*line_columns(history), *clocks, order, stop, end, grace, tolerance, False)
    state = commitments(history, tolerance)
    closed = (stop == history.first[order]) | (state.state[stop - 1] != OPEN) | (state.due[stop - 1] < as_of)
    return np.where(closed, UNSETTLED, outcome), np.where(closed, NEVER, known_at)


def beliefs(history: History, notice: int = TRACK_RECORD_NOTICE, grace: int = GRACE) -> Beliefs:
    """What the track record rests on: each order judged once, against the promise of ``notice`` before it fell due.

    An order that was never known that early is judged against its first promise. The rows of an order do not
    change when something is recorded later; rows are added.
    """
    position, as_of, _ = judged_moments(history, notice)
    order = history.order[position]
    clocks = (history.occurred, history.recorded)
    lines = line_columns(history)
    _, _, owner, known_at, outcome = _judge(*lines, *clocks, order, position + 1, LATEST, grace, 0.0, True)
    return Beliefs(order[owner], as_of[owner], known_at, outcome)


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


def outcome_table(history: History, order: Ints, as_of: Ints, until: int | None = None) -> pd.DataFrame:
    """A readable table of outcomes: order_id, as_of, outcome, known_at; (n, 4)."""
    outcome, known_at = outcomes(history, order, as_of, until)
    return pd.DataFrame(
        {
            "order_id": history.order_ids[order],
            "as_of": timestamps(as_of),
            "outcome": OUTCOMES[outcome],
            "known_at": timestamps(known_at),
        }
    )


@njit(cache=True)
def _judge(
    first: Ints,
    line: Ints,
    type_: Ints,
    quantity: Ints,
    date: Ints,
    _value: Ints,
    reason: Ints,
    lines: Ints,
    occurred: Ints,
    recorded: Ints,
    order: Ints,
    stop: Ints,
    until: int,
    grace: int,
    tolerance: float,
    keep: bool,
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    n = len(order)
    final = np.zeros(n, dtype=np.int64)
    final_at = np.full(n, NEVER, dtype=np.int64)
    room = 0
    for s in range(n):
        room += 2 * (first[order[s] + 1] - first[order[s]]) if keep else 0
    row_owner = np.empty(room, dtype=np.int64)
    row_at = np.empty(room, dtype=np.int64)
    row_outcome = np.empty(room, dtype=np.int64)
    rows = 0
    for s in range(n):
        begin, end = first[order[s]], first[order[s] + 1]
        count = lines[order[s]]
        known = np.zeros(count, dtype=np.bool_)
        promise = np.full(count, NEVER, dtype=np.int64)
        for i in range(begin, stop[s]):
            if type_[i] == CREATED:
                known[line[i]] = True
                promise[line[i]] = date[i]
            elif type_[i] == PROMISED:
                for j in range(count):
                    if line[i] < 0 or line[i] == j:
                        promise[j] = date[i]
        ordered = np.zeros(count, dtype=np.int64)
        issued = np.zeros(count, dtype=np.int64)
        full_at = np.full(count, NEVER, dtype=np.int64)
        last_issue = np.full(count, NEVER, dtype=np.int64)
        cancelled = np.zeros(count, dtype=np.bool_)
        due_now = np.zeros(count, dtype=np.int64)
        belief, belief_at = UNSETTLED, NEVER
        for i in range(begin, end):
            if recorded[i] > until:
                break
            kind, at = type_[i], line[i]
            if kind == ISSUED:
                for j in range(count):
                    due_now[j] = issued[j]
                issue(at, quantity[i], ordered, due_now, count)
                for j in range(count):
                    if due_now[j] != issued[j] and occurred[i] <= promise[j]:
                        issued[j] = due_now[j]
                        last_issue[j] = max(last_issue[j], occurred[i])
            elif kind == CREATED or kind == CHANGED or kind == CLOSED:
                for j in range(count):
                    if (at < 0 or at == j) and (i < stop[s] or occurred[i] <= promise[j]):
                        if kind == CLOSED:
                            cancelled[j] = reason[i] == REASON_CANCELLED
                        else:
                            ordered[j] = quantity[i]
            if i < stop[s] - 1:
                continue
            total, n_full, some, settled_at, last_promise = 0, 0, False, NEVER, NEVER
            for j in range(count):
                if not known[j] or cancelled[j]:
                    continue
                total += 1
                last_promise = max(last_promise, promise[j])
                if issued[j] >= needed(ordered[j], tolerance):
                    n_full += 1
                    if full_at[j] == NEVER:
                        full_at[j] = last_issue[j]
                    settled_at = max(settled_at, full_at[j])
                else:
                    full_at[j] = NEVER
                some = some or issued[j] > 0
            if total == 0:
                now, settled_at = CANCELLED, recorded[i] - grace
            elif n_full == total:
                now = ON_TIME_IN_FULL
                settled_at = recorded[i] - grace if settled_at == NEVER else settled_at
            else:
                now, settled_at = PARTIAL if some else MISSED, last_promise
            moment = max(settled_at + grace, recorded[i])
            following = recorded[i + 1] if i + 1 < end else until + 1
            if moment > recorded[i] and belief != UNSETTLED and belief != now:
                belief, belief_at = UNSETTLED, recorded[i]
                if keep:
                    row_owner[rows], row_at[rows], row_outcome[rows] = s, belief_at, belief
                    rows += 1
            if moment < min(following, until + 1) and belief != now:
                belief, belief_at = now, moment
                if keep:
                    row_owner[rows], row_at[rows], row_outcome[rows] = s, belief_at, belief
                    rows += 1
        final[s] = belief
        final_at[s] = belief_at if belief != UNSETTLED else NEVER
    return final, final_at, row_owner[:rows], row_at[:rows], row_outcome[:rows]
