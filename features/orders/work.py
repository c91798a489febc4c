"""The work on an order's lines: how far each line is, and what it went through.

One state machine, ``apply_work``, adds the work to what ``features.orders.line.apply`` says of the lines. ``lines_at``
reads it at decision points, ``line_transitions`` at the moments at which a line leaves, moves to another work centre or
changes its place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.events.schema import READINESS_KINDS, TYPE_CODE, WORDS
from features.events.selection import kind_of, state_of
from features.history import History
from features.jit import compiled
from features.orders.line import (
    CANCELLED_LINE,
    CLOSED_AS,
    CREATED,
    KNOWN,
    N_LINE,
    NOT_CLOSED,
    ORDERED,
    PROMISE,
    SHIPPED_QUANTITY,
    LineEvents,
    apply,
    is_in_full,
    is_open,
    line_events,
    new_lines,
)
from features.times import NEVER

RELEASED = TYPE_CODE["production.released"]
SCRAPPED = TYPE_CODE["operation.scrapped"]
INSPECTED = TYPE_CODE["inspection.recorded"]
CONFIRMED = TYPE_CODE["operation.confirmed"]
STATED = TYPE_CODE["readiness.stated"]
FINAL, MET_WORD, PARTIAL, FAILED = WORDS["final"], WORDS["met"], WORDS["partial"], WORDS["failed"]
CONDITION = np.full(64, -1, dtype=np.int64)
for _bit, _kind in enumerate(READINESS_KINDS):
    CONDITION[WORDS[_kind]] = _bit
"""The place of each shipping condition, by the code of its word."""
N_CONDITIONS = len(READINESS_KINDS)
NOT_MET, MET = 1, 2
UNSTATED, UNFINISHED, FINISHED = 0, 1, 2
NOWHERE, AT, AFTER = 0, 1, 2
LEFT, STAGE, MOVED, PLACED, OPENED, WORK, FAILURES = 0, 1, 2, 3, 4, 5, 6
"""What a line transition is about."""

(
    DONE, CHANGED_AT, RELEASED_AT, CREATED_AT, FIRST_CREATED, ITEM, CENTRE, LAST_CENTRE, AFTER_IT, CONFIRMED_ITSELF,
    STARTED, SCRAP,
) = range(N_LINE, N_LINE + 12)  # fmt: skip
N_WORK = N_LINE + 12
"""What is noted of the work on a line, after the columns of its state; moments are when it was recorded, NEVER where it
was not.

