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
    """What the loops over plans read. Shapes (n_events,) but for ``first`` (n_orders + 1,) and the masks.

    ``masks`` select the statements; ``word`` is the number of the event's reference within its order.
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
    """One statement; ``moment`` is since when it holds, ``position`` where it stands in the history."""

    position: int
    word: int
    line: int
    moment: int
    date: int
    quantity: int


@compiled
def new_plans() -> Ints:
    """(room, N_PLAN) a table with no plan in it."""
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


@compiled_inline
def statement(events: PlanEvents, i: int) -> PlanStatement:
    """One event of the columns, as numbers. It holds as it happened; announced before, as it was recorded."""
    moment = min(events.occurred[i], events.recorded[i])
    return PlanStatement(i, events.word[i], events.line[i], moment, events.date[i], events.quantity[i])


@compiled
def _row_of(plans: Ints, word: int, line: int) -> int:
    """The row of a reference for a line; a new one has the date of the whole order."""
    whole, last = 0, plans[0, 0]
    for row in range(1, last + 1):
        if plans[row, WORD] == word:
            if plans[row, LINE] == line:
                return row
            if plans[row, LINE] < 0:
                whole = row
    new: int = last + 1
    plans[0, 0] = new
    plans[new, WORD], plans[new, LINE] = word, line
    plans[new, DATE], plans[new, DATED_AT], plans[new, DATED_BY] = NEVER, NEVER, -1
    plans[new, QUANTITY], plans[new, SIZED_AT], plans[new, SIZED_BY] = NEVER, NEVER, -1
    if whole > 0:
        for column in (DATE, DATED_AT, DATED_BY):
            plans[new, column] = plans[whole, column]
        plans[whole, NAMED] = 1
    return new


@compiled
def apply_statement(plans: Ints, stated: PlanStatement) -> tuple[int, bool, int]:
    """What one statement does to the plans of its order, changed in place; ``plans`` comes from ``with_room_for_one``.

    Returns by how much it moves a date in force (the one it moves furthest), whether it gives another date or quantity
    than was in force, and by how much it changes the quantity in force of all.
    """
    whole = _row_of(plans, stated.word, -1)
    row = whole if stated.line < 0 else _row_of(plans, stated.word, stated.line)
    moved = _move(plans, stated, row) if stated.date != NEVER else 0
    if stated.quantity == NEVER:
        return moved, moved != 0, 0
    before, own = quantity_of(plans, whole), plans[row, QUANTITY]
    _size(plans, stated, whole, row)
    after = quantity_of(plans, whole)
    first_of_line = stated.line >= 0 and own == NEVER
    resized = before != NEVER and after != before and not first_of_line
    return moved, moved != 0 or resized, after - (0 if before == NEVER else before)


@compiled
def _move(plans: Ints, stated: PlanStatement, row: int) -> int:
    """Give a row another date, or where it is that of the whole order each of its reference; how far it moves."""
    moved = 0
    for j in range(1, plans[0, 0] + 1):
        about = j == row or (stated.line < 0 and plans[j, WORD] == stated.word)
        if not about or stated.moment < plans[j, DATED_AT]:
            continue
        by = stated.date - plans[j, DATE] if is_planned(plans, j) else 0
        if abs(by) > abs(moved) or by == -moved:
            moved = max(by, moved) if by == -moved else by
        plans[j, DATE], plans[j, DATED_AT], plans[j, DATED_BY] = stated.date, stated.moment, stated.position
    return moved


@compiled
def _size(plans: Ints, stated: PlanStatement, whole: int, row: int) -> None:
    """Give a row another quantity, and say whether that of the whole order counts or those of its lines."""
    by_lines = stated.line >= 0
    overtaken = stated.moment < plans[whole, SIZED_AT]
    for j in range(1, plans[0, 0] + 1):
        overtaken |= not by_lines and plans[j, WORD] == stated.word and stated.moment < plans[j, SIZED_AT]
    if stated.moment >= plans[row, SIZED_AT]:
        plans[row, QUANTITY], plans[row, SIZED_AT], plans[row, SIZED_BY] = (
            stated.quantity, stated.moment, stated.position,
        )  # fmt: skip
    if not overtaken:
        plans[whole, BY_LINES] = by_lines


@compiled
def quantity_of(plans: Ints, whole: int) -> int:
    """The quantity in force of a reference, NEVER where none is stated; ``whole`` is the row of its whole order."""
    if not plans[whole, BY_LINES]:
        stated: int = plans[whole, QUANTITY]
        return stated
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
            apply_statement(plans, statement(events, i))
    return plans
