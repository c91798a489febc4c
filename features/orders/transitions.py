"""What happened to lines: when they left, moved to another work centre, changed their place, and what that took."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.selection import state_of
from features.history import History
from features.jit import compiled, compiled_inline
from features.orders.issues import new_ledger, with_room
from features.orders.line_state import (
    CLOSED_AS,
    ISSUED,
    KNOWN,
    NOT_CLOSED,
    ORDERED,
    LineEvent,
    candidates,
    is_cancelled,
    is_in_full,
    line_events,
    speaks_of,
)
from features.orders.work import (
    AFTER,
    CHANGED_AT,
    CONFIRMED,
    DONE,
    FAILED_WORD,
    FIRST_CREATED,
    INSPECTED,
    ITEM,
    LAST_CENTRE,
    NOWHERE,
    PLACED_AT,
    WorkEvent,
    apply_work,
    new_work,
    place_of,
    stage_of,
    stage_since,
    tells_of_work,
    work_events,
)
from features.times import NEVER

LEFT, STAGE, MOVED, PLACED, OPENED, WORK, FAILURES = 0, 1, 2, 3, 4, 5, 6
"""What a line transition is about."""


class LineTransitions(NamedTuple):
    """What happened to lines that name an item. Shapes (n_rows,).

    ``recorded`` is microseconds, ``item`` a code. What ``a``, ``b`` and ``amount`` mean depends on ``what``:

    LEFT: a = finished operations, amount = microseconds since the line was created; STAGE, WORK and FAILURES, each once
    a stage of a line that left (see ``features.orders.work.stage_of``): a = stage, amount = microseconds from it until
    the line left, microseconds from it until its last operation was finished, inspections that failed in it or later;
    MOVED: from
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
    return LineTransitions(*fold_transitions(*line_events(history), *work_events(history)).T)


@compiled
def _with_rows(rows: Ints, n: int, more: int) -> Ints:
    """The table of which ``n`` rows are written, or a larger copy of it where so many more do not fit in."""
    if n + more <= len(rows):
        return rows
    larger = np.empty((2 * (n + more), 6), dtype=np.int64)
    larger[:n] = rows[:n]
    return larger


@compiled_inline
def _write(rows: Ints, n: int, what: int, recorded: int, item: int, a: int, b: int, amount: int) -> None:
    rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3], rows[n, 4], rows[n, 5] = what, recorded, item, a, b, amount


@compiled
def _append_row(
    rows: Ints, n: int, what: int, recorded: int, item: int, a: int, b: int, amount: int
) -> tuple[Ints, int]:
    """One more row, in a larger table if need be."""
    rows = _with_rows(rows, n, 1)
    _write(rows, n, what, recorded, item, a, b, amount)
    return rows, n + 1


@compiled
def fold_transitions(*columns: Any) -> Ints:
    """(n_rows, 6) the rows of ``LineTransitions``.

    Long because all of a line is compared after each event: a row is written where its place, item or stage differs
    from the one before.
    """
    first, lines, line, kind, quantity, date, value, rule, occurred, recorded = columns[:10]
    reference, first_line, line_of = columns[10:13]
    code, word, n_words, item, centre = columns[13:]
    rows, n = np.empty((1024, 6), dtype=np.int64), 0
    for k in range(len(first) - 1):
        count, words = lines[k], n_words[k]
        work, ledger = new_work(line_of[first_line[k] : first_line[k + 1]], words), new_ledger()
        state = work.lines
        visited = np.full((count, words + 2), NEVER, dtype=np.int64)
        failed = np.zeros((count, words + 2), dtype=np.int64)
        left = np.zeros(count, dtype=np.bool_)
        centre_of, mode_of, item_of = np.full(count, -1), np.zeros(count, np.int64), np.full(count, -1)
        for i in range(first[k], first[k + 1]):
            if not tells_of_work(kind[i]) and kind[i] != INSPECTED:
                continue
            at, now = line[i], recorded[i]
            names = at >= 0 and kind[i] == CONFIRMED and centre[i] >= 0
            begin, end = candidates(state, at) if names else (0, 0)
            for j in range(begin, end):
                last = state[j, LAST_CENTRE]
                overtaken = min(occurred[i], now) < state[j, PLACED_AT]
                if speaks_of(state, at, j) and not overtaken and state[j, ITEM] >= 0 and last != centre[i]:
                    rows, n = _append_row(rows, n, MOVED, now, state[j, ITEM], last, centre[i], 1)
            event = LineEvent(
                i, at, kind[i], quantity[i], date[i], value[i], rule[i], occurred[i], now, reference[i]
            )  # fmt: skip
            ledger = with_room(ledger, kind[i], count)
            apply_work(work, ledger, event, WorkEvent(code[i], word[i], item[i], centre[i]))
            if at >= 0 and kind[i] == INSPECTED and state_of(code[i]) == FAILED_WORD:
                begin, end = candidates(state, at)
                for j in range(begin, end):
                    if speaks_of(state, at, j):
                        failed[j, stage_of(state, work.whole, j)] += 1
            begin, end = candidates(state, at if kind[i] != ISSUED else -1)
            for j in range(begin, end):
                if not state[j, KNOWN] or not (kind[i] == ISSUED or speaks_of(state, at, j)):
                    continue
                full = is_in_full(state, j)
                leaves = full and not left[j] and state[j, ORDERED] > 0 and not is_cancelled(state, j)
                stage = stage_of(state, work.whole, j)
                if not leaves or visited[j, stage] != NEVER:
                    visited[j, stage] = stage_since(state, work.whole, j)
                open_ = not full and state[j, CLOSED_AS] == NOT_CLOSED
                centre_now, mode = place_of(state, j) if open_ else (-1, NOWHERE)
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
    item, changed, failures = line[ITEM], line[CHANGED_AT], 0
    rows = _with_rows(rows, n, 1 + 3 * len(visited))
    _write(rows, n, LEFT, now, item, line[DONE], -1, now - line[FIRST_CREATED])
    n += 1
    for stage in range(len(visited) - 1, -1, -1):
        since = visited[stage]
        failures += failed[stage]
        if since == NEVER:
            continue
        work = 0 if changed == NEVER else max(changed - since, 0)
        _write(rows, n, STAGE, now, item, stage, -1, now - since)
        _write(rows, n + 1, WORK, now, item, stage, -1, work)
        _write(rows, n + 2, FAILURES, now, item, stage, -1, failures)
        n += 3
    return rows, n
