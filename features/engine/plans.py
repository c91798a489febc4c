"""Plans: the dates and quantities in force of an order's deliveries, production orders and components, line by line.

A plan is what is stated of one reference for one line. What is stated of a reference without a line is about each of
the lines that it is named for, and holds for a line until that says otherwise; while the reference is named for none,
it has one plan, of the whole order. Of what is known the statement that happened last holds, whenever it was recorded.

A quantity that is stated without a line is that of all lines together, until one of them states its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.selection import Masks, is_selected
from features.jit import compiled, compiled_inline
from features.times import NEVER

WORD, LINE, DATE, DATED_AT, DATED_BY, QUANTITY, SIZED_AT, SIZED_BY, NAMED, BY_LINES = range(10)
N_PLAN = 10
"""The columns of a table of plans: the number of the reference, the line (-1: the whole order), the date in force, when
the statement of it happened and its position, the same of the quantity; and of the whole order whether the reference
is named for lines, whose plans then stand for it, and whether it is their quantities that count. Row 0 holds how many
rows are written. The whole order of each reference has a row, whether anything is stated of it or not."""


class PlanEvents(NamedTuple):
    """What the loops over plans read, one field after the other, as those over spells do.

    Shapes (n_events,) but for ``first`` (n_orders + 1,) and the masks, which select the statements; ``word`` is the
    number of the event's reference within its order.
    """

    first: Ints
    code: Ints
    masks: Masks
    word: Ints
    line: Ints
    occurred: Ints
    recorded: Ints
    date: Ints
    quantity: Ints


class PlanStatement(NamedTuple):
    """One statement; ``position`` is where it stands in the history, ``moment`` since when it holds.

    It holds as it happened, and where it was announced before, as it was recorded.
    """

    position: int
    word: int
    line: int
    moment: int
    date: int
    quantity: int


@compiled_inline
def statement_at(events: PlanEvents, i: int) -> PlanStatement:
    """What the event at a position states of its plan."""
    moment = min(events.occurred[i], events.recorded[i])
    return PlanStatement(i, events.word[i], events.line[i], moment, events.date[i], events.quantity[i])


@compiled
def new_plans() -> Ints:
    """(room, N_PLAN) a table with no plan in it; one that says again that no row is written serves the next order."""
    return np.zeros((6, N_PLAN), dtype=np.int64)


@compiled_inline
def with_room_for_one(plans: Ints) -> Ints:
    """The table, or a larger copy of it where one more statement might not fit in."""
    return _grown(plans) if plans[0, 0] + 2 >= len(plans) else plans


@compiled
def _grown(plans: Ints) -> Ints:
    larger = np.zeros((2 * len(plans), N_PLAN), dtype=np.int64)
    larger[: len(plans)] = plans
    return larger


@compiled_inline
def is_planned(plans: Ints, row: int) -> bool:
    """Whether a row has a date in force: that of a line, or of a whole order of which no line is named."""
    planned: bool = plans[row, DATE] != NEVER and (plans[row, LINE] >= 0 or plans[row, NAMED] == 0)
    return planned


@compiled
def apply_statement(plans: Ints, stated: PlanStatement) -> tuple[int, bool, int]:
    """What one statement does to the plans of its order, changed in place; ``plans`` comes from ``with_room_for_one``.

    Returns by how much it moves a date in force (the one it moves furthest), whether it gives another date or quantity
    than was in force, and by how much it changes the quantity in force of all.
    """
    whole, row = 0, 0
    for j in range(1, plans[0, 0] + 1):
        if plans[j, WORD] == stated.word:
            whole = j if plans[j, LINE] < 0 else whole
            row = j if plans[j, LINE] == stated.line else row
    if row == 0:
        whole, row = _add(plans, stated.word, stated.line, whole)
    of_lines = stated.line < 0 and plans[whole, NAMED] == 1
    moved = 0
    if stated.date != NEVER:
        moved = _move_all(plans, stated) if of_lines else _move(plans, stated, row)
    if stated.quantity == NEVER:
        return moved, moved != 0, 0
    before, own = quantity_of(plans, whole), plans[row, QUANTITY]
    _size(plans, stated, whole, row)
    after = quantity_of(plans, whole)
    first_of_line = stated.line >= 0 and own == NEVER
    resized = before != NEVER and after != before and not first_of_line
    return moved, moved != 0 or resized, after - (0 if before == NEVER else before)


@compiled
def _add(plans: Ints, word: int, line: int, whole: int) -> tuple[int, int]:
    """The rows of a reference of the whole order, and of a line that it is named for now, with the order's date."""
    if whole == 0:
        whole = _append_row(plans, word, -1)
    if line < 0:
        return whole, whole
    row = _append_row(plans, word, line)
    for column in (DATE, DATED_AT, DATED_BY):
        plans[row, column] = plans[whole, column]
    plans[whole, NAMED] = 1
    return whole, row


