"""The work on an order's lines: how far each line is, and what it went through.

One state machine, ``apply_work``, adds the work to what ``features.orders.line.apply`` says of the lines. ``lines_at``
reads it at decision points, ``features.orders.transitions`` at the moments at which a line leaves or changes its place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.events.schema import READINESS_KINDS, TYPE_CODE, WORDS
from features.events.selection import kind_of, state_of
from features.history import History
from features.jit import compiled, compiled_inline
from features.orders.issues import new_ledger, with_room
from features.orders.line import apply
from features.orders.line_state import (
    CREATED,
    KNOWN,
    N_LINE,
    ORDERED,
    PROMISE,
    SHIPPED_QUANTITY,
    LineEvent,
    LineEvents,
    candidates,
    changes_lines,
    is_cancelled,
    is_open,
    new_lines,
    speaks_of,
)
from features.times import NEVER

RELEASED = TYPE_CODE["production.released"]
SCRAPPED = TYPE_CODE["operation.scrapped"]
INSPECTED = TYPE_CODE["inspection.recorded"]
CONFIRMED = TYPE_CODE["operation.confirmed"]
STATED = TYPE_CODE["readiness.stated"]
FINAL_WORD, MET_WORD, PARTIAL_WORD, FAILED_WORD = WORDS["final"], WORDS["met"], WORDS["partial"], WORDS["failed"]
CONDITION = np.full(64, -1, dtype=np.int64)
for _bit, _kind in enumerate(READINESS_KINDS):
    CONDITION[WORDS[_kind]] = _bit
"""The place of each shipping condition, by the code of its word."""
N_CONDITIONS = len(READINESS_KINDS)
NOT_MET, MET = 1, 2
UNSTATED, UNFINISHED, FINISHED = 0, 1, 2
NOWHERE, AT, AFTER = 0, 1, 2

(
    DONE, CHANGED_AT, RELEASED_AT, CREATED_AT, FIRST_CREATED, ITEM, CENTRE, LAST_CENTRE, AFTER_IT, CONFIRMED_ITSELF,
    STARTED, SCRAP, PLACED_AT,
) = range(N_LINE, N_LINE + 13)  # fmt: skip
N_WORK = N_LINE + 13
"""What is noted of the work on a line, after the columns of its state; moments are when it was recorded, NEVER where it
was not.

STARTED is the quantity for which work was released, NEVER where none was stated; SCRAP what was lost since; PLACED_AT
when the confirmation happened that says where the line is.
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


N_FIELDS = len(LineRows._fields)


class OrderWork(NamedTuple):
    """The work on an order as it stands.

    Attributes
    ----------
    lines : (n_lines, N_WORK)
    finished : (n_lines + 1, n_words) state of each operation, in the first row as said of the whole order
    finished_at, conditions_at : when the statements happened that say so, microseconds
    started : (n_lines, n_words) quantity for which each production order was released
    conditions : (n_lines + 1, N_CONDITIONS) state of each condition, in the first row as said of the whole order
    whole : (2,) what is said of the whole order: released at, whether confirmed
    """

    lines: Ints
    finished: NDArray[np.int8]
    finished_at: Ints
    started: Ints
    conditions: Ints
    conditions_at: Ints
    whole: Ints


@compiled
def new_work(line_of: Ints, words: int) -> OrderWork:
    """The work on lines of which nothing is known.

    ``line_of`` (n_lines,) is the line of which each is an instalment, ``words`` is how many operations and production
    orders there are.
    """
    lines = len(line_of)
    state = new_lines(line_of, N_WORK)
    for column in (CHANGED_AT, RELEASED_AT, CREATED_AT, FIRST_CREATED, STARTED, PLACED_AT):
        state[:, column] = NEVER
    for column in (ITEM, CENTRE, LAST_CENTRE):
        state[:, column] = -1
    return OrderWork(
        state,
        np.zeros((lines + 1, words), dtype=np.int8),
        np.full((lines + 1, words), NEVER),
        np.zeros((lines, words), dtype=np.int64),
        np.zeros((lines + 1, N_CONDITIONS), dtype=np.int64),
        np.full((lines + 1, N_CONDITIONS), NEVER),
        np.array([NEVER, 0]),
    )


@compiled
def _confirm(work: OrderWork, at: int, word: int, final: bool, recorded: int, moment: int) -> None:
    """The latest state of an operation. What is said of the whole order holds for each line until it says otherwise."""
    lines, finished, since = work.lines, work.finished, work.finished_at
    now = FINISHED if final else UNFINISHED
    begin, end = candidates(lines, at)
    for j in range(begin, end):
        if not speaks_of(lines, at, j) or moment < since[j + 1, word]:
            continue
        since[j + 1, word] = moment
        own = finished[j + 1, word]
        before = own if own != UNSTATED else finished[0, word]
        finished[j + 1, word] = now if at >= 0 else UNSTATED
        if (before == FINISHED) != final:
            lines[j, DONE] += 1 if final else -1
            lines[j, CHANGED_AT] = recorded
    if at < 0 and moment >= since[0, word]:
        finished[0, word], since[0, word] = now, moment


