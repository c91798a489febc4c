"""The commitment of an order after each of its events: lines, quantities, promise, state.

A line's promise and ordered quantity are the latest statements. A goods issue without a line fills the order's lines
in the order of their ids (a reversal empties them from the last); one without a quantity ships what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from features.events.schema import TYPE_CODE
from features.history import History
from features.times import NEVER, Ints

NONE, OPEN, SHIPPED, CANCELLED = 0, 1, 2, 3
CREATED = TYPE_CODE["order_line.created"]
CHANGED = TYPE_CODE["order_line.changed"]
CLOSED = TYPE_CODE["order_line.closed"]
PROMISED = TYPE_CODE["commitment.changed"]
ISSUED = TYPE_CODE["goods.issued"]
REASON_CANCELLED, REASON_OTHER = 2, 1


@dataclass(frozen=True)
class Commitments:
    """Shapes (n_events,): how the order stands after each event.

    Attributes
    ----------
    state : NONE, OPEN, SHIPPED or CANCELLED
    due : the earliest promise among unshipped lines, microseconds, NEVER when nothing is to ship
    last_due : the latest promise among unshipped lines
    lines, open_lines : lines not cancelled; of those, lines still to ship
    ordered, issued : millionths over the lines not cancelled
    value : millionths of the plant's currency over the lines not cancelled
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
    """Play every order once. ``tolerance`` is the under-delivery that still counts as in full, a share."""
    key = ("commitments", tolerance)
    return history.once(key, lambda: Commitments(*_play(*line_columns(history), tolerance)))


def line_columns(history: History) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """What the loops over lines read: first, line, type, quantity, date, value, closing reason, lines per order."""
    return history.once(("line_columns",), lambda: _line_columns(history))


def _line_columns(history: History) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    reasons = history.coded["reason"]
    cancelled = reasons.codes == reasons.index.get("cancelled", -2)
    reason = np.where(cancelled, REASON_CANCELLED, REASON_OTHER).astype(np.int64)
    line = np.where((history.type == CREATED) & (history.line < 0), 0, history.line)
    lines = np.zeros(history.n_orders, dtype=np.int64)
    np.maximum.at(lines, history.order, line + 1)
    return history.first, line, history.type, history.quantity, history.date, history.value, reason, lines


@njit(cache=True)
def needed(ordered: int, tolerance: float) -> int:
    """The quantity that counts as in full."""
    return ordered - int(ordered * tolerance)


@njit(cache=True)
def issue(line: int, quantity: int, ordered: Ints, issued: Ints, count: int) -> None:
    """Book a goods issue on the lines (see the module's first sentences)."""
    if line >= 0:
        issued[line] += max(ordered[line] - issued[line], 0) if quantity == NEVER else quantity
    elif quantity == NEVER:
        for j in range(count):
            issued[j] = max(issued[j], ordered[j])
    elif quantity < 0:
        left = -quantity
        for j in range(count - 1, -1, -1):
            taken = min(left, max(issued[j], 0))
            issued[j] -= taken
            left -= taken
    else:
        left = quantity
        for j in range(count):
            given = left if j == count - 1 else min(left, max(ordered[j] - issued[j], 0))
            issued[j] += given
            left -= given


@njit(cache=True)
def _play(
    first: Ints,
    line: Ints,
    type_: Ints,
    quantity: Ints,
    date: Ints,
    value: Ints,
    reason: Ints,
    lines: Ints,
    tolerance: float,
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    n = len(line)
    state = np.zeros(n, dtype=np.int64)
    due = np.full(n, NEVER, dtype=np.int64)
    last_due = np.full(n, NEVER, dtype=np.int64)
    n_lines = np.zeros(n, dtype=np.int64)
    n_open = np.zeros(n, dtype=np.int64)
    sum_ordered = np.zeros(n, dtype=np.int64)
    sum_issued = np.zeros(n, dtype=np.int64)
    sum_value = np.zeros(n, dtype=np.int64)
    for order in range(len(first) - 1):
        count = lines[order]
        known = np.zeros(count, dtype=np.bool_)
        ordered = np.zeros(count, dtype=np.int64)
        promise = np.full(count, NEVER, dtype=np.int64)
        worth = np.zeros(count, dtype=np.int64)
        issued = np.zeros(count, dtype=np.int64)
        closed = np.zeros(count, dtype=np.int64)
        for i in range(first[order], first[order + 1]):
            kind, at = type_[i], line[i]
            touched = True
            if kind == CREATED:
                known[at] = True
                ordered[at] = quantity[i]
                promise[at] = date[i]
                worth[at] = 0 if value[i] == NEVER else value[i]
            elif kind == ISSUED:
                issue(at, quantity[i], ordered, issued, count)
            elif kind == CHANGED or kind == CLOSED or kind == PROMISED:
                for j in range(count):
                    if at < 0 or at == j:
                        if kind == CHANGED:
                            ordered[j] = quantity[i]
                        elif kind == CLOSED:
                            closed[j] = reason[i]
                        else:
                            promise[j] = date[i]
            else:
                touched = i == first[order]
            if not touched:
                state[i], due[i], last_due[i] = state[i - 1], due[i - 1], last_due[i - 1]
                n_lines[i], n_open[i] = n_lines[i - 1], n_open[i - 1]
                sum_ordered[i], sum_issued[i] = sum_ordered[i - 1], sum_issued[i - 1]
                sum_value[i] = sum_value[i - 1]
                continue
            seen = 0
            for j in range(count):
                if not known[j]:
                    continue
                seen += 1
                if closed[j] == REASON_CANCELLED:
                    continue
                n_lines[i] += 1
                sum_ordered[i] += ordered[j]
                sum_issued[i] += issued[j]
                sum_value[i] += worth[j]
                if closed[j] == 0 and issued[j] < needed(ordered[j], tolerance):
                    n_open[i] += 1
                    due[i] = promise[j] if due[i] == NEVER else min(due[i], promise[j])
                    last_due[i] = max(last_due[i], promise[j])
            if n_open[i] > 0:
                state[i] = OPEN
            elif n_lines[i] > 0:
                state[i] = SHIPPED
            elif seen > 0:
                state[i] = CANCELLED
    return state, due, last_due, n_lines, n_open, sum_ordered, sum_issued, sum_value
