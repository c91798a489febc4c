"""Slack: from the date of a plan, a truck, a release or an arrival to the promise of the line that it is for.

What is for a line is compared with the promise of that line; what is for the whole order with the earliest promise of
its lines to ship. What is for a line that is not to ship any more is compared with nothing. So is a plan with the truck
of its line: a truck of the whole order takes the lines with the earliest promise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from features.arrays import Floats, Ints
from features.engine.plans import (
    DATE,
    DATED_BY,
    LINE,
    PlanEvents,
    apply_statement,
    is_planned,
    new_plans,
    statement_at,
    with_room_for_one,
)
from features.events.selection import Masks, is_selected
from features.jit import compiled
from features.orders.issues import new_ledger, with_room
from features.orders.line import apply
from features.orders.line_state import (
    KNOWN,
    LINE_OF,
    N_LINE,
    PROMISE,
    LineEvents,
    changes_lines,
    earlier,
    is_open,
    line_event,
    lines_of,
    new_lines,
    speaks_of,
)
from features.times import DAY, NEVER


@compiled
def plans_in_force(order: Ints, stop: Ints, *columns: Any) -> tuple[Ints, Ints, Ints]:
    """The dates in force at each point (sorted by order and position); ``columns`` are the fields of ``PlanEvents``.

    Returns (n_rows,) the point, the position of the statement that holds, and the line that it is for, -1 for the whole
    order.
    """
    events = PlanEvents(*columns)
    room = len(order) + 64
    point, where, line = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    plans = new_plans()
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        plans[0, 0] = 0
        i = events.first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                if is_selected(events.code[i], events.masks):
                    plans = with_room_for_one(plans)
                    apply_statement(plans, statement_at(events, i))
                i += 1
            planned = plans[0, 0]
            if row + planned > len(point):
                point, where, line = _larger(point, planned), _larger(where, planned), _larger(line, planned)
            for j in range(1, planned + 1):
                if is_planned(plans, j):
                    point[row], where[row], line[row] = p, plans[j, DATED_BY], plans[j, LINE]
                    row += 1
            p += 1
    return point[:row], where[:row], line[:row]


@compiled
def _larger(values: Ints, more: int) -> Ints:
    out = np.empty(2 * len(values) + more, dtype=np.int64)
    out[: len(values)] = values
    return out


class LineDates(NamedTuple):
    """Dates at decision points and the line that each is for, -1 for the whole order; NEVER where it does not count.

    Shapes (n_rows,), ``point`` ascending; ``date`` microseconds.
    """

    point: Ints
    line: Ints
    date: Ints


class PromisesInForce(NamedTuple):
    """The lines still to ship at decision points. Shapes (n_rows,), ``point`` ascending.

    ``line_of`` is the line that speaks for each while it is not known itself, -1 for none; ``promise`` microseconds.
    """

    point: Ints
    line: Ints
    line_of: Ints
    promise: Ints


def promises_in_force(events: LineEvents, order: Ints, stop: Ints) -> PromisesInForce:
    """The lines still to ship at each point (sorted by order and position)."""
    return PromisesInForce(*fold_promises(order, stop, *events))


@compiled
def fold_promises(order: Ints, stop: Ints, *columns: Any) -> Ints:
    """(4, n_rows) the fields of ``PromisesInForce``; ``columns`` are the fields of ``LineEvents`` one by one."""
    events = LineEvents(*columns)
    room = 0
    for p in range(len(order)):
        room += events.lines[order[p]]
    out = np.empty((4, room), dtype=np.int64)
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        lines, ledger = new_lines(lines_of(events, k), N_LINE), new_ledger()
        i = events.first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                if changes_lines(events.type[i]):
                    ledger = with_room(ledger, events.type[i], len(lines))
                    apply(lines, ledger, line_event(events, i))
                i += 1
            for j in range(len(lines)):
                if lines[j, KNOWN] and is_open(lines, j):
                    whole = lines[j, LINE_OF]
                    out[0, row], out[1, row], out[3, row] = p, j, lines[j, PROMISE]
                    out[2, row] = whole if whole >= 0 and not lines[whole, KNOWN] else -1
                    row += 1
            p += 1
    return out[:, :row]


@compiled
def promises_of(point: Ints, line: Ints, table_point: Ints, table_line: Ints, line_of: Ints, promise: Ints) -> Ints:
    """(n_rows,) the promise that each thing must meet: of its line, of the instalments of it, or the order's earliest.

    ``point`` (n_rows,) ascending and ``line`` (-1: the whole order) say what each row is for; the others are the fields
    of ``PromisesInForce``. NEVER where nothing of it is to ship, or nothing is promised.
    """
    out = np.full(len(point), NEVER, dtype=np.int64)
    begin = 0
    for row in range(len(point)):
        while begin < len(table_point) and table_point[begin] < point[row]:
            begin += 1
        j = begin
        while j < len(table_point) and table_point[j] == point[row]:
            if line[row] < 0 or line[row] == table_line[j] or line[row] == line_of[j]:
                out[row] = earlier(out[row], promise[j])
            j += 1
    return out


@compiled
def tightest_slack(date: Ints, n: int, point: Ints, line: Ints, *promises: Any) -> Floats:
    """(n,) days from the dates of each point to the promises that they must meet, the fewest; NaN where there is none.

    ``date``, ``point`` and ``line`` (n_rows,) are the dates and what each is for, see ``promises_of``; ``promises`` are
    the fields of ``PromisesInForce`` one by one.
    """
    slack = np.full(n, np.nan)
    promise = promises_of(point, line, *promises)
    for row in range(len(point)):
        days = (promise[row] - date[row]) / DAY
        if promise[row] != NEVER and date[row] != NEVER and not slack[point[row]] <= days:
            slack[point[row]] = days
    return slack


@compiled
def least_truck_slack(n: int, ends: LineDates, trucks: LineDates, *promises: Any) -> Floats:
    """(n,) days from the latest planned end of each line to ship to the last truck that takes it, the fewest.

    NaN where no line has both; ``promises`` are the fields of ``PromisesInForce`` one by one.
    """
    point, line, line_of, promise = promises
    slack = np.full(n, np.nan)
    first_end, first_truck, begin, first = 0, 0, 0, NEVER
    for row in range(len(point)):
        p = point[row]
        if row == 0 or point[row - 1] != p:
            first_end, first_truck = _first_of(ends.point, p, first_end), _first_of(trucks.point, p, first_truck)
            begin, first = row, NEVER
            while begin < len(point) and point[begin] == p:
                first = earlier(first, promise[begin])
                begin += 1
        end = _latest_for(ends, first_end, p, line[row], line_of[row], True)
        truck = _latest_for(trucks, first_truck, p, line[row], line_of[row], promise[row] == first)
        days = (truck - end) / DAY
        if end != NEVER and truck != NEVER and not slack[p] <= days:
            slack[p] = days
    return slack


@compiled
def _first_of(points: Ints, point: int, begin: int) -> int:
    """The first row of a point, or of the next one, from a row on."""
    while begin < len(points) and points[begin] < point:
        begin += 1
    return begin


@compiled
def _latest_for(dates: LineDates, begin: int, point: int, line: int, line_of: int, whole: bool) -> int:
    """The latest date of a point that is for a line, and if ``whole`` of those for the whole order; NEVER for none."""
    latest = NEVER
    j = begin
    while j < len(dates.point) and dates.point[j] == point:
        of = dates.line[j]
        if of == line or (of >= 0 and of == line_of) or (of < 0 and whole):
            latest = max(latest, dates.date[j])
        j += 1
    return latest


@compiled
def first_slacks(masks: Masks, word: Ints, code: Ints, *columns: Any) -> tuple[Ints, Ints]:
    """When the slack of selected dates was first known: (n_orders,) position of the event and microseconds.

    The position is -1 where it never was. ``columns`` are the fields of ``LineEvents`` one by one.
    """
    events = LineEvents(*columns)
    n = len(events.first) - 1
    position, slack = np.full(n, -1, dtype=np.int64), np.full(n, NEVER, dtype=np.int64)
    plans = new_plans()
    stated = PlanEvents(
        events.first, code, masks, word, events.line, events.occurred, events.recorded, events.date, events.quantity
    )
    for k in range(n):
        begin, end = events.first[k], events.first[k + 1]
        lines, ledger = new_lines(lines_of(events, k), N_LINE), new_ledger()
        plans[0, 0] = 0
        for i in range(begin, end):
            if changes_lines(events.type[i]):
                ledger = with_room(ledger, events.type[i], len(lines))
                apply(lines, ledger, line_event(events, i))
            if is_selected(code[i], masks):
                plans = with_room_for_one(plans)
                apply_statement(plans, statement_at(stated, i))
            slack[k] = _tightest(lines, plans)
            if slack[k] != NEVER:
                position[k] = i
                break
    return position, slack


@compiled
def _tightest(lines: Ints, plans: Ints) -> int:
    """The least slack of the dates in force, microseconds; NEVER where there is none."""
    tightest = NEVER
    for row in range(1, plans[0, 0] + 1):
        if not is_planned(plans, row):
            continue
        promise = NEVER
        for j in range(len(lines)):
            if lines[j, KNOWN] and is_open(lines, j) and speaks_of(lines, plans[row, LINE], j):
                promise = earlier(promise, lines[j, PROMISE])
        if promise != NEVER:
            slack = promise - plans[row, DATE]
            tightest = slack if tightest == NEVER else min(tightest, slack)
    return tightest
