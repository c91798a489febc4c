"""The life of an order line, once: the state of each line of an order, and what one event does to it.

Whoever needs to know how lines stand folds ``apply`` over the events of an order: the commitment, the work, the
outcomes, readiness. The rules are those of ``docs/events.md``:

- A line's promise, ordered quantity and closing are the latest statements by when they happened, among those known.
- A goods issue without a line fills the lines that are known and not closed, in the order of their ids. One that names
  a line of which only instalments are known (``10`` of ``10/1`` and ``10/2``) fills these as they fall due.
  What leaves before its line is known belongs to the line that is created next.
- A reversal takes from the issues of its reference, else from those of its line, the latest first, at the time at which
  they happened. Without a reference and long after the latest of them, it is goods that the customer sent back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.schema import MICRO, TYPE_CODE
from features.history import History
from features.jit import compiled, compiled_inline
from features.times import DAY, NEVER

CREATED = TYPE_CODE["order_line.created"]
CHANGED = TYPE_CODE["order_line.changed"]
CLOSED = TYPE_CODE["order_line.closed"]
REOPENED = TYPE_CODE["order_line.reopened"]
PROMISED = TYPE_CODE["commitment.changed"]
ISSUED = TYPE_CODE["goods.issued"]
NOT_CLOSED, COMPLETE, SHORT, CANCELLED_LINE = 0, 1, 2, 3
"""How a line is closed: what shipped is accepted as all of it, or not, or nothing is wanted any more."""
CLOSINGS = {"complete": COMPLETE, "short": SHORT, "cancelled": CANCELLED_LINE}
ROUNDING = 2000
"""Quantities that are no whole numbers are compared within one part in so many."""
LATE_BOOKING = 2 * DAY
"""A reversal without a reference corrects what left up to so long before it; later, goods came back."""

(
    KNOWN, ORDERED, PROMISE, VALUE, SHIPPED_QUANTITY, CLOSED_AS, ALL_LEFT_AT, ORDERED_BY, PROMISED_BY, ORDERED_AT,
    PROMISED_AT, CLOSED_AT, LINE_OF,
) = range(13)  # fmt: skip
N_LINE = 13
"""The columns of a line's state.

Moments are microseconds, quantities and values millionths, NEVER where nothing is stated. ALL_LEFT_AT is when all of it
left before the line was known; ORDERED_BY and PROMISED_BY are the positions of the events that state the quantity and
the promise, -1 for none; ORDERED_AT, PROMISED_AT and CLOSED_AT when these statements happened; LINE_OF is the line of
which it is an instalment, -1 for none.
"""

SLOT, REFERENCE, LEFT_AT, NOT_REVERSED = range(4)
N_ISSUE = 4
"""The columns of a ledger of issues: the line (-1: not known yet), the reference, when it left, and how much of it is
not reversed. Row 0 holds how many rows are written."""


class LineEvents(NamedTuple):
    """The columns that tell of lines. Shapes (n_events,) but for ``first`` (n_orders + 1,), ``lines`` (n_orders,),
    ``first_line`` (n_orders + 1,) and ``line_of`` (n_lines,).

    ``closing`` is how an event that closes a line does so, see ``NOT_CLOSED``; ``line_of`` is the line of which each is
    an instalment, -1 for none; the others are those of ``History``.
    """

    first: Ints
    lines: Ints
    line: Ints
    type: Ints
    quantity: Ints
    date: Ints
    value: Ints
    closing: Ints
    occurred: Ints
    recorded: Ints
    reference: Ints
    first_line: Ints
    line_of: Ints


def line_events(history: History) -> LineEvents:
    """The columns of a history that tell of lines."""
    return history.once(("line events",), lambda: _line_events(history))


def _line_events(history: History) -> LineEvents:
    reasons = history.coded["reason"]
    closing = np.array([*(CLOSINGS.get(word, NOT_CLOSED) for word in reasons.words), NOT_CLOSED], dtype=np.int64)
    return LineEvents(
        first=history.first,
        lines=history.lines,
        line=history.line,
        type=history.type,
        quantity=history.quantity,
        date=history.date,
        value=history.value,
        closing=closing[reasons.codes],
        occurred=history.occurred,
        recorded=history.recorded,
        reference=history.coded["reference"].codes,
        first_line=history.first_line,
        line_of=history.line_of,
    )


@compiled_inline
def changes_lines(kind: int) -> bool:
    """Whether events of a type change how lines stand."""
    return (
        kind == CREATED or kind == CHANGED or kind == CLOSED or kind == REOPENED or kind == PROMISED or kind == ISSUED
    )


@compiled
def new_lines(line_of: Ints, width: int) -> Ints:
    """(n_lines, width) the state of lines of which nothing is known; ``width`` is N_LINE or more.

    ``line_of`` (n_lines,) is the line of which each is an instalment.
    """
    state = np.zeros((len(line_of), width), dtype=np.int64)
    for column in (PROMISE, VALUE, ALL_LEFT_AT, ORDERED_AT, PROMISED_AT, CLOSED_AT):
        state[:, column] = NEVER
    for column in (ORDERED_BY, PROMISED_BY):
        state[:, column] = -1
    state[:, LINE_OF] = line_of
    return state


@compiled
def new_ledger(kind: Ints, lines: int) -> Ints:
    """(room, N_ISSUE) a ledger with nothing in it, and room for the issues among the types of an order's events."""
    issues = 0
    for i in range(len(kind)):
        issues += kind[i] == ISSUED
    return np.zeros((2 + issues * (2 * lines + 1) + lines if issues else 1, N_ISSUE), dtype=np.int64)