@compiled
def _state(work: OrderWork, at: int, place: int, met: bool, moment: int) -> None:
    """The latest state of a shipping condition. What is said of the whole order takes the place of what lines say."""
    conditions, since = work.conditions, work.conditions_at
    state = MET if met else NOT_MET
    begin, end = candidates(work.lines, at)
    for j in range(begin, end):
        if speaks_of(work.lines, at, j) and moment >= since[j + 1, place]:
            conditions[j + 1, place], since[j + 1, place] = state if at >= 0 else 0, moment
    if at < 0 and moment >= since[0, place]:
        conditions[0, place], since[0, place] = state, moment


@compiled
def _release(work: OrderWork, at: int, word: int, quantity: int, recorded: int) -> None:
    """A production order is released for a quantity; the latest that is given counts."""
    if at < 0:
        work.whole[0] = recorded
        return
    begin, end = candidates(work.lines, at)
    for j in range(begin, end):
        if not speaks_of(work.lines, at, j):
            continue
        work.lines[j, RELEASED_AT] = recorded
        if quantity != NEVER:
            before = 0 if work.lines[j, STARTED] == NEVER else work.lines[j, STARTED]
            work.lines[j, STARTED] = before + quantity - work.started[j, word]
            work.started[j, word] = quantity


class WorkEvent(NamedTuple):
    """One event as the work sees it. See ``WorkEvents``."""

    code: int
    word: int
    item: int
    centre: int


@compiled_inline
def tells_of_work(kind: int) -> bool:
    """Whether events of a type change how lines stand or the work on them."""
    return kind == CONFIRMED or kind == STATED or kind == SCRAPPED or kind == RELEASED or changes_lines(kind)


@compiled_inline
def apply_work(work: OrderWork, ledger: Ints, event: LineEvent, shop: WorkEvent) -> None:
    """What one event does to the lines of its order and to the work on them, changed in place."""
    kind, at, recorded, lines = event.type, event.line, event.recorded, work.lines
    moment = min(event.occurred, recorded)
    if changes_lines(kind):
        apply(lines, ledger, event)
    begin, end = candidates(lines, at) if at >= 0 else (0, 0)
    if kind == CREATED:
        lines[at, CREATED_AT], lines[at, ITEM] = recorded, shop.item
        if lines[at, FIRST_CREATED] == NEVER:
            lines[at, FIRST_CREATED] = recorded
    elif kind == RELEASED:
        _release(work, at, shop.word, event.quantity, recorded)
    elif kind == SCRAPPED:
        for j in range(begin, end):
            if speaks_of(lines, at, j):
                lines[j, SCRAP] += event.quantity
    elif kind == CONFIRMED:
        state = state_of(shop.code)
        if state == FINAL_WORD or state == PARTIAL_WORD:
            _confirm(work, at, shop.word, state == FINAL_WORD, recorded, moment)
        for j in range(begin, end):
            if not speaks_of(lines, at, j):
                continue
            lines[j, CONFIRMED_ITSELF] = 1
            if moment < lines[j, PLACED_AT]:
                continue
            lines[j, CENTRE], lines[j, AFTER_IT], lines[j, PLACED_AT] = shop.centre, state == FINAL_WORD, moment
            if shop.centre >= 0:
                lines[j, LAST_CENTRE] = shop.centre
        if at < 0:
            work.whole[1] = 1
    elif kind == STATED:
        _state(work, at, CONDITION[kind_of(shop.code)], state_of(shop.code) == MET_WORD, moment)


@compiled_inline
def is_begun(lines: Ints, whole: Ints, line: int) -> bool:
    """Whether work on a line, or on the whole order, is released or confirmed."""
    begun: bool = (
        lines[line, RELEASED_AT] != NEVER or whole[0] != NEVER or lines[line, CONFIRMED_ITSELF] != 0 or whole[1] != 0
    )
    return begun


@compiled_inline
def stage_of(lines: Ints, whole: Ints, line: int) -> int:
    """The stage of a line: 0 before its work begins, then one more than the operations finished."""
    return lines[line, DONE] + 1 if is_begun(lines, whole, line) else 0


@compiled_inline
def stage_since(lines: Ints, whole: Ints, line: int) -> int:
    """When the line entered its stage: see the page on the engine."""
    changed: int = lines[line, CHANGED_AT]
    released: int = max(lines[line, RELEASED_AT], whole[0])
    created: int = lines[line, CREATED_AT]
    if changed != NEVER:
        return changed
    return released if released != NEVER else created


