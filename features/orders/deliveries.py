"""What the trucks to come take: one after the other, as they leave, of the lines that are promised first.

A truck of a line takes that line, a truck of the whole order any. What the trucks before it take in full it does not
take again, so that one more truck is never too late for a line that another brings in time. A truck of which no
quantity is stated, or by whose reference goods have left, leaves nobody certain of what it takes: what it is for is
also for those after it.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.engine.plans import BY_LINES, DATE, DATED_BY, LINE, QUANTITY, WORD, is_planned
from features.jit import compiled
from features.orders.issues import NOT_REVERSED, REFERENCE
from features.orders.line_state import (
    KNOWN,
    ORDERED,
    PROMISE,
    SHIPPED_QUANTITY,
    UNDER,
    is_enough,
    is_open,
    speaks_of,
)
from features.times import NEVER


@compiled
def lines_taken(lines: Ints, ledger: Ints, plans: Ints, as_of: int, references: Ints) -> tuple[Ints, Ints, Ints]:
    """What each truck to come takes, the next to leave first.

    Parameters
    ----------
    lines, ledger : as ``features.orders.known_lines`` has them
    plans : of the deliveries, as ``features.engine.plans`` has them
    references : (n_events,) the codes of the references of all events

    Returns
    -------
    (n_trucks,) its row among the plans; (n_trucks, n_lines) 1 where it takes some of a line; (n_trucks,) what it is
    sure to take, millionths: 0 where nobody knows.
    """
    missing = np.zeros(len(lines), dtype=np.int64)
    for j in range(len(lines)):
        if lines[j, KNOWN] and is_open(lines, j):
            missing[j] = lines[j, ORDERED] - lines[j, SHIPPED_QUANTITY]
    coming = 0
    for row in range(1, plans[0, 0] + 1):
        coming += is_planned(plans, row) and plans[row, DATE] >= as_of
    rows, loads = np.zeros(coming, dtype=np.int64), np.zeros(coming, dtype=np.int64)
    takes = np.zeros((coming, len(lines)), dtype=np.int64)
    truck = 0
    for turn in range(coming):
        truck = _next_truck(plans, truck, as_of)
        rows[turn], loads[turn] = truck, _load(plans, truck, ledger, references)
        for j in range(len(lines)):
            takes[turn, j] = missing[j] > 0 and speaks_of(lines, plans[truck, LINE], j)
        _take(lines, missing, takes[turn], loads[turn])
    return rows, takes, loads


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
def _take(lines: Ints, missing: Ints, takes: Ints, load: int) -> None:
    """Take a load off what is missing of the lines that a truck takes, those promised first before the others."""
    while load > 0:
        first = -1
        for j in range(len(lines)):
            if takes[j] and missing[j] > 0 and (first < 0 or _is_due_before(lines, j, first)):
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
