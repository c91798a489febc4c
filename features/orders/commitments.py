"""The commitment of an order after each of its events: lines, quantities, promise, state."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints, Mask
from features.history import History
from features.jit import compiled, compiled_inline
from features.orders.line import (
    ALL_LEFT_AT,
    CANCELLED_LINE,
    CLOSED_AS,
    KNOWN,
    N_LINE,
    ORDERED,
    PROMISE,
    SHIPPED_QUANTITY,
    VALUE,
    LineEvents,
    apply,
    changes_lines,
    is_in_full,
    line_event,
    line_events,
    new_lines,
)
from features.times import NEVER

NONE, OPEN, SHIPPED, CANCELLED = 0, 1, 2, 3
"""The state of an order: nothing ordered, something to ship, all shipped or closed, all cancelled."""
OrderStatus = Literal["unknown", "open", "late", "shipped", "cancelled"]
STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)
"""The state in words at a moment: open until a promise of it passes, then late."""
_STATUS_OF_STATE = np.array(["unknown", "open", "shipped", "cancelled"], dtype=object)


class Commitments(NamedTuple):
    """Shapes (n_events,): how the order stands after each event.

    Attributes
    ----------
    state : NONE, OPEN, SHIPPED or CANCELLED
    due : the earliest promise among unshipped lines and lines that shipped after their promise, microseconds; NEVER
        when nothing is to ship
    last_due : the latest promise among unshipped lines
    lines, open_lines : lines not cancelled; of those, lines still to ship
    ordered, issued : millionths over the lines not cancelled
    value : millionths of the plant's currency over the lines not cancelled, NEVER where no line states one
    """

    state: Ints
    due: Ints
    last_due: Ints
    lines: Ints
    open_lines: Ints
    ordered: Ints
    issued: Ints
    value: Ints


def commitments(history: History, tolerance: float = 0.0) -> Commitments:
    """Fold every order once. ``tolerance`` is the under-delivery that still counts as in full, a share."""
    key = ("commitments", tolerance)
    return history.once(key, lambda: fold_commitments(tolerance, *line_events(history)))


def is_late(state: Ints, due: Ints, as_of: Ints) -> Mask:
    """(n,) True where an order is open and a promise of it has passed: its risk is 1, not modelled."""
    return np.asarray((state == OPEN) & (due < as_of))


def is_awaited(state: Ints, due: Ints, as_of: Ints) -> Mask:
    """(n,) True where an order is open and no promise of it has passed: what the model scores."""
    return np.asarray((state == OPEN) & (due >= as_of))


def statuses(state: Ints, due: Ints, as_of: Ints) -> NDArray[np.object_]:
    """(n,) the status of each order, one of ``STATUSES``."""
    words = _STATUS_OF_STATE[state]
    words[is_late(state, due, as_of)] = "late"
    return words


@compiled
def fold_commitments(tolerance: float, *columns: Any) -> Commitments:
    """How each order stands after each of its events; ``columns`` are the fields of ``LineEvents`` one by one."""
    events = LineEvents(*columns)
    n = len(events.line)
    out = Commitments(
        np.zeros(n, dtype=np.int64), np.full(n, NEVER, dtype=np.int64), np.full(n, NEVER, dtype=np.int64),
        np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64), np.full(n, NEVER, dtype=np.int64),
    )  # fmt: skip
    for order in range(len(events.first) - 1):
        lines = new_lines(events.lines[order], N_LINE)
        full_at = np.full(len(lines), NEVER, dtype=np.int64)
        begin = events.first[order]
        for i in range(begin, events.first[order + 1]):
            if i > begin and not changes_lines(events.type[i]):
                out.state[i], out.due[i], out.last_due[i] = out.state[i - 1], out.due[i - 1], out.last_due[i - 1]
                out.lines[i], out.open_lines[i] = out.lines[i - 1], out.open_lines[i - 1]
                out.ordered[i], out.issued[i], out.value[i] = out.ordered[i - 1], out.issued[i - 1], out.value[i - 1]
                continue
            apply(lines, line_event(events, i))
            _note(out, lines, full_at, i, events.occurred[i], tolerance)
    return out


@compiled_inline
def _note(out: Commitments, lines: Ints, full_at: Ints, i: int, occurred: int, tolerance: float) -> None:
    """The order as its lines have it after event ``i``; ``full_at`` is since when each line is in full."""
    known = 0
    broken = NEVER
    for j in range(len(lines)):
        if not lines[j, KNOWN]:
            continue
        known += 1
        if lines[j, CLOSED_AS] == CANCELLED_LINE:
            continue
        out.lines[i] += 1
        out.ordered[i] += lines[j, ORDERED]
        out.issued[i] += lines[j, SHIPPED_QUANTITY]
        if lines[j, VALUE] != NEVER:
            out.value[i] = lines[j, VALUE] + (0 if out.value[i] == NEVER else out.value[i])
        promise = lines[j, PROMISE]
        full = is_in_full(lines, j, tolerance)
        if not full:
            full_at[j] = NEVER
        elif full_at[j] == NEVER:
            full_at[j] = lines[j, ALL_LEFT_AT] if lines[j, ALL_LEFT_AT] != NEVER else occurred
        if lines[j, CLOSED_AS] == 0 and not full:
            out.open_lines[i] += 1
            out.due[i] = promise if out.due[i] == NEVER else min(out.due[i], promise)
            out.last_due[i] = max(out.last_due[i], promise)
        elif full and lines[j, ORDERED] > 0 and full_at[j] > promise:
            broken = promise if broken == NEVER else min(broken, promise)
    if out.open_lines[i] > 0:
        out.state[i] = OPEN
        out.due[i] = out.due[i] if broken == NEVER else min(out.due[i], broken)
    elif out.lines[i] > 0:
        out.state[i] = SHIPPED
    elif known > 0:
        out.state[i] = CANCELLED