@compiled_inline
def _conditions_in(conditions: Ints, line: int, state: int) -> int:
    """The conditions of a line in a state, as bits; what it does not say itself the whole order says."""
    bits = 0
    for place in range(N_CONDITIONS):
        own = conditions[line + 1, place]
        if (own if own != 0 else conditions[0, place]) == state:
            bits |= 1 << place
    return bits


@compiled_inline
def _own_conditions_in(conditions: Ints, row: int, state: int) -> int:
    """The conditions that a row of ``conditions`` says are in a state itself, as bits."""
    bits = 0
    for place in range(N_CONDITIONS):
        bits |= (conditions[row, place] == state) << place
    return bits


@compiled_inline
def _met_of_order(lines: Ints, conditions: Ints) -> int:
    """The conditions met for the order, as bits: no line denies, and the whole order or every open line says so."""
    refused, by_every, any_open = 0, (1 << N_CONDITIONS) - 1, False
    for row in range(len(lines) + 1):
        refused |= _own_conditions_in(conditions, row, NOT_MET)
    for j in range(len(lines)):
        if lines[j, KNOWN] and is_open(lines, j):
            any_open = True
            by_every &= _own_conditions_in(conditions, j + 1, MET)
    return (_own_conditions_in(conditions, 0, MET) | (by_every if any_open else 0)) & ~refused


def lines_at(events: LineEvents, shop: WorkEvents, order: Ints, stop: Ints) -> tuple[LineRows, Ints]:
    """The lines at each point (sorted by order and position), in the order of their ids.

    Returns the rows, and (n_points,) the conditions met for the order, as bits.
    """
    rows, met_of_order = fold_lines(order, stop, *events, *shop)
    return LineRows(*rows), met_of_order


@compiled
def fold_lines(order: Ints, stop: Ints, *columns: Any) -> tuple[Ints, Ints]:
    """(n_fields, n_rows) the fields of ``LineRows``, and (n_points,) the conditions met for the order, as bits.

    ``columns`` are the fields of ``LineEvents`` and of ``WorkEvents`` one by one: a loop counts references to arrays of
    a tuple at every use, and the type of a tuple is told slowly.
    """
    first, n_lines, line, kind, quantity, date, value, rule, occurred, recorded = columns[:10]
    reference, first_line, line_of = columns[10:13]
    code, word, words, item, centre = columns[13:]
    room = 0
    for p in range(len(order)):
        room += n_lines[order[p]]
    out = np.empty((N_FIELDS, room), dtype=np.int64)
    met_of_order = np.zeros(len(order), dtype=np.int64)
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        work, ledger = new_work(line_of[first_line[k] : first_line[k + 1]], words[k]), new_ledger()
        lines, conditions, whole = work.lines, work.conditions, work.whole
        i = first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                if tells_of_work(kind[i]):
                    event = LineEvent(
                        i, line[i], kind[i], quantity[i], date[i], value[i], rule[i], occurred[i], recorded[i],
                        reference[i],
                    )  # fmt: skip
                    ledger = with_room(ledger, kind[i], len(lines))
                    apply_work(work, ledger, event, WorkEvent(code[i], word[i], item[i], centre[i]))
                i += 1
            for j in range(len(lines)):
                if lines[j, KNOWN] and not is_cancelled(lines, j):
                    _write_row(out, row, p, lines, conditions, whole, j)
                    row += 1
            met_of_order[p] = _met_of_order(lines, conditions)
            p += 1
    return out[:, :row], met_of_order


@compiled_inline
def _write_row(out: Ints, row: int, point: int, lines: Ints, conditions: Ints, whole: Ints, j: int) -> None:
    """Write the fields of ``LineRows``, in their order."""
    out[0, row], out[1, row], out[2, row] = point, lines[j, ITEM], is_open(lines, j)
    out[3, row], out[4, row], out[5, row] = lines[j, ORDERED], lines[j, SHIPPED_QUANTITY], lines[j, PROMISE]
    out[6, row], out[7, row], out[8, row] = lines[j, DONE], stage_since(lines, whole, j), is_begun(lines, whole, j)
    out[9, row], out[10, row] = _conditions_in(conditions, j, MET), _conditions_in(conditions, j, NOT_MET)
    out[11, row], out[12, row] = place_of(lines, j)
    out[13, row], out[14, row], out[15, row] = lines[j, FIRST_CREATED], lines[j, STARTED], lines[j, SCRAP]


@compiled_inline
def place_of(state: Ints, line: int) -> tuple[int, int]:
    """(work centre, AT it or AFTER it); after -1 is a line that is released and not begun. NOWHERE is unknown."""
    if state[line, LAST_CENTRE] < 0:
        return -1, (AFTER if state[line, RELEASED_AT] != NEVER else NOWHERE)
    if state[line, CENTRE] < 0:
        return -1, NOWHERE
    return state[line, CENTRE], (AFTER if state[line, AFTER_IT] else AT)