@compiled_inline
def _append_row(plans: Ints, word: int, line: int) -> int:
    plans[0, 0] += 1
    row: int = plans[0, 0]
    plans[row, WORD], plans[row, LINE] = word, line
    plans[row, DATE], plans[row, DATED_AT], plans[row, DATED_BY] = NEVER, NEVER, -1
    plans[row, QUANTITY], plans[row, SIZED_AT], plans[row, SIZED_BY] = NEVER, NEVER, -1
    plans[row, NAMED], plans[row, BY_LINES] = 0, 0
    return row


@compiled_inline
def _move(plans: Ints, stated: PlanStatement, row: int) -> int:
    """Give a row another date; how far that moves one in force."""
    by = 0
    if stated.moment >= plans[row, DATED_AT]:
        by = stated.date - plans[row, DATE] if is_planned(plans, row) else 0
        plans[row, DATE], plans[row, DATED_AT], plans[row, DATED_BY] = stated.date, stated.moment, stated.position
    return by


@compiled
def _move_all(plans: Ints, stated: PlanStatement) -> int:
    """Give each row of a reference another date; how far that moves the one it moves furthest."""
    moved = 0
    for row in range(1, plans[0, 0] + 1):
        if plans[row, WORD] == stated.word:
            by = _move(plans, stated, row)
            if abs(by) > abs(moved) or by == -moved:
                moved = max(by, moved) if by == -moved else by
    return moved


@compiled_inline
def _size(plans: Ints, stated: PlanStatement, whole: int, row: int) -> None:
    """Give a row another quantity, and say whether that of the whole order counts or those of its lines."""
    by_lines = stated.line >= 0
    overtaken = stated.moment < plans[whole, SIZED_AT]
    if not by_lines and plans[whole, NAMED] == 1:
        overtaken |= _is_overtaken(plans, stated)
    if stated.moment >= plans[row, SIZED_AT]:
        plans[row, QUANTITY], plans[row, SIZED_AT], plans[row, SIZED_BY] = (
            stated.quantity, stated.moment, stated.position,
        )  # fmt: skip
    if not overtaken:
        plans[whole, BY_LINES] = by_lines


@compiled
def _is_overtaken(plans: Ints, stated: PlanStatement) -> bool:
    """Whether a line of the reference has a quantity that was stated later."""
    overtaken = False
    for row in range(1, plans[0, 0] + 1):
        overtaken |= plans[row, WORD] == stated.word and stated.moment < plans[row, SIZED_AT]
    return overtaken


@compiled_inline
def quantity_of(plans: Ints, whole: int) -> int:
    """The quantity in force of a reference, NEVER where none is stated; ``whole`` is the row of its whole order."""
    quantity: int = _sum_of_lines(plans, whole) if plans[whole, BY_LINES] else plans[whole, QUANTITY]
    return quantity


@compiled
def _sum_of_lines(plans: Ints, whole: int) -> int:
    total = 0
    for row in range(1, plans[0, 0] + 1):
        if plans[row, WORD] == plans[whole, WORD] and plans[row, LINE] >= 0 and plans[row, QUANTITY] != NEVER:
            total += plans[row, QUANTITY]
    return total


@compiled
def plans_known(order: int, stop: int, *columns: Any) -> Ints:
    """(room, N_PLAN) the plans of an order after its events before the position ``stop``.

    ``columns`` are the fields of ``PlanEvents`` one by one.
    """
    events = PlanEvents(*columns)
    plans = new_plans()
    for i in range(events.first[order], stop):
        if is_selected(events.code[i], events.masks):
            plans = with_room_for_one(plans)
            apply_statement(plans, statement_at(events, i))
    return plans