class LineEvent(NamedTuple):
    """One event as the lines see it; ``position`` is where it stands in the history. See ``LineEvents``."""

    position: int
    line: int
    type: int
    quantity: int
    date: int
    value: int
    closing: int
    occurred: int
    recorded: int
    reference: int


@compiled_inline
def line_event(events: LineEvents, i: int) -> LineEvent:
    """One event of the columns, as numbers: cheaper to hand on than the columns."""
    return LineEvent(
        i, events.line[i], events.type[i], events.quantity[i], events.date[i], events.value[i], events.closing[i],
        events.occurred[i], events.recorded[i], events.reference[i],
    )  # fmt: skip


@compiled_inline
def speaks_of(state: Ints, at: int, j: int) -> bool:
    """Whether what names ``at`` (-1: the whole order) is about line ``j``: itself, or an instalment of it."""
    about: bool = at < 0 or at == j or (state[j, LINE_OF] == at and state[at, KNOWN] == 0)
    return about


@compiled
def apply(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """What one event does to the lines of its order and to the ledger of issues, changed in place.

    ``state`` is (n_lines, N_LINE or more), ``ledger`` comes from ``new_ledger``.
    """
    kind, at = event.type, event.line
    moment = min(event.occurred, event.recorded)
    if kind == CREATED:
        if not state[at, KNOWN] and moment > state[at, CLOSED_AT]:
            state[at, CLOSED_AS] = NOT_CLOSED
        state[at, KNOWN] = 1
        if event.value != NEVER:
            state[at, VALUE] = event.value
        _order(state, at, event.quantity, moment, event.position)
        _promise(state, at, event.date, moment, event.position)
        _place_issues(state, ledger, at)
    elif kind == ISSUED:
        if event.quantity != NEVER and event.quantity < 0:
            _reverse(state, ledger, event)
        else:
            _issue(state, ledger, event)
    elif changes_lines(kind):
        for j in range(len(state)):
            if not speaks_of(state, at, j):
                continue
            if kind == CHANGED:
                _order(state, j, event.quantity, moment, event.position)
            elif kind == PROMISED:
                _promise(state, j, event.date, moment, event.position)
            elif moment >= state[j, CLOSED_AT]:
                state[j, CLOSED_AS], state[j, CLOSED_AT] = event.closing if kind == CLOSED else NOT_CLOSED, moment


@compiled
def _order(state: Ints, line: int, quantity: int, moment: int, position: int) -> None:
    """The ordered quantity is stated; what happened before the latest statement that is known changes nothing."""
    if moment < state[line, ORDERED_AT]:
        return
    state[line, ORDERED_AT] = moment
    if state[line, ORDERED] != quantity or state[line, ORDERED_BY] < 0:
        state[line, ORDERED], state[line, ORDERED_BY] = quantity, position


@compiled
def _promise(state: Ints, line: int, date: int, moment: int, position: int) -> None:
    """The promise is stated; no date says nothing."""
    if date == NEVER or moment < state[line, PROMISED_AT]:
        return
    state[line, PROMISED_AT] = moment
    if state[line, PROMISE] != date:
        state[line, PROMISE], state[line, PROMISED_BY] = date, position


# -- what leaves, and what comes back ------------------------------------------------------------------------


@compiled
def _book(state: Ints, ledger: Ints, line: int, reference: int, left_at: int, quantity: int) -> None:
    """Goods left; a line of -1 is not known yet."""
    if quantity == 0:
        return
    ledger[0, 0] += 1
    row = ledger[0, 0]
    ledger[row, SLOT], ledger[row, REFERENCE] = line, reference
    ledger[row, LEFT_AT], ledger[row, NOT_REVERSED] = left_at, quantity
    if line >= 0:
        state[line, SHIPPED_QUANTITY] += quantity


@compiled
def _missing(state: Ints, line: int) -> int:
    missing: int = max(state[line, ORDERED] - state[line, SHIPPED_QUANTITY], 0)
    return missing


@compiled
def _issue(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """Goods leave the dock: all that is left of a line or of the order where no quantity is stated."""
    at, everything = event.line, event.quantity == NEVER
    if at >= 0 and (state[at, KNOWN] or not _has_instalments(state, at)):
        if everything and not state[at, KNOWN]:
            state[at, ALL_LEFT_AT] = event.occurred
        quantity = _missing(state, at) if everything else event.quantity
        _book(state, ledger, at, event.reference, event.occurred, quantity)
        return
    left, last, taken = event.quantity, -1, -1
    known = False
    for _ in range(len(state)):
        line = _next_to_fill(state, at, taken)
        if line < 0:
            break
        taken = last = line
        given = _missing(state, line) if everything else min(left, _missing(state, line))
        _book(state, ledger, line, event.reference, event.occurred, given)
        left -= 0 if everything else given
    for j in range(len(state)):
        known = known or state[j, KNOWN] == 1
    if not everything and left > 0 and (last >= 0 or not known):
        _book(state, ledger, last, event.reference, event.occurred, left)


@compiled
def _has_instalments(state: Ints, line: int) -> bool:
    return bool(((state[:, LINE_OF] == line) & (state[:, KNOWN] == 1)).any())


@compiled
def _next_to_fill(state: Ints, at: int, after: int) -> int:
    """The line that an issue fills next: of the order in the order of ids, of a line in that of its promises; or -1."""
    chosen = -1
    for j in range(len(state)):
        if not state[j, KNOWN] or state[j, CLOSED_AS] != NOT_CLOSED or not speaks_of(state, at, j):
            continue
        if after >= 0 and not _fills_before(state, at, after, j):
            continue
        if chosen < 0 or _fills_before(state, at, j, chosen):
            chosen = j
    return chosen


@compiled_inline
def _fills_before(state: Ints, at: int, a: int, b: int) -> bool:
    """Whether line ``a`` is filled before ``b``."""
    if at < 0 or state[a, PROMISE] == state[b, PROMISE]:
        return a < b
    return bool(state[a, PROMISE] < state[b, PROMISE])


@compiled
def _place_issues(state: Ints, ledger: Ints, line: int) -> None:
    """What left before the line was known, as far as it is missing."""
    if state[line, ALL_LEFT_AT] != NEVER:
        _book(state, ledger, line, -1, state[line, ALL_LEFT_AT], _missing(state, line))
        state[line, ALL_LEFT_AT] = NEVER
    for row in range(1, ledger[0, 0] + 1):
        of = ledger[row, SLOT]
        if of == -1 or (of == state[line, LINE_OF] and not state[of, KNOWN]):
            given = min(ledger[row, NOT_REVERSED], _missing(state, line))
            if given > 0:
                ledger[row, NOT_REVERSED] -= given
                if of >= 0:
                    state[of, SHIPPED_QUANTITY] -= given
                _book(state, ledger, line, ledger[row, REFERENCE], ledger[row, LEFT_AT], given)


@compiled
def _reverse(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """A posting that should not have been: it is taken from what left, at the time at which that left."""
    left = -event.quantity
    named = _latest_issue(state, ledger, event.line, event.reference) if event.reference >= 0 else 0
    reference = event.reference if named > 0 else -1
    row = named if named > 0 else _latest_issue(state, ledger, event.line, -1)
    if reference < 0 and event.reference < 0 and row > 0 and event.occurred > ledger[row, LEFT_AT] + LATE_BOOKING:
        return
    while left > 0 and row > 0:
        taken = min(left, ledger[row, NOT_REVERSED])
        ledger[row, NOT_REVERSED] -= taken
        if ledger[row, SLOT] >= 0:
            state[ledger[row, SLOT], SHIPPED_QUANTITY] -= taken
        left -= taken
        row = _latest_issue(state, ledger, event.line, reference)


@compiled
def _latest_issue(state: Ints, ledger: Ints, at: int, reference: int) -> int:
    """The row of the issue that left last of a line (-1: of the order) and reference (-1: of any); 0 for none."""
    latest = 0
    for row in range(1, ledger[0, 0] + 1):
        slot = ledger[row, SLOT]
        about = at < 0 or slot == at or (slot >= 0 and state[slot, LINE_OF] == at and state[at, KNOWN] == 0)
        if not about or ledger[row, NOT_REVERSED] <= 0 or (reference >= 0 and ledger[row, REFERENCE] != reference):
            continue
        if latest == 0 or ledger[row, LEFT_AT] >= ledger[latest, LEFT_AT]:
            latest = row
    return latest


# -- how a line stands ---------------------------------------------------------------------------------------


@compiled_inline
def is_enough(shipped: int, ordered: int, tolerance: float) -> bool:
    """Whether a quantity counts as in full; ``tolerance`` is a share.

    Whole numbers are compared exactly, others within ``ROUNDING``: three thirds add up to a little less than one.
    """
    least = ordered - int(np.rint(ordered * tolerance))
    if ordered % MICRO != 0 or shipped % MICRO != 0:
        least -= ordered // ROUNDING
    enough: bool = shipped >= least
    return enough


@compiled_inline
def is_cancelled(state: Ints, line: int) -> bool:
    """Whether a line has left the order: cancelled, or nothing is wanted of it and nothing shipped."""
    nothing = state[line, SHIPPED_QUANTITY] <= 0 and state[line, ORDERED] <= 0
    cancelled: bool = state[line, CLOSED_AS] == CANCELLED_LINE or nothing
    return cancelled


@compiled_inline
def is_in_full(state: Ints, line: int, tolerance: float) -> bool:
    """Whether what shipped of a line is what was ordered, or is accepted as all of it."""
    full: bool = state[line, CLOSED_AS] == COMPLETE or is_enough(
        state[line, SHIPPED_QUANTITY], state[line, ORDERED], tolerance
    )
    return full


@compiled_inline
def is_open(state: Ints, line: int, tolerance: float) -> bool:
    """Whether a line is still to ship."""
    return state[line, CLOSED_AS] == NOT_CLOSED and not is_in_full(state, line, tolerance)


@compiled_inline
def lines_of(events: LineEvents, order: int) -> Ints:
    """(n_lines,) the line of which each line of an order is an instalment."""
    part: Ints = events.line_of[events.first_line[order] : events.first_line[order + 1]]
    return part
