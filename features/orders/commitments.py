"""The commitment of an order after each of its events: lines, quantities, promise, state.

A line's promise and ordered quantity are the latest statements. A goods issue without a line fills the lines that are
known and not closed, in the order of their ids (a reversal empties them from the last); one without a quantity ships
what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Ints
from features.history import History
from features.orders.line import CANCELLED, NONE, OPEN, REASON_CANCELLED, REASON_OTHER, SHIPPED, play

__all__ = ["CANCELLED", "NONE", "OPEN", "SHIPPED", "Commitments", "commitments", "line_columns", "operation_words"]


@dataclass(frozen=True)
class Commitments:
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
    """Play every order once. ``tolerance`` is the under-delivery that still counts as in full, a share."""
    key = ("commitments", tolerance)
    return history.once(key, lambda: Commitments(*play(*line_columns(history), history.occurred, tolerance)))


def line_columns(history: History) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """What the loops over lines read: first, line, type, quantity, date, value, closing reason, lines per order."""
    return history.once(("line_columns",), lambda: _line_columns(history))


def _line_columns(history: History) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    reasons = history.coded["reason"]
    cancelled = reasons.codes == reasons.index.get("cancelled", -2)
    reason = np.where(cancelled, REASON_CANCELLED, REASON_OTHER).astype(np.int64)
    said = history.first, history.line, history.type, history.quantity, history.date, history.value
    return *said, reason, history.lines


def operation_words(history: History) -> tuple[Ints, Ints]:
    """The number of each event's operation within its order, and how many there are: what the loops over work read."""
    return history.things("reference")
