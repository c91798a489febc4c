"""How the lines of an order stand after some of its events, and what left of them."""

from __future__ import annotations

from typing import Any

from features.arrays import Ints
from features.jit import compiled
from features.orders.issues import new_ledger, with_room
from features.orders.line import apply
from features.orders.line_state import N_LINE, LineEvents, changes_lines, line_event, lines_of, new_lines


@compiled
def lines_known(order: int, stop: int, *columns: Any) -> tuple[Ints, Ints]:
    """The lines of an order and its ledger of issues after its events before the position ``stop``.

    ``columns`` are the fields of ``LineEvents`` one by one: numba tells their types faster than that of the tuple.
    """
    return fold_lines_until(LineEvents(*columns), order, stop)


@compiled
def fold_lines_until(events: LineEvents, order: int, stop: int) -> tuple[Ints, Ints]:
    """(n_lines, N_LINE) the lines of an order after its events before a position; and (room, N_ISSUE) what left."""
    state = new_lines(lines_of(events, order), N_LINE)
    begin = events.first[order]
    ledger = new_ledger()
    for i in range(begin, stop):
        if changes_lines(events.type[i]):
            ledger = with_room(ledger, events.type[i], len(state))
            apply(state, ledger, line_event(events, i))
    return state, ledger