STARTED is the quantity for which work was released, NEVER where none was stated; SCRAP what was lost since.
"""


class WorkEvents(NamedTuple):
    """The columns that tell of work, beside those of the lines. Shapes (n_events,) but for ``words`` (n_orders,).

    ``word`` is the number of the event's reference (operation, production order) within its order, ``words`` how many
    there are; ``item`` and ``centre`` are codes of the item and the work centre, -1 for none.
    """

    code: Ints
    word: Ints
    words: Ints
    item: Ints
    centre: Ints


def work_events(history: History) -> WorkEvents:
    """The columns of a history that tell of work."""
    word, words = history.numbered("reference")
    coded = history.coded
    return WorkEvents(history.event_code, word, words, coded["item"].codes, coded["work_center"].codes)


class LineRows(NamedTuple):
    """Known lines that are not cancelled, at decision points. Shapes (n_rows,); see ``features.known.tables``."""

    point: Ints
    item: Ints
    open: Ints
    ordered: Ints
    issued: Ints
    promise: Ints
    finished: Ints
    stage_since: Ints
    begun: Ints
    met: Ints
    not_met: Ints
    centre: Ints
    mode: Ints
    created: Ints
    started: Ints
    scrap: Ints


class OrderWork(NamedTuple):
    """The work on an order as it stands.

    Attributes
    ----------
    lines : (n_lines, N_WORK)
    finished : (n_lines + 1, n_words) state of each operation, in the first row as said of the whole order
    started : (n_lines, n_words) quantity for which each production order was released
    conditions : (n_lines + 1, N_CONDITIONS) state of each condition, in the first row as said of the whole order
    whole : (2,) what is said of the whole order: released at, whether confirmed
    """

    lines: Ints
    finished: NDArray[np.int8]
    started: Ints
    conditions: Ints
    whole: Ints


@compiled
def _new_work(lines: int, words: int) -> OrderWork:
    state = np.zeros((lines, N_WORK), dtype=np.int64)
    state[:, :N_LINE] = new_lines(lines, N_LINE)
    for column in (CHANGED_AT, RELEASED_AT, CREATED_AT, FIRST_CREATED, STARTED):
        state[:, column] = NEVER
    for column in (ITEM, CENTRE, LAST_CENTRE):
        state[:, column] = -1
    return OrderWork(
        state,
        np.zeros((lines + 1, words), dtype=np.int8),
        np.zeros((lines, words), dtype=np.int64),
        np.zeros((lines + 1, N_CONDITIONS), dtype=np.int64),
        np.array([NEVER, 0]),
    )


@compiled
def _confirm(work: OrderWork, at: int, word: int, final: bool, recorded: int) -> None:
    """The latest state of an operation. What is said of the whole order holds for each line until it says otherwise."""
    finished = work.finished
    now = FINISHED if final else UNFINISHED
    for j in range(len(work.lines)):
        if at >= 0 and at != j:
            continue
        own = finished[j + 1, word]
        before = own if own != UNSTATED else finished[0, word]
        finished[j + 1, word] = now if at >= 0 else UNSTATED
        if (before == FINISHED) != final:
            work.lines[j, DONE] += 1 if final else -1
            work.lines[j, CHANGED_AT] = recorded
    if at < 0:
        finished[0, word] = now


@compiled
def _release(work: OrderWork, at: int, word: int, quantity: int, recorded: int) -> None:
    """A production order is released for a quantity; the latest that is given counts."""
    if at < 0:
        work.whole[0] = recorded
        return
    work.lines[at, RELEASED_AT] = recorded
    if quantity != NEVER:
        before = 0 if work.lines[at, STARTED] == NEVER else work.lines[at, STARTED]
        work.lines[at, STARTED] = before + quantity - work.started[at, word]
        work.started[at, word] = quantity


@compiled
def apply_work(work: OrderWork, events: LineEvents, shop: WorkEvents, i: int) -> None:
    """What one event does to the lines of its order and to the work on them, changed in place."""
    kind, at, recorded, lines = events.type[i], events.line[i], events.recorded[i], work.lines
    apply(lines, events, i)
    if kind == CREATED:
        lines[at, CREATED_AT], lines[at, ITEM] = recorded, shop.item[i]
        if lines[at, FIRST_CREATED] == NEVER:
            lines[at, FIRST_CREATED] = recorded
    elif kind == RELEASED:
        _release(work, at, shop.word[i], events.quantity[i], recorded)
    elif kind == SCRAPPED:
        if at >= 0:
            lines[at, SCRAP] += events.quantity[i]
    elif kind == CONFIRMED:
        state = state_of(shop.code[i])
        if state == FINAL or state == PARTIAL:
            _confirm(work, at, shop.word[i], state == FINAL, recorded)
        if at >= 0:
            lines[at, CONFIRMED_ITSELF], lines[at, CENTRE], lines[at, AFTER_IT] = 1, shop.centre[i], state == FINAL
            if shop.centre[i] >= 0:
                lines[at, LAST_CENTRE] = shop.centre[i]
        else:
            work.whole[1] = 1
    elif kind == STATED:
        place = CONDITION[kind_of(shop.code[i])]
        if at < 0:
            work.conditions[1:, place] = 0
        work.conditions[at + 1, place] = MET if state_of(shop.code[i]) == MET_WORD else NOT_MET


@compiled
def _stage_since(work: OrderWork, line: int) -> int:
    """When the line entered its stage: see the page on the engine."""
    changed: int = work.lines[line, CHANGED_AT]
    released: int = max(work.lines[line, RELEASED_AT], work.whole[0])
    created: int = work.lines[line, CREATED_AT]
    if changed != NEVER:
        return changed
    return released if released != NEVER else created


@compiled
def _conditions_in(work: OrderWork, line: int, state: int) -> int:
    """The conditions of a line in a state, as bits; what it does not say itself the whole order says."""
    bits = 0
    for place in range(N_CONDITIONS):
        own = work.conditions[line + 1, place]
        if (own if own != 0 else work.conditions[0, place]) == state:
            bits |= 1 << place
    return bits


@compiled
def _own_conditions_in(work: OrderWork, row: int, state: int) -> int:
    """The conditions that a row of ``conditions`` says are in a state itself, as bits."""
    bits = 0
    for place in range(N_CONDITIONS):
        bits |= (work.conditions[row, place] == state) << place
    return bits


@compiled
def _met_of_order(work: OrderWork) -> int:
    """The conditions met for the order, as bits: no line denies, and the whole order or every open line says so."""
    refused, by_every, any_open = 0, (1 << N_CONDITIONS) - 1, False
    for row in range(len(work.lines) + 1):
        refused |= _own_conditions_in(work, row, NOT_MET)
    for j in range(len(work.lines)):
        if work.lines[j, KNOWN] and is_open(work.lines, j, 0.0):
            any_open = True
            by_every &= _own_conditions_in(work, j + 1, MET)
    return (_own_conditions_in(work, 0, MET) | (by_every if any_open else 0)) & ~refused


@compiled
def lines_at(events: LineEvents, shop: WorkEvents, order: Ints, stop: Ints) -> tuple[LineRows, Ints]:
    """The lines at each point (sorted by order and position), in the order of their ids.

    Returns the rows, and (n_points,) the conditions met for the order, as bits.
    """
    room = 0
    for p in range(len(order)):
        room += events.lines[order[p]]
    rows = _room_for(room)
    met_of_order = np.zeros(len(order), dtype=np.int64)
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        work = _new_work(events.lines[k], shop.words[k])
        i = events.first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                apply_work(work, events, shop, i)
                i += 1
            for j in range(len(work.lines)):
                if work.lines[j, KNOWN] and work.lines[j, CLOSED_AS] != CANCELLED_LINE:
                    _write_row(rows, row, p, work, j)
                    row += 1
            met_of_order[p] = _met_of_order(work)
            p += 1
    return _first_rows(rows, row), met_of_order


@compiled
def _room_for(n: int) -> LineRows:
    return LineRows(
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64),
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64),
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64),
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64),
    )  # fmt: skip


@compiled
def _first_rows(rows: LineRows, n: int) -> LineRows:
    return LineRows(
        rows.point[:n], rows.item[:n], rows.open[:n], rows.ordered[:n], rows.issued[:n], rows.promise[:n],
        rows.finished[:n], rows.stage_since[:n], rows.begun[:n], rows.met[:n], rows.not_met[:n], rows.centre[:n],
        rows.mode[:n], rows.created[:n], rows.started[:n], rows.scrap[:n],
    )  # fmt: skip


@compiled
def _write_row(rows: LineRows, row: int, point: int, work: OrderWork, j: int) -> None:
    line = work.lines[j]
    released = line[RELEASED_AT] != NEVER or work.whole[0] != NEVER
    rows.point[row], rows.item[row], rows.open[row] = point, line[ITEM], is_open(work.lines, j, 0.0)
    rows.ordered[row], rows.issued[row], rows.promise[row] = line[ORDERED], line[SHIPPED_QUANTITY], line[PROMISE]
    rows.finished[row], rows.stage_since[row] = line[DONE], _stage_since(work, j)
    rows.begun[row] = released or line[CONFIRMED_ITSELF] != 0 or work.whole[1] != 0
    rows.met[row], rows.not_met[row] = _conditions_in(work, j, MET), _conditions_in(work, j, NOT_MET)
    rows.centre[row], rows.mode[row] = _place(work.lines, j)
    rows.created[row], rows.started[row], rows.scrap[row] = line[FIRST_CREATED], line[STARTED], line[SCRAP]


@compiled
def _place(state: Ints, line: int) -> tuple[int, int]:
    """(work centre, AT it or AFTER it); after -1 is a line that is released and not begun. NOWHERE is unknown."""
    if state[line, LAST_CENTRE] < 0:
        return -1, (AFTER if state[line, RELEASED_AT] != NEVER else NOWHERE)
    if state[line, CENTRE] < 0:
        return -1, NOWHERE
    return state[line, CENTRE], (AFTER if state[line, AFTER_IT] else AT)


class LineTransitions(NamedTuple):
    """What happened to lines that name an item. Shapes (n_rows,).

    ``recorded`` is microseconds, ``item`` a code. What ``a``, ``b`` and ``amount`` mean depends on ``what``:

    LEFT: a = finished operations, amount = microseconds since the line was created; STAGE, WORK and FAILURES, each once
    a stage of a line that left: a = stage, amount = microseconds from it until the line left, microseconds from it
    until its last operation was finished, inspections that failed with so many operations finished or more; MOVED: from
    work centre a (-1: none) to b; PLACED: an open line enters (amount 1) or leaves (-1) work centre a, b = AT or AFTER
    it; OPENED: a line is open (1) or no more (-1).
    """

    what: Ints
    recorded: Ints
    item: Ints
    a: Ints
    b: Ints
    amount: Ints


def line_transitions(history: History) -> LineTransitions:
    """What happened to lines: where they went, how long they took."""
    return LineTransitions(*fold_transitions(line_events(history), work_events(history)).T)


@compiled
def _append_row(
    rows: Ints, n: int, what: int, recorded: int, item: int, a: int, b: int, amount: int
) -> tuple[Ints, int]:
    """One more row, in a larger table if need be."""
    if n == len(rows):
        larger = np.empty((2 * n + 64, 6), dtype=np.int64)
        larger[:n] = rows
        rows = larger
    rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3], rows[n, 4], rows[n, 5] = what, recorded, item, a, b, amount
    return rows, n + 1


@compiled
def fold_transitions(events: LineEvents, shop: WorkEvents) -> Ints:
    """(n_rows, 6) the rows of ``LineTransitions``.

    One loop, longer than others: a row is written where a line's place, item or stage differs from the one before, and
    all of that is compared after each event.
    """
    rows, n = np.empty((1024, 6), dtype=np.int64), 0
    for k in range(len(events.first) - 1):
        count, words = events.lines[k], shop.words[k]
        work = _new_work(count, words)
        state = work.lines
        visited = np.full((count, words + 1), NEVER, dtype=np.int64)
        failed = np.zeros((count, words + 1), dtype=np.int64)
        left = np.zeros(count, dtype=np.bool_)
        centre_of, mode_of, item_of = np.full(count, -1), np.zeros(count, np.int64), np.full(count, -1)
        for i in range(events.first[k], events.first[k + 1]):
            at, now, centre = events.line[i], events.recorded[i], shop.centre[i]
            names = at >= 0 and events.type[i] == CONFIRMED and centre >= 0
            if names and state[at, ITEM] >= 0 and state[at, LAST_CENTRE] != centre:
                rows, n = _append_row(rows, n, MOVED, now, state[at, ITEM], state[at, LAST_CENTRE], centre, 1)
            apply_work(work, events, shop, i)
            if at >= 0 and events.type[i] == INSPECTED and state_of(shop.code[i]) == FAILED:
                failed[at, state[at, DONE]] += 1
            for j in range(count) if at < 0 else range(at, at + 1):
                if not state[j, KNOWN]:
                    continue
                full = is_in_full(state, j, 0.0)
                leaves = full and not left[j] and state[j, ORDERED] > 0 and state[j, CLOSED_AS] != CANCELLED_LINE
                if not leaves or visited[j, state[j, DONE]] != NEVER:
                    visited[j, state[j, DONE]] = _stage_since(work, j)
                open_ = state[j, CLOSED_AS] == NOT_CLOSED and not full
                centre_now, mode = _place(state, j) if open_ else (-1, NOWHERE)
                item_now = state[j, ITEM] if open_ else -1
                if item_now < 0 and mode == AFTER:
                    mode = NOWHERE
                if item_of[j] != item_now:
                    if item_of[j] >= 0:
                        rows, n = _append_row(rows, n, OPENED, now, item_of[j], -1, -1, -1)
                    if item_now >= 0:
                        rows, n = _append_row(rows, n, OPENED, now, item_now, -1, -1, 1)
                if mode_of[j] != mode or centre_of[j] != centre_now or item_of[j] != item_now:
                    if mode_of[j] != NOWHERE:
                        rows, n = _append_row(rows, n, PLACED, now, item_of[j], centre_of[j], mode_of[j], -1)
                    if mode != NOWHERE:
                        rows, n = _append_row(rows, n, PLACED, now, item_now, centre_now, mode, 1)
                centre_of[j], mode_of[j], item_of[j] = centre_now, mode, item_now
                left[j] |= leaves
                if leaves and state[j, ITEM] >= 0:
                    rows, n = _append_stages(rows, n, state[j], now, visited[j], failed[j])
    return rows[:n]


@compiled
def _append_stages(rows: Ints, n: int, line: Ints, now: int, visited: Ints, failed: Ints) -> tuple[Ints, int]:
    """What a line that leaves has needed, in all and from each stage on."""
    item, changed = line[ITEM], line[CHANGED_AT]
    rows, n = _append_row(rows, n, LEFT, now, item, line[DONE], -1, now - line[FIRST_CREATED])
    for stage in range(len(visited)):
        since = visited[stage]
        if since == NEVER:
            continue
        work = 0 if changed == NEVER else changed - since
        rows, n = _append_row(rows, n, STAGE, now, item, stage, -1, now - since)
        rows, n = _append_row(rows, n, WORK, now, item, stage, -1, max(work, 0))
        rows, n = _append_row(rows, n, FAILURES, now, item, stage, -1, failed[stage:].sum())
    return rows, n
