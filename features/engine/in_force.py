"""What is in force after each event, and what each statement changes of it; the longest silence."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.engine.plans import (
    DATE,
    PlanEvents,
    apply_statement,
    is_planned,
    new_plans,
    statement_at,
    with_room_for_one,
)
from features.events.selection import Masks, is_selected
from features.jit import compiled, compiled_inline
from features.times import NEVER


class InForce(NamedTuple):
    """Shapes (n_events,): what each event changes of its order's plans, and how they stand after it.

    Attributes
    ----------
    moved : how far it moves a date in force, microseconds
    revised : 1 where it gives a plan another date or quantity; the same again is no revision, and what it does not give
        it does not revise
    latest : the latest of the dates in force, NEVER where there is none
    total : the sum of the quantities in force, millionths
    """

    moved: Ints
    revised: Ints
    latest: Ints
    total: Ints


@compiled
def fold_plans(*columns: Any) -> tuple[Ints, Ints, Ints, Ints]:
    """The fields of ``InForce``; ``columns`` are those of ``PlanEvents``, one by one."""
    events = PlanEvents(*columns)
    n = len(events.code)
    moved, revised = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    latest, total = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    plans = new_plans()
    for order in range(len(events.first) - 1):
        plans[0, 0] = 0
        last, amount = NEVER, 0
        for i in range(events.first[order], events.first[order + 1]):
            if is_selected(events.code[i], events.masks):
                plans = with_room_for_one(plans)
                moved[i], revised[i], more = apply_statement(plans, statement_at(events, i))
                last, amount = _latest(plans), amount + more
            latest[i], total[i] = last, amount
    return moved, revised, latest, total


@compiled_inline
def _latest(plans: Ints) -> int:
    """The latest of the dates in force."""
    latest = NEVER
    for row in range(1, plans[0, 0] + 1):
        if is_planned(plans, row):
            latest = max(latest, plans[row, DATE])
    return latest


@compiled
def longest_gap(first: Ints, code: Ints, masks: Masks, recorded: Ints) -> Ints:
    """(n_events,) after each event, the longest time between two consecutive selected records of the order."""
    out = np.zeros(len(recorded), dtype=np.int64)
    for order in range(len(first) - 1):
        last = NEVER
        for i in range(first[order], first[order + 1]):
            out[i] = out[i - 1] if i > first[order] else 0
            if is_selected(code[i], masks):
                if last != NEVER:
                    out[i] = max(out[i], recorded[i] - last)
                last = recorded[i]
    return out
