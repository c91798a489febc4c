"""The state of an order's lines: its columns, the events that change it, and how a line stands.

``features.orders.line`` says what an event does to it, ``features.orders.issues`` what leaves and comes back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.schema import MICRO, TYPE_CODE
from features.history import History
from features.jit import compiled, compiled_inline
from features.orders.rules import (
    CANCELLED_LINE,
    CHANGED,
    CLOSED,
    CLOSINGS,
    COMPLETE,
    CREATED,
    ISSUED,
    NOT_CLOSED,
    PROMISED,
    SHORT,
    last_moments,
    rules_of_events,
    types_of_events,
)
from features.times import NEVER

__all__ = [
    "CANCELLED_LINE",
    "CHANGED",
    "CLOSED",
    "CLOSINGS",
    "COMPLETE",
    "CREATED",
    "ISSUED",
    "NOT_CLOSED",
    "PROMISED",
    "SHORT",
]
REOPENED = TYPE_CODE["order_line.reopened"]
ROUNDING = 2000
"""Quantities that are no whole numbers are compared within one part in so many."""

(
    KNOWN, ORDERED, PROMISE, VALUE, SHIPPED_QUANTITY, CLOSED_AS, ALL_LEFT_AT, ORDERED_BY, PROMISED_BY, ORDERED_AT,
    PROMISED_AT, CLOSED_AT, LINE_OF, LOWERED_AT, UNDER, LAST_PROMISED, LAST_PROMISED_AT, FIRST_AT,
) = range(18)  # fmt: skip
N_LINE = 18
"""The columns of a line's state.

Moments are microseconds, quantities and values millionths, NEVER where nothing is stated. ALL_LEFT_AT is when all of it
left before the line was known; ORDERED_BY and PROMISED_BY are the positions of the events that state the quantity and
the promise, -1 for none; ORDERED_AT, PROMISED_AT and CLOSED_AT when these statements happened; LINE_OF is the line of
which it is an instalment, -1 for none; LOWERED_AT is when the quantity was last lowered while it was not in full; UNDER
is the under-delivery that still counts as in full, millionths. PROMISE is what the line is held to, LAST_PROMISED what
was promised last: by the outcome policy these may differ. FIRST_AT is when the first promise was stated, where the line
is held to that.
"""


class LineEvents(NamedTuple):
    """The columns that tell of lines. Shapes (n_events,) but for ``first`` (n_orders + 1,), ``lines`` (n_orders,),
    ``first_line`` (n_orders + 1,) and ``line_of`` (n_lines,).

    ``rule`` is what the outcome policy makes of the event, see ``features.orders.rules``, which also says ``type`` and
    ``date``; ``line_of`` is the line of which each is an instalment, -1 for none; the others are those of ``History``.
    """

    first: Ints
    lines: Ints
    line: Ints
    type: Ints
    quantity: Ints
    date: Ints
    value: Ints
    rule: Ints
    occurred: Ints
    recorded: Ints
    reference: Ints
    first_line: Ints
    line_of: Ints


def line_events(history: History) -> LineEvents:
    """The columns of a history that tell of lines."""
    return history.once(("line events",), lambda: _line_events(history))


def _line_events(history: History) -> LineEvents:
    return LineEvents(
        first=history.first,
        lines=history.lines,
        line=history.line,
        type=types_of_events(history),
        quantity=history.quantity,
        date=last_moments(history),
        value=history.value,
        rule=rules_of_events(history),
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
    for column in (
        PROMISE,
        VALUE,
        ALL_LEFT_AT,
        ORDERED_AT,
        PROMISED_AT,
        CLOSED_AT,
        LOWERED_AT,
        LAST_PROMISED,
        LAST_PROMISED_AT,
        FIRST_AT,
    ):
        state[:, column] = NEVER
    for column in (ORDERED_BY, PROMISED_BY):
        state[:, column] = -1
    state[:, LINE_OF] = line_of
    return state


class LineEvent(NamedTuple):
    """One event as the lines see it; ``position`` is where it stands in the history. See ``LineEvents``."""

    position: int
    line: int
    type: int
    quantity: int
    date: int
    value: int
    rule: int
    occurred: int
    recorded: int
    reference: int


@compiled_inline
def line_event(events: LineEvents, i: int) -> LineEvent:
    """One event of the columns, as numbers: cheaper to hand on than the columns."""
    return LineEvent(
        i, events.line[i], events.type[i], events.quantity[i], events.date[i], events.value[i], events.rule[i],
        events.occurred[i], events.recorded[i], events.reference[i],
    )  # fmt: skip


@compiled_inline
def speaks_of(state: Ints, at: int, j: int) -> bool:
    """Whether what names ``at`` (-1: the whole order) is about line ``j``: itself, or an instalment of it."""
    about: bool = at < 0 or at == j or (state[j, LINE_OF] == at and state[at, KNOWN] == 0)
    return about


@compiled_inline
def candidates(state: Ints, at: int) -> tuple[int, int]:
    """The range of lines among which those are that what names ``at`` may speak of: a known line alone, or all."""
    return (at, at + 1) if at >= 0 and state[at, KNOWN] == 1 else (0, len(state))


@compiled_inline
def is_enough(shipped: int, ordered: int, tolerance: int) -> bool:
    """Whether a quantity counts as in full; ``tolerance`` is what may lack, millionths of what is ordered.

    Whole numbers are compared exactly, others within ``ROUNDING``: three thirds add up to a little less than one.
    """
    if shipped >= ordered:
        return True
    allowed = int(np.rint(ordered * (tolerance / MICRO))) if tolerance > 0 else 0
    if ordered % MICRO != 0 or shipped % MICRO != 0:
        allowed += ordered // ROUNDING
    return bool(shipped >= ordered - allowed)


@compiled_inline
def is_cancelled(state: Ints, line: int) -> bool:
    """Whether a line has left the order: cancelled, or nothing is wanted of it and nothing shipped."""
    nothing = state[line, SHIPPED_QUANTITY] <= 0 and state[line, ORDERED] <= 0
    cancelled: bool = state[line, CLOSED_AS] == CANCELLED_LINE or nothing
    return cancelled


@compiled_inline
def is_in_full(state: Ints, line: int) -> bool:
    """Whether what shipped of a line is what was ordered, or is accepted as all of it."""
    full: bool = state[line, CLOSED_AS] == COMPLETE or is_enough(
        state[line, SHIPPED_QUANTITY], state[line, ORDERED], state[line, UNDER]
    )
    return full


@compiled_inline
def is_open(state: Ints, line: int) -> bool:
    """Whether a line is still to ship."""
    return state[line, CLOSED_AS] == NOT_CLOSED and not is_in_full(state, line)


@compiled_inline
def lines_of(events: LineEvents, order: int) -> Ints:
    """(n_lines,) the line of which each line of an order is an instalment."""
    part: Ints = events.line_of[events.first_line[order] : events.first_line[order + 1]]
    return part


@compiled_inline
def earlier(a: int, b: int) -> int:
    """The earlier of two moments, NEVER only where both are."""
    return max(a, b) if a == NEVER or b == NEVER else min(a, b)
