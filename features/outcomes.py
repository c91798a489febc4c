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
from features.events.schema import MICRO
from features.events.selection import Select
from features.history import History
from features.jit import compiled
from features.orders.commitments import OPEN, commitments, is_awaited, is_to_ship
from features.orders.issues import LEFT_AT, NOT_REVERSED, SLOT, new_ledger, with_room
from features.orders.known_lines import fold_lines_until
from features.orders.line import apply
from features.orders.line_state import (
    CANCELLED_LINE,
    CHANGED,
    CLOSED,
    CLOSED_AS,
    COMPLETE,
    CREATED,
    KNOWN,
    N_LINE,
    NOT_CLOSED,
    ORDERED,
    PROMISE,
    PROMISED_BY,
    REOPENED,
    ROUNDING,
    SHIPPED_QUANTITY,
    UNDER,
    LineEvent,
    LineEvents,
    changes_lines,
    is_enough,
    line_event,
    line_events,
    lines_of,
    new_lines,
    speaks_of,
)
from features.orders.rules import GRACE, OVER, code_of, excuses, first_moments, rules_in_force, terms_of
from features.times import DAY, LATEST, NEVER

__all__ = [
    "CANCELLED",
    "MISSED",
    "ON_TIME_IN_FULL",
    "OUTCOMES",
    "PARTIAL",
    "UNSETTLED",
    "LabelRevisions",
    "decided_between",
    "label_revisions",
    "labelled_moments",
    "outcomes",
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

IN_FORCE, IN_FORCE_AT, WITHDRAWN, WITHDRAWN_AT, FULL_AT, EXCUSED = range(6)
N_TALLY = 6
"""The columns of what counts of a line by its promise: the quantity in force and whether the line was cancelled, each
with the moment of the statement that says so, since when it is in full, and whether it is excused if it is not."""
ALONE, UNPROMISED_LINE, IN_FULL, NOT_IN_FULL = range(4)
"""What counts of a line: nothing, that it has no promise, that it is in full, or that it is not."""


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
def new_tally(count: int) -> Ints:
    """(n_lines, N_TALLY) of lines of which nothing is stated yet."""
    tally = np.zeros((count, N_TALLY), dtype=np.int64)
    for column in (IN_FORCE_AT, WITHDRAWN_AT, FULL_AT):
        tally[:, column] = NEVER
    return tally


@compiled
def _ripe_at(promised: Ints, grace: int) -> int:
    """When the last promise plus grace has passed, NEVER where nothing is promised."""
    ripe = NEVER
    for j in range(len(promised)):
        if promised[j, KNOWN] and promised[j, PROMISE] != NEVER:
            ripe = max(ripe, promised[j, PROMISE] + grace)
    return ripe


@compiled
def count_statement(tally: Ints, lines: Ints, promised: Ints, event: LineEvent, known: bool) -> None:
    """What one event says of the quantity in force at the promises, of lines that are cancelled by then, or excused.

    ``known`` is whether it was known when the promises were read.
    """
    kind, moment = event.type, min(event.occurred, event.recorded)
    for j in range(len(lines)) if excuses(event.rule) else range(0):
        if speaks_of(lines, event.line, j):
            tally[j, EXCUSED] = 1
    if not (kind == CREATED or kind == CHANGED or kind == CLOSED or kind == REOPENED):
        return
    for j in range(len(lines)):
        promise = promised[j, PROMISE]
        if not speaks_of(lines, event.line, j) or (not known and promise != NEVER and event.occurred > promise):
            continue
        if kind == CREATED or kind == CHANGED:
            if moment >= tally[j, IN_FORCE_AT]:
                own = kind == CREATED or event.line < 0 or event.line == j
                tally[j, IN_FORCE] = event.quantity if own else lines[j, ORDERED]
                tally[j, IN_FORCE_AT] = moment
            if kind == CREATED and lines[j, CLOSED_AS] == NOT_CLOSED:
                tally[j, WITHDRAWN] = 0
        elif moment >= tally[j, WITHDRAWN_AT]:
            tally[j, WITHDRAWN] = kind == CLOSED and code_of(event.rule) == CANCELLED_LINE
            tally[j, WITHDRAWN_AT] = moment


@compiled
def in_time(ledger: Ints, promised: Ints, begins: Ints) -> Ints:
    """(n_lines, 2) what left of each line up to its promise, and when the last of it did; NEVER where nothing did.

    What left before the first of the moments at which delivery counts, by the statement of the promise, is not in time.
    """
    out = np.zeros((len(promised), 2), dtype=np.int64)
    out[:, 1] = NEVER
    for row in range(1, ledger[0, 0] + 1):
        line, left = ledger[row, SLOT], ledger[row, LEFT_AT]
        if line < 0 or ledger[row, NOT_REVERSED] <= 0 or left > promised[line, PROMISE]:
            continue
        if len(begins) and left < begins[promised[line, PROMISED_BY]]:
            continue
        out[line, 0] += ledger[row, NOT_REVERSED]
        out[line, 1] = max(out[line, 1], left)
    return out


@compiled
def judge_line(tally: Ints, lines: Ints, promised: Ints, shipped: int, j: int, over: int) -> int:
    """What counts of line ``j``, of which so much shipped in time: ALONE, UNPROMISED_LINE, IN_FULL or NOT_IN_FULL."""
    if not promised[j, KNOWN] or tally[j, WITHDRAWN]:
        return ALONE
    wanted = tally[j, IN_FORCE]
    most = wanted + int(np.rint(wanted * (over / MICRO))) + wanted // ROUNDING
    if lines[j, CLOSED_AS] == COMPLETE:
        wanted = min(wanted, lines[j, SHIPPED_QUANTITY])
    if wanted <= 0 and shipped <= 0:
        return ALONE
    if promised[j, PROMISE] == NEVER:
        return UNPROMISED_LINE
    enough = is_enough(shipped, wanted, promised[j, UNDER]) and (over < 0 or shipped <= most)
    return IN_FULL if enough else NOT_IN_FULL


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
