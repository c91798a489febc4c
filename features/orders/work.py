"""The compiled loops over the work on an order's lines: how far each line is, and what it went through.

One state machine, ``_step``, plays the events of an order; ``lines_at`` reads it at decision points, ``passages`` at
the moments at which a line leaves, moves to another work centre or changes its place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.arrays import Ints
from features.events.schema import READINESS_KINDS, TYPE_CODE, WORDS
from features.jit import compiled
from features.orders.line import CHANGED, CLOSED, CREATED, ISSUED, PROMISED, REASON_CANCELLED, issue, needed
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
"""What ``passages`` tells of."""

(
    KNOWN, ORDERED, PROMISE, ISSUED_SO_FAR, CLOSED_AS, ALL_AT, DONE, CHANGED_AT, RELEASED_AT, CREATED_AT, FIRST_CREATED,
    ITEM, CENTRE, LAST_CENTRE, AFTER_IT, CONFIRMED_ITSELF, STARTED, SCRAP,
) = range(18)  # fmt: skip
N_STATE = 18
"""What is kept of a line; moments are when it was recorded, NEVER where it was not.

STARTED is the quantity for which work was released, NEVER where none was stated; SCRAP what was lost since.
"""

LINE_ROWS = (
    "point", "item", "open", "ordered", "issued", "promise", "finished", "stage_since", "begun", "met", "not_met",
    "centre", "mode", "created", "started", "scrap",
)  # fmt: skip
"""The rows of ``lines_at``: one column a known line that is not cancelled."""


@compiled
def _fresh(lines: int) -> Ints:
    state = np.zeros((lines, N_STATE), dtype=np.int64)
    for column in (PROMISE, ALL_AT, CHANGED_AT, RELEASED_AT, CREATED_AT, FIRST_CREATED, STARTED):
        state[:, column] = NEVER
    for column in (ITEM, CENTRE, LAST_CENTRE):
        state[:, column] = -1
    return state


@compiled
def _confirm(state: Ints, finished: Ints, at: int, word: int, final: bool, recorded: int) -> None:
    """The latest state of an operation. What is said of the whole order holds for each line until it says otherwise."""
    now = FINISHED if final else UNFINISHED
    for j in range(len(state)):
        if at >= 0 and at != j:
            continue
        own = finished[j + 1, word]
        before = own if own != UNSTATED else finished[0, word]
        finished[j + 1, word] = now if at >= 0 else UNSTATED
        if (before == FINISHED) != final:
            state[j, DONE] += 1 if final else -1
            state[j, CHANGED_AT] = recorded
    if at < 0:
        finished[0, word] = now


@compiled
def _start(state: Ints, started: Ints, at: int, word: int, quantity: int) -> None:
    """A production order is released for a quantity; the latest that is given counts."""
    if quantity != NEVER:
        state[at, STARTED] = quantity - started[at, word] + (0 if state[at, STARTED] == NEVER else state[at, STARTED])
        started[at, word] = quantity


@compiled
def _step(
    state: Ints, finished: Ints, started: Ints, conditions: Ints, whole: Ints, kind: int, at: int, quantity: int,
    date: int, closing: int, saying: int, word: int, item: int, centre: int, recorded: int, occurred: int,
) -> None:  # fmt: skip
    """Play one event. ``whole`` holds what is said of the whole order: (released at, confirmed)."""
    if kind == CREATED:
        state[at, KNOWN], state[at, ORDERED], state[at, PROMISE] = 1, quantity, date
        state[at, CREATED_AT], state[at, ITEM] = recorded, item
        if state[at, FIRST_CREATED] == NEVER:
            state[at, FIRST_CREATED] = recorded
        if state[at, ALL_AT] != NEVER:
            state[at, ISSUED_SO_FAR] = max(state[at, ISSUED_SO_FAR], quantity)
    elif kind == ISSUED:
        if at >= 0 and quantity == NEVER and not state[at, KNOWN]:
            state[at, ALL_AT] = occurred
        issue(at, quantity, state[:, ORDERED], state[:, ISSUED_SO_FAR], state[:, KNOWN], state[:, CLOSED_AS])
    elif kind == CHANGED or kind == CLOSED or kind == PROMISED:
        for j in range(len(state)):
            if at < 0 or at == j:
                if kind == CHANGED:
                    state[j, ORDERED] = quantity
                elif kind == CLOSED:
                    state[j, CLOSED_AS] = closing
                else:
                    state[j, PROMISE] = date
    elif kind == RELEASED:
        if at >= 0:
            state[at, RELEASED_AT] = recorded
            _start(state, started, at, word, quantity)
        else:
            whole[0] = recorded
    elif kind == SCRAPPED:
        if at >= 0:
            state[at, SCRAP] += quantity
    elif kind == CONFIRMED:
        said = (saying >> 16) & 63
        if said == FINAL or said == PARTIAL:
            _confirm(state, finished, at, word, said == FINAL, recorded)
        if at >= 0:
            state[at, CONFIRMED_ITSELF], state[at, CENTRE], state[at, AFTER_IT] = 1, centre, said == FINAL
            if centre >= 0:
                state[at, LAST_CENTRE] = centre
        else:
            whole[1] = 1
    elif kind == STATED:
        place = CONDITION[(saying >> 8) & 63]
        if at < 0:
            conditions[1:, place] = 0
        conditions[at + 1, place] = MET if ((saying >> 16) & 63) == MET_WORD else NOT_MET


@compiled
def _stage_since(state: Ints, whole: Ints, line: int) -> int:
    """When the line entered its stage: see the page on the engine."""
    changed: int = state[line, CHANGED_AT]
    released: int = max(state[line, RELEASED_AT], whole[0])
    created: int = state[line, CREATED_AT]
    if changed != NEVER:
        return changed
    return released if released != NEVER else created


@compiled
def _bits(conditions: Ints, line: int, sought: int) -> int:
    """The conditions of a line in a state, as bits; what it does not say itself the whole order says."""
    found = 0
    for place in range(N_CONDITIONS):
        own = conditions[line + 1, place]
        if (own if own != 0 else conditions[0, place]) == sought:
            found |= 1 << place
    return found


@compiled
def lines_at(
    first: Ints, line: Ints, type_: Ints, quantity: Ints, date: Ints, _value: Ints, closing: Ints, lines: Ints,
    saying: Ints, word: Ints, words: Ints, item: Ints, centre: Ints, recorded: Ints, occurred: Ints,
    order: Ints, stop: Ints,
) -> tuple[NDArray[np.int64], Ints]:  # fmt: skip
    """The lines at each point (sorted by order and position), in the order of their ids.

    Returns (16, n_lines) the rows named in ``LINE_ROWS``; (n_points,) the conditions met for the order, as bits: no
    line says otherwise, and the whole order or every open line says so.
    """
    room = 0
    for p in range(len(order)):
        room += lines[order[p]]
    out = np.empty((16, room), dtype=np.int64)
    met_of_order = np.zeros(len(order), dtype=np.int64)
    row, p = 0, 0
    while p < len(order):
        k = order[p]
        state, whole = _fresh(lines[k]), np.array([NEVER, 0])
        finished = np.zeros((lines[k] + 1, words[k]), dtype=np.int8)
        started = np.zeros((lines[k], words[k]), dtype=np.int64)
        conditions = np.zeros((lines[k] + 1, N_CONDITIONS), dtype=np.int64)
        i = first[k]
        while p < len(order) and order[p] == k:
            while i < stop[p]:
                _step(state, finished, started, conditions, whole, type_[i], line[i], quantity[i], date[i], closing[i],
                      saying[i], word[i], item[i], centre[i], recorded[i], occurred[i])  # fmt: skip
                i += 1
            refused, by_all, by_every, any_open = 0, 0, (1 << N_CONDITIONS) - 1, False
            for place in range(N_CONDITIONS):
                by_all |= (conditions[0, place] == MET) << place
                for j in range(lines[k] + 1):
                    refused |= (conditions[j, place] == NOT_MET) << place
            for j in range(lines[k]):
                if not state[j, KNOWN] or state[j, CLOSED_AS] == REASON_CANCELLED:
                    continue
                open_ = state[j, CLOSED_AS] == 0 and state[j, ISSUED_SO_FAR] < needed(state[j, ORDERED], 0.0)
                if open_:
                    any_open = True
                    own = 0
                    for place in range(N_CONDITIONS):
                        own |= (conditions[j + 1, place] == MET) << place
                    by_every &= own
                begun = state[j, RELEASED_AT] != NEVER or whole[0] != NEVER or state[j, CONFIRMED_ITSELF] or whole[1]
                out[0, row], out[1, row], out[2, row] = p, state[j, ITEM], open_
                out[3, row], out[4, row], out[5, row] = state[j, ORDERED], state[j, ISSUED_SO_FAR], state[j, PROMISE]
                out[6, row], out[7, row], out[8, row] = state[j, DONE], _stage_since(state, whole, j), begun
                out[9, row], out[10, row] = _bits(conditions, j, MET), _bits(conditions, j, NOT_MET)
                out[11, row], out[12, row] = _place(state, j)
                out[13, row] = state[j, FIRST_CREATED]
                out[14, row], out[15, row] = state[j, STARTED], state[j, SCRAP]
                row += 1
            met_of_order[p] = (by_all | (by_every if any_open else 0)) & ~refused
            p += 1
    return out[:, :row], met_of_order


@compiled
def _place(state: Ints, line: int) -> tuple[int, int]:
    """(work centre, AT it or AFTER it); after -1 is a line that is released and not begun. NOWHERE is unknown."""
    if state[line, LAST_CENTRE] < 0:
        return -1, (AFTER if state[line, RELEASED_AT] != NEVER else NOWHERE)
    if state[line, CENTRE] < 0:
        return -1, NOWHERE
    return state[line, CENTRE], (AFTER if state[line, AFTER_IT] else AT)


@compiled
def _told(rows: Ints, n: int, what: int, recorded: int, item: int, a: int, b: int, amount: int) -> tuple[Ints, int]:
    """One more row, in a larger table if need be."""
    if n == len(rows):
        larger = np.empty((2 * n + 64, 6), dtype=np.int64)
        larger[:n] = rows
        rows = larger
    rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3], rows[n, 4], rows[n, 5] = what, recorded, item, a, b, amount
    return rows, n + 1


@compiled
def passages(
    first: Ints, line: Ints, type_: Ints, quantity: Ints, date: Ints, _value: Ints, closing: Ints, lines: Ints,
    saying: Ints, word: Ints, words: Ints, item: Ints, centre: Ints, recorded: Ints, occurred: Ints,
) -> NDArray[np.int64]:  # fmt: skip
    """What happened to lines that name an item: (n, 6) rows of what, when it was recorded, item, a, b, amount.

    LEFT: a = finished operations, amount = microseconds since the line was created; STAGE, WORK and FAILURES, each once
    a stage of a line that left: a = stage, amount = microseconds from it until the line left, microseconds from it
    until its last operation was finished, inspections that failed with so many operations finished or more; MOVED: from
    work centre a (-1: none) to b; PLACED: an open line enters (amount 1) or leaves (-1) work centre a, b = AT or AFTER
    it; OPENED: a line is open (1) or no more (-1).
    """
    rows, n = np.empty((1024, 6), dtype=np.int64), 0
    for k in range(len(first) - 1):
        count = lines[k]
        state, whole = _fresh(count), np.array([NEVER, 0])
        finished = np.zeros((count + 1, words[k]), dtype=np.int8)
        started = np.zeros((count, words[k]), dtype=np.int64)
        conditions = np.zeros((count + 1, N_CONDITIONS), dtype=np.int64)
        visited = np.full((count, words[k] + 1), NEVER, dtype=np.int64)
        failed = np.zeros((count, words[k] + 1), dtype=np.int64)
        left = np.zeros(count, dtype=np.bool_)
        centre_of, mode_of, item_of = np.full(count, -1), np.zeros(count, np.int64), np.full(count, -1)
        for i in range(first[k], first[k + 1]):
            at, now = line[i], recorded[i]
            names = at >= 0 and type_[i] == CONFIRMED and centre[i] >= 0
            if names and state[at, ITEM] >= 0 and state[at, LAST_CENTRE] != centre[i]:
                rows, n = _told(rows, n, MOVED, now, state[at, ITEM], state[at, LAST_CENTRE], centre[i], 1)
            _step(state, finished, started, conditions, whole, type_[i], at, quantity[i], date[i], closing[i],
                  saying[i], word[i], item[i], centre[i], now, occurred[i])  # fmt: skip
            if at >= 0 and type_[i] == INSPECTED and ((saying[i] >> 16) & 63) == FAILED:
                failed[at, state[at, DONE]] += 1
            for j in range(count) if at < 0 else range(at, at + 1):
                if not state[j, KNOWN]:
                    continue
                full = state[j, ISSUED_SO_FAR] >= needed(state[j, ORDERED], 0.0)
                leaves = full and not left[j] and state[j, ORDERED] > 0 and state[j, CLOSED_AS] != REASON_CANCELLED
                if not leaves or visited[j, state[j, DONE]] != NEVER:
                    visited[j, state[j, DONE]] = _stage_since(state, whole, j)
                open_ = state[j, CLOSED_AS] == 0 and not full
                centre_now, mode = _place(state, j) if open_ else (-1, NOWHERE)
                item_now = state[j, ITEM] if open_ else -1
                if item_now < 0 and mode == AFTER:
                    mode = NOWHERE
                if item_of[j] != item_now:
                    if item_of[j] >= 0:
                        rows, n = _told(rows, n, OPENED, now, item_of[j], -1, -1, -1)
                    if item_now >= 0:
                        rows, n = _told(rows, n, OPENED, now, item_now, -1, -1, 1)
                if mode_of[j] != mode or centre_of[j] != centre_now or item_of[j] != item_now:
                    if mode_of[j] != NOWHERE:
                        rows, n = _told(rows, n, PLACED, now, item_of[j], centre_of[j], mode_of[j], -1)
                    if mode != NOWHERE:
                        rows, n = _told(rows, n, PLACED, now, item_now, centre_now, mode, 1)
                centre_of[j], mode_of[j], item_of[j] = centre_now, mode, item_now
                left[j] |= leaves
                if not leaves or state[j, ITEM] < 0:
                    continue
                lead = now - state[j, FIRST_CREATED]
                rows, n = _told(rows, n, LEFT, now, state[j, ITEM], state[j, DONE], -1, lead)
                for stage in range(words[k] + 1):
                    if visited[j, stage] != NEVER:
                        work = 0 if state[j, CHANGED_AT] == NEVER else state[j, CHANGED_AT] - visited[j, stage]
                        rows, n = _told(rows, n, STAGE, now, state[j, ITEM], stage, -1, now - visited[j, stage])
                        rows, n = _told(rows, n, WORK, now, state[j, ITEM], stage, -1, max(work, 0))
                        rows, n = _told(rows, n, FAILURES, now, state[j, ITEM], stage, -1, failed[j, stage:].sum())
    return rows[:n]
