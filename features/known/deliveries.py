"""How long the trucks to come leave before the promises of the lines that they take."""

from __future__ import annotations

from typing import Any

import numpy as np

from features.arrays import Floats, Ints
from features.engine.plans import DATE, PlanEvents, apply_statement, new_plans, statement_at, with_room_for_one
from features.events.selection import is_selected
from features.jit import compiled
from features.orders.deliveries import lines_taken
from features.orders.issues import new_ledger, with_room
from features.orders.line import apply
from features.orders.line_state import (
    N_LINE,
    PROMISE,
    LineEvents,
    changes_lines,
    earlier,
    line_event,
    lines_of,
    new_lines,
)
from features.times import DAY, NEVER


@compiled
def delivery_slacks(order: Ints, stop: Ints, as_of: Ints, stated: PlanEvents, *columns: Any) -> Floats:
    """(n,) days from the trucks to come to the promises of the lines they take, the fewest; NaN where there is none.

    The points are sorted by order and position; ``columns`` are the fields of ``LineEvents`` one by one.
    """
    events = LineEvents(*columns)
    slack = np.full(len(order), np.nan)
    plans = new_plans()
    p = 0
    while p < len(order):
        k = order[p]
        lines, ledger = new_lines(lines_of(events, k), N_LINE), new_ledger()
        plans[0, 0] = 0
        i = events.first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                if changes_lines(events.type[i]):
                    ledger = with_room(ledger, events.type[i], len(lines))
                    apply(lines, ledger, line_event(events, i))
                if is_selected(stated.code[i], stated.masks):
                    plans = with_room_for_one(plans)
                    apply_statement(plans, statement_at(stated, i))
                i += 1
            slack[p] = _tightest(lines, ledger, plans, as_of[p], events.reference)
            p += 1
    return slack


@compiled
def _tightest(lines: Ints, ledger: Ints, plans: Ints, as_of: int, references: Ints) -> float:
    """Days from the trucks to come to the promises of the lines they take, the fewest; NaN where there is none."""
    rows, takes, _ = lines_taken(lines, ledger, plans, as_of, references)
    days = np.nan
    for turn in range(len(rows)):
        promise = NEVER
        for j in range(len(lines)):
            if takes[turn, j]:
                promise = earlier(promise, lines[j, PROMISE])
        slack = (promise - plans[rows[turn], DATE]) / DAY
        if promise != NEVER and not days <= slack:
            days = slack
    return days
