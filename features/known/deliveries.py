"""What the trucks to come take: one after the other, as they leave, of the lines that are promised first.

A truck of a line takes that line, a truck of the whole order any. What the trucks before it take in full it does not
take again, so that one more truck is never too late for a line that another brings in time. A truck of which no
quantity is stated, or by whose reference goods have left, leaves nobody certain of what it takes: what it is for is
also for those after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from features.arrays import Floats, Ints
from features.engine.plans import (
    BY_LINES,
    DATE,
    DATED_BY,
    LINE,
    QUANTITY,
    WORD,
    PlanEvents,
    apply_statement,
    is_planned,
    new_plans,
    statement_at,
    with_room_for_one,
)
from features.events.selection import is_selected
from features.jit import compiled
from features.orders.issues import NOT_REVERSED, REFERENCE, new_ledger, with_room
from features.orders.line import apply
from features.orders.line_state import (
    KNOWN,
    N_LINE,
    ORDERED,
    PROMISE,
    SHIPPED_QUANTITY,
    UNDER,
    LineEvents,
    changes_lines,
    earlier,
    is_enough,
    is_open,
    line_event,
    lines_of,
    new_lines,
    speaks_of,
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
    missing = np.zeros(len(lines), dtype=np.int64)
    for j in range(len(lines)):
        if lines[j, KNOWN] and is_open(lines, j):
            missing[j] = lines[j, ORDERED] - lines[j, SHIPPED_QUANTITY]
    days = np.nan
    truck = _next_truck(plans, 0, as_of)
    while truck > 0:
        promise = NEVER
        for j in range(len(lines)):
            if missing[j] > 0 and speaks_of(lines, plans[truck, LINE], j):
                promise = earlier(promise, lines[j, PROMISE])
        slack = (promise - plans[truck, DATE]) / DAY
        if promise != NEVER and not days <= slack:
            days = slack
        following = _next_truck(plans, truck, as_of)
        if following > 0:
            _take(lines, missing, plans[truck, LINE], _load(plans, truck, ledger, references))
        truck = following
    return days


@compiled
def _next_truck(plans: Ints, truck: int, as_of: int) -> int:
    """The row of the truck to come that leaves next after one (0: the first), 0 for none.

    Of one moment those of a line come before those of the whole order.
    """
    following = 0
    for row in range(1, plans[0, 0] + 1):
        coming = is_planned(plans, row) and plans[row, DATE] >= as_of
        if coming and _is_before(plans, truck, row) and (following == 0 or _is_before(plans, row, following)):
            following = row
    return following


@compiled
def _is_before(plans: Ints, one: int, other: int) -> bool:
    """Whether a row (0: one before all) leaves before another; of one moment the later line, and then row, is first."""
    if one == 0 or plans[one, DATE] != plans[other, DATE]:
        return one == 0 or plans[one, DATE] < plans[other, DATE]
    if plans[one, LINE] != plans[other, LINE]:
        return bool(plans[one, LINE] > plans[other, LINE])
    return one > other


@compiled
def _load(plans: Ints, truck: int, ledger: Ints, references: Ints) -> int:
    """What a truck is sure to take, millionths: nothing where its quantity is not known, or some of it has left."""
    reference = references[plans[truck, DATED_BY]]
    for row in range(1, ledger[0, 0] + 1):
        if ledger[row, REFERENCE] == reference and ledger[row, NOT_REVERSED] > 0:
            return 0
    by_lines = False
    for row in range(1, plans[0, 0] + 1):
        if plans[row, WORD] == plans[truck, WORD] and plans[row, LINE] < 0:
            by_lines = plans[row, BY_LINES] == 1
    known = plans[truck, QUANTITY] != NEVER and by_lines == (plans[truck, LINE] >= 0)
    return max(plans[truck, QUANTITY], 0) if known else 0


@compiled
def _take(lines: Ints, missing: Ints, of: int, load: int) -> None:
    """Take a load off what is missing of the lines that a truck is for, those promised first before the others."""
    while load > 0:
        first = -1
        for j in range(len(lines)):
            if missing[j] > 0 and speaks_of(lines, of, j) and (first < 0 or _is_due_before(lines, j, first)):
                first = j
        if first < 0:
            return
        taken = min(missing[first], load)
        load -= taken
        missing[first] -= taken
        if is_enough(lines[first, ORDERED] - missing[first], lines[first, ORDERED], lines[first, UNDER]):
            missing[first] = 0


@compiled
def _is_due_before(lines: Ints, one: int, other: int) -> bool:
    """Whether a line is promised before another; one that is not promised never is."""
    promise, than = lines[one, PROMISE], lines[other, PROMISE]
    return bool(promise != NEVER and (than == NEVER or promise < than))
