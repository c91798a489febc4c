"""The life of an order line, once: the state of each line of an order, and what one event does to it.

Whoever needs to know how lines stand folds ``apply`` over the events of an order: the commitment, the work, the
outcomes, readiness. The rules are those of ``docs/events.md``:

- A line's promise, ordered quantity and closing are the latest statements by when they happened, among those known;
  by the outcome policy a line may be held to its first promise, or to what the customer asked for.
- A goods issue without a line fills the lines that are known and not closed, in the order of their ids. One that names
  a line of which only instalments are known (``10`` of ``10/1`` and ``10/2``) fills these as they fall due.
  One that is booked late is put before those that left later. What leaves before its line is known belongs to the
  line that is created next.
- A reversal takes from the issues of its reference, else from those of its line, the latest first, at the time at which
  they happened; what it cannot take from its reference waits for an issue of it. Without a reference and long after
  the latest of them, it is goods that the customer sent back.
"""

from __future__ import annotations

from features.arrays import Ints
from features.jit import compiled
from features.orders.issues import has_instalments, issue, lines_to_fill, place_issues, reverse
from features.orders.line_state import (
    CHANGED,
    CLOSED,
    CLOSED_AS,
    CLOSED_AT,
    CREATED,
    FIRST_AT,
    ISSUED,
    KNOWN,
    LAST_PROMISED,
    LAST_PROMISED_AT,
    LOWERED_AT,
    NOT_CLOSED,
    ORDERED,
    ORDERED_AT,
    ORDERED_BY,
    PROMISE,
    PROMISED,
    PROMISED_AT,
    PROMISED_BY,
    UNDER,
    VALUE,
    LineEvent,
    changes_lines,
    is_in_full,
    speaks_of,
)
from features.orders.rules import FIRST, REQUEST, code_of, is_own, states_tolerance, tolerance_of
from features.times import NEVER


@compiled
def apply(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """What one event does to the lines of its order and to the ledger of issues, changed in place.

    ``state`` is (n_lines, N_LINE or more), ``ledger`` comes from ``with_room``.
    """
    kind, at = event.type, event.line
    moment = min(event.occurred, event.recorded)
    if kind == CREATED:
        known = state[at, KNOWN]
        if not known and moment > state[at, CLOSED_AT]:
            state[at, CLOSED_AS] = NOT_CLOSED
        state[at, KNOWN] = 1
        if event.value != NEVER:
            state[at, VALUE] = event.value
        _order(state, at, event.quantity, moment, event.position)
        if states_tolerance(event.rule) and (not known or is_own(event.rule)):
            state[at, UNDER] = tolerance_of(event.rule)
        _promise(state, at, event, moment)
        if not known:
            place_issues(state, ledger, at, moment)
    elif kind == ISSUED:
        if event.quantity != NEVER and event.quantity < 0:
            reverse(state, ledger, event)
        else:
            issue(state, ledger, event)
    elif kind == CHANGED and at >= 0 and not state[at, KNOWN] and has_instalments(state, at):
        _spread(state, event, moment)
    elif changes_lines(kind):
        for j in range(len(state)):
            if not speaks_of(state, at, j):
                continue
            if kind == CHANGED:
                if states_tolerance(event.rule):
                    state[j, UNDER] = tolerance_of(event.rule)
                _order(state, j, event.quantity, moment, event.position)
            elif kind == PROMISED:
                _promise(state, j, event, moment)
            elif moment >= state[j, CLOSED_AT]:
                state[j, CLOSED_AS], state[j, CLOSED_AT] = code_of(event.rule) if kind == CLOSED else NOT_CLOSED, moment


@compiled
def _order(state: Ints, line: int, quantity: int, moment: int, position: int) -> None:
    """The ordered quantity is stated; what happened before the latest statement that is known changes nothing."""
    if moment < state[line, ORDERED_AT]:
        return
    state[line, ORDERED_AT] = moment
    if quantity < state[line, ORDERED] and not is_in_full(state, line):
        state[line, LOWERED_AT] = moment
    if state[line, ORDERED] != quantity or state[line, ORDERED_BY] < 0:
        state[line, ORDERED], state[line, ORDERED_BY] = quantity, position


@compiled
def _spread(state: Ints, event: LineEvent, moment: int) -> None:
    """The quantity of a line in instalments: they have theirs as they fall due, and the last has what is left."""
    left, lines = event.quantity, lines_to_fill(state, event.line, True)
    for place in range(len(lines)):
        line = lines[place]
        quantity = left if place == len(lines) - 1 else min(state[line, ORDERED], left)
        _order(state, line, quantity, moment, event.position)
        left -= quantity


@compiled
def _promise(state: Ints, line: int, event: LineEvent, moment: int) -> None:
    """A date is promised or requested; no date says nothing, and the policy says whether the line is held to it."""
    date, code = event.date, code_of(event.rule)
    if date == NEVER:
        return
    if code != REQUEST and moment >= state[line, LAST_PROMISED_AT]:
        state[line, LAST_PROMISED], state[line, LAST_PROMISED_AT] = date, moment
    if code == FIRST:
        if state[line, PROMISED_AT] != NEVER or (state[line, FIRST_AT] != NEVER and moment >= state[line, FIRST_AT]):
            return
        state[line, FIRST_AT] = moment
    elif moment < state[line, PROMISED_AT]:
        return
    else:
        state[line, PROMISED_AT] = moment
    if state[line, PROMISE] != date:
        state[line, PROMISE], state[line, PROMISED_BY] = date, event.position
