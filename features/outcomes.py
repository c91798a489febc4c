"""The one place that looks past ``as_of``: what became of an order, and when that was known.

An outcome is labelled against the promises known at ``as_of``; what a later promise says changes nothing. It is
what the records hold from a moment on and may revise: a goods issue that happened in time and was
booked a month late turns a miss into a delivery, from the day of the booking. Whoever reads an outcome reads it
with its ``known_at``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from features.arrays import Ints, Mask
from features.engine.ordering import known_until
from features.events.selection import Select
from features.history import History
from features.jit import compiled
from features.orders.commitments import OPEN, commitments, full_since, is_awaited, is_to_ship
from features.orders.issues import new_ledger, with_room
from features.orders.known_lines import fold_lines_until
from features.orders.line import apply
from features.orders.line_state import (
    CLOSED_AS,
    CLOSED_AT,
    CREATED,
    KNOWN,
    N_LINE,
    NOT_CLOSED,
    ORDERED_AT,
    PROMISE,
    LineEvents,
    changes_lines,
    is_cancelled,
    is_open,
    line_event,
    line_events,
    lines_of,
    new_lines,
)
from features.orders.rules import GRACE, OVER, first_moments, rules_in_force, terms_of
from features.orders.tally import (
    ALONE,
    EXCUSED,
    FULL_AT,
    NOT_IN_FULL,
    UNPROMISED_LINE,
    count_statement,
    in_time,
    judge_line,
    new_tally,
)
from features.times import DAY, LATEST, NEVER

__all__ = [
    "CANCELLED",
    "MISSED",
    "ON_TIME_IN_FULL",
    "OUTCOMES",
    "PARTIAL",
    "UNSETTLED",
    "LabelRevisions",
    "ShipDates",
    "decided_between",
    "label_revisions",
    "labelled_moments",
    "outcomes",
    "ship_dates",
]
UNSETTLED, ON_TIME_IN_FULL, PARTIAL, MISSED, CANCELLED = 0, 1, 2, 3, 4
OUTCOMES = np.array(["unsettled", "on_time_in_full", "partial", "missed", "cancelled"], dtype=object)
TRACK_RECORD_NOTICE = 7 * DAY


@dataclass(frozen=True)
class LabelRevisions:
    """Every change of what the records say became of an order: shapes (n_changes,).

    ``labelled_at`` is the moment whose promise the order is held to, ``known_at`` since when the records say so: never
    before the order is labelled, as what is recorded until then may change the promise it is held to.
    """

    order: Ints
    labelled_at: Ints
    known_at: Ints
    outcome: Ints


def outcomes(history: History, order: Ints, as_of: Ints, until: int | None = None) -> tuple[Ints, Ints, Ints]:
    """The outcome of each (order, as_of) and when it was known, by what is recorded until ``until``.

    What counts as on time and in full is what the policy of the history says.

    Parameters
    ----------
    order, as_of : (n,) index of the order, microseconds. The order should be open then; otherwise UNSETTLED.
    until : microseconds; the records end here (default: with the last recorded event)

    Returns
    -------
    outcome (n,) codes into ``OUTCOMES``; known_at (n,) microseconds, NEVER while UNSETTLED; ripe_at (n,) microseconds,
    the last promise plus grace: by then every outcome is settled. Who learns from outcomes must wait for that, as a
    success is known earlier than a failure.
    """
    end = int(history.recorded.max()) if until is None and history.n_events else (until or 0)
    stop = known_until(history.first, history.recorded, order, as_of)
    outcome, known_at, ripe_at, *_ = label(order, stop, end, *rules_of(history, stop), False, *line_events(history))
    state, last = commitments(history), np.maximum(stop - 1, 0)
    open_ = (stop > history.first[order]) & is_awaited(state.state[last], state.due[last], as_of)
    return np.where(open_, outcome, UNSETTLED), np.where(open_, known_at, NEVER), ripe_at


def decided_between(history: History, order: Ints, as_of: Ints, until: Ints, kinds: tuple[str, ...]) -> Mask:
    """(n,) True where a decision of one of ``kinds`` was recorded after ``as_of`` and up to ``until``, microseconds.

    Somebody stepped in after the order was looked at, so what became of it is not what would have.
    """
    counted = history.counted(Select("decision.recorded", kind=kinds))
    before, after = (known_until(history.first, history.recorded, order, moment) for moment in (as_of, until))
    return np.asarray(counted[after] > counted[before])


def label_revisions(history: History, notice: int = TRACK_RECORD_NOTICE) -> LabelRevisions:
    """What the track record rests on: each order labelled once, against the promise of ``notice`` before it fell due.

    An order that was never known that early is labelled against its first promise. The rows of an order do not
    change when something is recorded later; rows are added.
    """
    position, as_of, _ = labelled_moments(history, notice)
    order = history.order[position]
    stop = position + 1
    *_, revisions = label(order, stop, LATEST, *rules_of(history, stop), True, *line_events(history))
    owner, known_at, outcome = revisions
    labelled_at = as_of[owner]
    return LabelRevisions(order[owner], labelled_at, np.maximum(known_at, labelled_at), outcome)


def rules_of(history: History, stop: Ints) -> tuple[Ints, Ints, Ints]:
    """The rules of orders as known after some of their events, as ``label`` takes them.

    Returns (n_rules, 2) their terms, (n,) the row of each order, (n_events,) the first moment at which delivery counts
    against each date that is stated, (0,) where it counts whenever it left.
    """
    rules, index = rules_in_force(history)
    windows = any(each.earliest is not None for each in rules)
    begins = history.once(("windows",), lambda: first_moments(history)) if windows else np.empty(0, dtype=np.int64)
    return terms_of(rules), index[np.maximum(stop - 1, 0)] if len(index) else np.zeros_like(stop), begins


def labelled_moments(history: History, notice: int) -> tuple[Ints, Ints, Mask]:
    """For each order that was ever open: when it is labelled, ``notice`` before its promise as the promise stood then.

    Returns (n_orders_labelled,) the position of the last event known then, the moment in microseconds, and True where
    the order was open at that moment; an order that shipped or was cancelled earlier is labelled just before that.
    """
    state = commitments(history)
    open_ = is_awaited(state.state, state.due, history.recorded)
    moment = np.maximum(history.recorded, np.where(open_, state.due, notice) - notice)
    reached = open_ & (moment < history.next_recorded)
    last = np.append(history.order[1:] != history.order[:-1], True)
    closes = open_ & ~last & ~is_to_ship(np.append(state.state[1:], OPEN))
    chosen = np.flatnonzero(reached | closes)
    _, first = np.unique(history.order[chosen], return_index=True)
    position = chosen[first]
    at = np.where(reached[position], moment[position], history.recorded[position])
    return position, at, reached[position]


# -- the loop ------------------------------------------------------------------------------------------------


@compiled
def label(
    order: Ints, stop: Ints, until: int, terms: Ints, rule: Ints, begins: Ints, revisions: bool, *columns: Any
) -> tuple[Ints, Ints, Ints, tuple[Ints, Ints, Ints]]:
    """What became of each (order, position after the last known event), by the records until a moment.

    ``terms``, ``rule`` and ``begins`` come from ``rules_of``.

    Returns (n,) outcome, since when the records hold it, when its last promise plus grace had passed; and, if
    ``revisions``, (n_revisions,) every change of the label: index of the question, moment, outcome.
    """
    events = LineEvents(*columns)
    n = len(order)
    final = np.zeros(n, dtype=np.int64)
    final_at = np.full(n, NEVER, dtype=np.int64)
    ripe_at = np.full(n, NEVER, dtype=np.int64)
    room = 0
    for s in range(n):
        room += 2 * (events.first[order[s] + 1] - events.first[order[s]]) if revisions else 0
    row_owner, row_at, row_outcome = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    rows = 0
    for s in range(n):
        begin, end = events.first[order[s]], events.first[order[s] + 1]
        promised, _ = fold_lines_until(events, order[s], stop[s])
        grace, over = terms[rule[s], GRACE], terms[rule[s], OVER]
        ripe_at[s] = _ripe_at(promised, grace)
        lines, tally = new_lines(lines_of(events, order[s]), N_LINE), new_tally(len(promised))
        ledger = new_ledger()
        outcome, since = UNSETTLED, NEVER
        now, settles_at = UNSETTLED, NEVER
        for i in range(begin, end):
            recorded = events.recorded[i]
            if recorded > until:
                break
            if changes_lines(events.type[i]):
                event = line_event(events, i)
                ledger = with_room(ledger, event.type, len(lines))
                apply(lines, ledger, event)
                count_statement(tally, lines, promised, event, i < stop[s])
                now = UNSETTLED
            if i < stop[s] - 1:
                continue
            if now == UNSETTLED:
                now, settles_at = _verdict(tally, lines, promised, in_time(ledger, promised, begins), grace, over)
            moment = max(settles_at, recorded)
            following = events.recorded[i + 1] if i + 1 < end else until + 1
            if moment > recorded and outcome != UNSETTLED and outcome != now:
                outcome, since = UNSETTLED, recorded
                if revisions:
                    row_owner[rows], row_at[rows], row_outcome[rows] = s, since, outcome
                    rows += 1
            if moment < min(following, until + 1) and outcome != now:
                outcome, since = now, moment
                if revisions:
                    row_owner[rows], row_at[rows], row_outcome[rows] = s, since, outcome
                    rows += 1
        final[s] = outcome
        final_at[s] = since if outcome != UNSETTLED else NEVER
    return final, final_at, ripe_at, (row_owner[:rows], row_at[:rows], row_outcome[:rows])


@compiled
def _ripe_at(promised: Ints, grace: int) -> int:
    """When the last promise plus grace has passed, NEVER where nothing is promised."""
    ripe = NEVER
    for j in range(len(promised)):
        if promised[j, KNOWN] and promised[j, PROMISE] != NEVER:
            ripe = max(ripe, promised[j, PROMISE] + grace)
    return ripe


@compiled
def _verdict(tally: Ints, lines: Ints, promised: Ints, left: Ints, grace: int, over: int) -> tuple[int, int]:
    """The outcome by the records so far, and the moment from which it is settled; NEVER is at once."""
    total, full, some, settled_at, last_promise = 0, 0, False, NEVER, NEVER
    unpromised, excused = False, False
    for j in range(len(promised)):
        counts = judge_line(tally, lines, promised, left[j, 0], j, over)
        if counts == ALONE:
            continue
        if counts == UNPROMISED_LINE:
            unpromised = True
            continue
        last_promise = max(last_promise, promised[j, PROMISE])
        if counts == NOT_IN_FULL:
            tally[j, FULL_AT] = NEVER
            excused |= tally[j, EXCUSED] == 1
            total += tally[j, EXCUSED] == 0
            some = some or (left[j, 0] > 0 and tally[j, EXCUSED] == 0)
            continue
        total += 1
        full += 1
        some = some or left[j, 0] > 0
        if tally[j, FULL_AT] == NEVER:
            tally[j, FULL_AT] = left[j, 1]
        settled_at = max(settled_at, tally[j, FULL_AT])
    if unpromised and full == total:
        return UNSETTLED, NEVER
    settled_at = last_promise if excused else settled_at
    if total == 0:
        return CANCELLED, settled_at + grace if excused else NEVER
    if full == total:
        return ON_TIME_IN_FULL, NEVER if settled_at == NEVER else settled_at + grace
    return (PARTIAL if some else MISSED), last_promise + grace


# -- when it shipped ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShipDates:
    """When all of an order had left: shapes (n,), microseconds, NEVER where the records do not say so.

    Attributes
    ----------
    shipped_at : the last issue that it took, by the quantities in force when the records end
    ended_at : since when nothing is to ship though not all of it left: it was closed with less, or what was still to
        ship was cancelled after the last issue
    """

    shipped_at: Ints
    ended_at: Ints

    def take(self, rows: Ints | Mask) -> ShipDates:
        return ShipDates(self.shipped_at[rows], self.ended_at[rows])


def ship_dates(history: History, order: Ints, as_of: Ints, until: int) -> ShipDates:
    """When all lines that were known of each (order, as_of) had left in full, by what is recorded until a moment.

    Parameters
    ----------
    order, as_of : (n,) index of the order, microseconds
    until : microseconds; the records end here
    """
    stop = known_until(history.first, history.recorded, order, as_of)
    return ShipDates(*find_ship_dates(order, stop, until, *line_events(history)))


@compiled
def find_ship_dates(order: Ints, stop: Ints, until: int, *columns: Any) -> tuple[Ints, Ints]:
    """See ``ship_dates``; an order is folded once where its rows stand side by side."""
    events = LineEvents(*columns)
    shipped_at, ended_at = np.full(len(order), NEVER, dtype=np.int64), np.full(len(order), NEVER, dtype=np.int64)
    lines, created, full_at = np.empty((0, N_LINE), np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    changed, of = NEVER, -1
    for s in range(len(order)):
        if order[s] != of:
            of = order[s]
            lines, created, full_at, changed = _fold_until(events, of, until)
        latest, withdrawn, missing, awaited = NEVER, NEVER, False, False
        for j in range(len(lines)):
            if created[j] < 0 or created[j] >= stop[s]:
                continue
            if is_cancelled(lines, j):
                since = CLOSED_AT if lines[j, CLOSED_AS] != NOT_CLOSED else ORDERED_AT
                withdrawn = max(withdrawn, lines[j, since])
                continue
            missing |= full_at[j] == NEVER
            awaited |= full_at[j] == NEVER and is_open(lines, j)
            latest = max(latest, full_at[j])
        if latest > withdrawn and not missing:
            shipped_at[s] = latest
        elif not missing:
            ended_at[s] = withdrawn
        elif not awaited:
            ended_at[s] = changed
    return shipped_at, ended_at


@compiled
def _fold_until(events: LineEvents, order: int, until: int) -> tuple[Ints, Ints, Ints, int]:
    """The lines of an order by the records until a moment, the position at which each was created (-1: not yet), when
    it was in full, and when anything last changed."""
    begin, end = events.first[order], events.first[order + 1]
    created = np.full(len(lines_of(events, order)), -1, dtype=np.int64)
    changed, stop = NEVER, begin
    while stop < end and events.recorded[stop] <= until:
        if changes_lines(events.type[stop]):
            changed = events.recorded[stop]
            if events.type[stop] == CREATED and created[events.line[stop]] < 0:
                created[events.line[stop]] = stop
        stop += 1
    lines, ledger = fold_lines_until(events, order, stop)
    full_at = np.full(len(lines), NEVER, dtype=np.int64)
    for j in range(len(lines)):
        full_at[j] = full_since(lines, ledger, j)
    return lines, created, full_at, changed
