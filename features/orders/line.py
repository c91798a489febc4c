"""The life of an order line, once: the state of each line of an order, and what one event does to it.

Whoever needs to know how lines stand folds ``apply`` over the events of an order: the commitment, the work, the
outcomes, readiness. A line's promise and ordered quantity are the latest statements. A goods issue without a line fills
the lines that are known and not closed, in the order of their ids; one without a quantity ships what is left. A
reversal without a line takes from the lines that are known, closed ones too, from the last; what none of them has
shipped it takes from nowhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.schema import TYPE_CODE
from features.history import History
from features.jit import compiled, compiled_inline
from features.times import NEVER

CREATED = TYPE_CODE["order_line.created"]
CHANGED = TYPE_CODE["order_line.changed"]
CLOSED = TYPE_CODE["order_line.closed"]
PROMISED = TYPE_CODE["commitment.changed"]
ISSUED = TYPE_CODE["goods.issued"]
NOT_CLOSED, CLOSED_OTHERWISE, CANCELLED_LINE = 0, 1, 2
"""How a line is closed."""

KNOWN, ORDERED, PROMISE, VALUE, SHIPPED_QUANTITY, CLOSED_AS, ALL_LEFT_AT, ORDERED_BY, PROMISED_BY = range(9)
N_LINE = 9
"""The columns of a line's state.

Moments are microseconds, quantities and values millionths, NEVER where nothing is stated. ALL_LEFT_AT is when all of it
left before the line was known; ORDERED_BY and PROMISED_BY are the positions of the events that state the quantity and
the promise, -1 for none.
"""


class LineEvents(NamedTuple):
    """The columns that tell of lines. Shapes (n_events,) but for ``first`` (n_orders + 1,) and ``lines`` (n_orders,).

    ``closing`` is how an event that closes a line does so, see ``NOT_CLOSED``; the others are those of ``History``.
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


def line_events(history: History) -> LineEvents:
    """The columns of a history that tell of lines."""
    return history.once(("line events",), lambda: _line_events(history))


def _line_events(history: History) -> LineEvents:
    reasons = history.coded["reason"]
    cancelled = reasons.codes == reasons.index.get("cancelled", -2)
    return LineEvents(
        first=history.first,
        lines=history.lines,
        line=history.line,
        type=history.type,
        quantity=history.quantity,
        date=history.date,
        value=history.value,
        closing=np.where(cancelled, CANCELLED_LINE, CLOSED_OTHERWISE).astype(np.int64),
        occurred=history.occurred,
        recorded=history.recorded,
    )


@compiled_inline
def changes_lines(kind: int) -> bool:
    """Whether events of a type change how lines stand."""
    return kind == CREATED or kind == CHANGED or kind == CLOSED or kind == PROMISED or kind == ISSUED


@compiled
def new_lines(count: int, width: int) -> Ints:
    """(count, width) the state of lines of which nothing is known; ``width`` is N_LINE or more."""
    state = np.zeros((count, width), dtype=np.int64)
    for column in (PROMISE, VALUE, ALL_LEFT_AT):
        state[:, column] = NEVER
    for column in (ORDERED_BY, PROMISED_BY):
        state[:, column] = -1
    return state


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


@compiled_inline
def line_event(events: LineEvents, i: int) -> LineEvent:
    """One event of the columns, as numbers: cheaper to hand on than the columns."""
    return LineEvent(
        i, events.line[i], events.type[i], events.quantity[i], events.date[i], events.value[i], events.closing[i],
        events.occurred[i],
    )  # fmt: skip


@compiled
def apply(state: Ints, event: LineEvent) -> None:
    """What one event does to the lines of its order; (n_lines, N_LINE or more), changed in place."""
    kind, at = event.type, event.line
    if kind == CREATED:
        state[at, KNOWN], state[at, ORDERED], state[at, PROMISE] = 1, event.quantity, event.date
        state[at, VALUE], state[at, ORDERED_BY], state[at, PROMISED_BY] = event.value, event.position, event.position
        if state[at, ALL_LEFT_AT] != NEVER:
            state[at, SHIPPED_QUANTITY] = max(state[at, SHIPPED_QUANTITY], state[at, ORDERED])
    elif kind == ISSUED:
        if at >= 0 and event.quantity == NEVER and not state[at, KNOWN]:
            state[at, ALL_LEFT_AT] = event.occurred
        issue(state, at, event.quantity)
    elif kind == CHANGED or kind == CLOSED or kind == PROMISED:
        for j in range(len(state)) if at < 0 else range(at, at + 1):
            if kind == CHANGED:
                state[j, ORDERED], state[j, ORDERED_BY] = event.quantity, event.position
            elif kind == CLOSED:
                state[j, CLOSED_AS] = event.closing
            else:
                state[j, PROMISE], state[j, PROMISED_BY] = event.date, event.position


@compiled
def issue(state: Ints, line: int, quantity: int) -> None:
    """Book a goods issue, or a reversal where the quantity is negative; a line of -1 is none: see the module."""
    if line >= 0:
        shipped = state[line, SHIPPED_QUANTITY]
        state[line, SHIPPED_QUANTITY] += max(state[line, ORDERED] - shipped, 0) if quantity == NEVER else quantity
        return
    left = 0 if quantity == NEVER else quantity
    last = -1
    for j in range(len(state)):
        if state[j, KNOWN] and state[j, CLOSED_AS] == NOT_CLOSED:
            last = j
            missing = max(state[j, ORDERED] - state[j, SHIPPED_QUANTITY], 0)
            given = missing if quantity == NEVER else min(max(left, 0), missing)
            state[j, SHIPPED_QUANTITY] += given
            left -= 0 if quantity == NEVER else given
    if quantity != NEVER and left > 0 and last >= 0:
        state[last, SHIPPED_QUANTITY] += left
    if quantity != NEVER and quantity < 0:
        left = -quantity
        for j in range(len(state) - 1, -1, -1):
            if state[j, KNOWN]:
                returned = min(left, max(state[j, SHIPPED_QUANTITY], 0))
                state[j, SHIPPED_QUANTITY] -= returned
                left -= returned


@compiled_inline
def needed(ordered: int, tolerance: float) -> int:
    """The quantity that counts as in full; ``tolerance`` is a share."""
    return ordered - int(np.rint(ordered * tolerance))


@compiled_inline
def is_in_full(state: Ints, line: int, tolerance: float) -> bool:
    """Whether what shipped of a line is what was ordered."""
    full: bool = state[line, SHIPPED_QUANTITY] >= needed(state[line, ORDERED], tolerance)
    return full


@compiled_inline
def is_open(state: Ints, line: int, tolerance: float) -> bool:
    """Whether a line is still to ship."""
    return state[line, CLOSED_AS] == NOT_CLOSED and not is_in_full(state, line, tolerance)


@compiled
def lines_known(order: int, stop: int, *columns: Any) -> Ints:
    """(n_lines, N_LINE) the lines of an order after its events before the position ``stop``.

    ``columns`` are the fields of ``LineEvents`` one by one: numba tells their types faster than that of the tuple.
    """
    return fold_lines_until(LineEvents(*columns), order, stop)


@compiled
def fold_lines_until(events: LineEvents, order: int, stop: int) -> Ints:
    """(n_lines, N_LINE) the lines of an order after its events before a position."""
    state = new_lines(events.lines[order], N_LINE)
    for i in range(events.first[order], stop):
        if changes_lines(events.type[i]):
            apply(state, line_event(events, i))
    return state
