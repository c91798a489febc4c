"""The commitment of an order after each of its events: lines, quantities, promise, state."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints, Mask
from features.history import History
from features.jit import compiled, compiled_inline
from features.orders.issues import CAME_BACK, LEFT_AT, NOT_REVERSED, SLOT, may_leave_later, new_ledger, with_room
from features.orders.line import apply
from features.orders.line_state import (
    CLOSED_AS,
    ISSUED,
    KNOWN,
    LAST_PROMISED,
    LOWERED_AT,
    N_LINE,
    ORDERED,
    PROMISE,
    SHIPPED_QUANTITY,
    UNDER,
    VALUE,
    LineEvents,
    changes_lines,
    earlier,
    is_cancelled,
    is_enough,
    is_in_full,
    is_open,
    line_event,
    line_events,
    lines_of,
    new_lines,
)
from features.orders.rules import RETURNED
from features.times import NEVER

NONE, OPEN, SHIPPED, CANCELLED, UNPROMISED = 0, 1, 2, 3, 4
"""The state of an order: nothing ordered, something to ship, all shipped or closed, all cancelled, something to ship of
which not all is promised."""
OrderStatus = Literal["unknown", "unpromised", "open", "late", "shipped", "cancelled"]
STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)
"""The state in words at a moment: open until a promise of it passes, then late; unpromised while there is none."""
_STATUS_OF_STATE = np.array(["unknown", "open", "shipped", "cancelled", "unpromised"], dtype=object)


class Commitments(NamedTuple):
    """Shapes (n_events,): how the order stands after each event.

    Attributes
    ----------
    state : NONE, OPEN, SHIPPED, CANCELLED or UNPROMISED
    due : the earliest promise among unshipped lines and lines that shipped after their promise, microseconds; NEVER
        when nothing is to ship
    open_due, last_due : the earliest and the latest promise among unshipped lines
    lines, open_lines : lines not cancelled; of those, lines still to ship
    ordered, issued : millionths over the lines not cancelled; of a line no more is issued than is ordered, so that what
        one has too much hides nothing that another lacks
    value : millionths of the plant's currency over the lines not cancelled, NEVER where no line states one
    first_ordered : millionths over all known lines, each as it was ordered at first
    promise_moves, quantity_changes : how often, up to this event, a statement gave a line that had one another promise,
        or another ordered quantity; the same again is neither
    returned : millionths that the customer sent back, up to this event
    """

    state: Ints
    due: Ints
    open_due: Ints
    last_due: Ints
    lines: Ints
    open_lines: Ints
    ordered: Ints
    issued: Ints
    value: Ints
    first_ordered: Ints
    promise_moves: Ints
    quantity_changes: Ints
    returned: Ints


N_FIELDS = len(Commitments._fields)


def commitments(history: History) -> Commitments:
    """Fold every order once."""
    return history.once(("commitments",), lambda: Commitments(*fold_commitments(*line_events(history))))


def stated_due(history: History) -> Ints:
    """(n_events,) what ``due`` would be by the promises that were stated last, whichever an order is held to."""
    by_last = history.policy.by_last_promise
    if by_last == history.policy:
        return commitments(history).due
    return history.once(("stated due",), lambda: commitments(history.under(by_last)).due)


def is_late(state: Ints, due: Ints, as_of: Ints) -> Mask:
    """(n,) True where an order is open and a promise of it has passed: its risk is 1, not modelled."""
    return np.asarray(is_to_ship(state) & (due != NEVER) & (due < as_of))


def is_to_ship(state: Ints) -> Mask:
    """(n,) True where something of an order is to ship, promised or not."""
    return np.asarray((state == OPEN) | (state == UNPROMISED))


def is_awaited(state: Ints, due: Ints, as_of: Ints) -> Mask:
    """(n,) True where an order is open, all of it promised, and no promise has passed: what the model scores."""
    return np.asarray((state == OPEN) & (due >= as_of))


def statuses(state: Ints, due: Ints, as_of: Ints) -> NDArray[np.object_]:
    """(n,) the status of each order, one of ``STATUSES``."""
    words = _STATUS_OF_STATE[state]
    words[is_late(state, due, as_of)] = "late"
    return words


@compiled
def fold_commitments(*columns: Any) -> Ints:
    """(n_fields, n_events) the fields of ``Commitments``; ``columns`` are those of ``LineEvents`` one by one."""
    events = LineEvents(*columns)
    table = np.zeros((N_FIELDS, len(events.line)), dtype=np.int64)
    out = Commitments(
        table[0], table[1], table[2], table[3], table[4], table[5], table[6], table[7], table[8], table[9], table[10],
        table[11], table[12],
    )  # fmt: skip
    out.due[:], out.open_due[:], out.last_due[:], out.value[:] = NEVER, NEVER, NEVER, NEVER
    for order in range(len(events.first) - 1):
        begin, end = events.first[order], events.first[order + 1]
        lines, ledger = new_lines(lines_of(events, order), N_LINE), new_ledger()
        full_at = np.full(len(lines), NEVER, dtype=np.int64)
        before = lines.copy()
        stated_back = 0
        for i in range(begin, end):
            if events.type[i] == RETURNED:
                stated_back += events.quantity[i]
            out.returned[i] = stated_back + ledger[0, CAME_BACK]
            if i > begin:
                out.first_ordered[i] = out.first_ordered[i - 1]
                out.promise_moves[i], out.quantity_changes[i] = out.promise_moves[i - 1], out.quantity_changes[i - 1]
            if i > begin and not changes_lines(events.type[i]):
                out.state[i], out.due[i] = out.state[i - 1], out.due[i - 1]
                out.open_due[i], out.last_due[i] = out.open_due[i - 1], out.last_due[i - 1]
                out.lines[i], out.open_lines[i] = out.lines[i - 1], out.open_lines[i - 1]
                out.ordered[i], out.issued[i], out.value[i] = out.ordered[i - 1], out.issued[i - 1], out.value[i - 1]
                continue
            before[:] = lines
            booked_late = events.type[i] == ISSUED and _left_later(ledger, events.occurred[i])
            ledger = with_room(ledger, events.type[i], len(lines))
            apply(lines, ledger, line_event(events, i))
            out.returned[i] = stated_back + ledger[0, CAME_BACK]
            if events.type[i] != ISSUED:
                _note_changes(out, lines, before, i)
            for j in range(len(lines)):
                if booked_late or _fills_otherwise(lines, before, j):
                    full_at[j] = full_since(lines, ledger, j)
            _note(out, lines, full_at, i)
    return table


@compiled
def _note_changes(out: Commitments, lines: Ints, before: Ints, i: int) -> None:
    """What event ``i`` changed of what was stated ``before``."""
    moved, changed = False, False
    for j in range(len(lines)):
        if lines[j, KNOWN] and not before[j, KNOWN]:
            out.first_ordered[i] += lines[j, ORDERED]
        moved |= before[j, LAST_PROMISED] != NEVER and lines[j, LAST_PROMISED] != before[j, LAST_PROMISED]
        changed |= before[j, KNOWN] == 1 and lines[j, ORDERED] != before[j, ORDERED]
    out.promise_moves[i] += moved
    out.quantity_changes[i] += changed


@compiled
def full_since(lines: Ints, ledger: Ints, j: int) -> int:
    """Since when a line is in full: since enough of it had left, or less was wanted; NEVER where it is not."""
    if not lines[j, KNOWN] or not is_in_full(lines, j):
        return NEVER
    rows, n = np.empty(ledger[0, 0], dtype=np.int64), 0
    for row in range(1, ledger[0, 0] + 1):
        if ledger[row, SLOT] == j and ledger[row, NOT_REVERSED] > 0:
            rows[n] = row
            n += 1
    rows = rows[:n]
    rows = rows[np.argsort(ledger[rows, LEFT_AT], kind="mergesort")]
    last, shipped, place = NEVER, 0, 0
    while place < n and not is_enough(shipped, lines[j, ORDERED], lines[j, UNDER]):
        last = ledger[rows[place], LEFT_AT]
        while place < n and ledger[rows[place], LEFT_AT] == last:
            shipped += ledger[rows[place], NOT_REVERSED]
            place += 1
    since: int = max(last, lines[j, LOWERED_AT])
    return since


@compiled
def _left_later(ledger: Ints, moment: int) -> bool:
    """Whether something is booked that left after a moment: an issue of then may be allotted before it."""
    if not may_leave_later(ledger, moment):
        return False
    booked = ledger[1 : ledger[0, 0] + 1]
    return bool(((booked[:, LEFT_AT] > moment) & (booked[:, NOT_REVERSED] > 0)).any())


@compiled_inline
def _fills_otherwise(lines: Ints, before: Ints, j: int) -> bool:
    """Whether what is wanted of a line, or has left of it, is another than before an event."""
    changed: bool = (
        lines[j, KNOWN] != before[j, KNOWN]
        or lines[j, SHIPPED_QUANTITY] != before[j, SHIPPED_QUANTITY]
        or lines[j, ORDERED] != before[j, ORDERED]
        or lines[j, UNDER] != before[j, UNDER]
        or lines[j, LOWERED_AT] != before[j, LOWERED_AT]
        or lines[j, CLOSED_AS] != before[j, CLOSED_AS]
    )
    return changed


@compiled_inline
def _note(out: Commitments, lines: Ints, full_at: Ints, i: int) -> None:
    """The order as its lines have it after event ``i``; ``full_at`` is since when each line is in full."""
    known, broken, unpromised = 0, NEVER, False
    for j in range(len(lines)):
        if not lines[j, KNOWN]:
            continue
        known += 1
        if is_cancelled(lines, j):
            continue
        out.lines[i] += 1
        out.ordered[i] += lines[j, ORDERED]
        out.issued[i] += min(lines[j, SHIPPED_QUANTITY], lines[j, ORDERED])
        if lines[j, VALUE] != NEVER:
            out.value[i] = lines[j, VALUE] + (0 if out.value[i] == NEVER else out.value[i])
        promise = lines[j, PROMISE]
        if is_open(lines, j):
            out.open_lines[i] += 1
            unpromised |= promise == NEVER
            out.open_due[i] = earlier(out.open_due[i], promise)
            out.last_due[i] = max(out.last_due[i], promise)
        elif promise != NEVER and lines[j, ORDERED] > 0 and full_at[j] > promise:
            broken = earlier(broken, promise)
    if out.open_lines[i] > 0:
        out.state[i] = UNPROMISED if unpromised else OPEN
        out.due[i] = earlier(out.open_due[i], broken)
    elif out.lines[i] > 0:
        out.state[i] = SHIPPED
    elif known > 0:
        out.state[i] = CANCELLED
