"""What counts of the lines of an order by its promises: the quantity in force, what left in time, who is excused."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.schema import MICRO
from features.jit import compiled
from features.orders.issues import LEFT_AT, NOT_REVERSED, SLOT
from features.orders.line_state import (
    CANCELLED_LINE,
    CHANGED,
    CLOSED,
    CLOSED_AS,
    COMPLETE,
    CREATED,
    KNOWN,
    NOT_CLOSED,
    ORDERED,
    PROMISE,
    PROMISED_BY,
    REOPENED,
    ROUNDING,
    SHIPPED_QUANTITY,
    UNDER,
    LineEvent,
    is_enough,
    speaks_of,
)
from features.orders.rules import code_of, excuses
from features.times import NEVER

IN_FORCE, IN_FORCE_AT, WITHDRAWN, WITHDRAWN_AT, FULL_AT, EXCUSED = range(6)
N_TALLY = 6
"""The columns of what counts of a line by its promise: the quantity in force and whether the line was cancelled, each
with the moment of the statement that says so, since when it is in full, and whether it is excused if it is not."""
ALONE, UNPROMISED_LINE, IN_FULL, NOT_IN_FULL = range(4)
"""What counts of a line: nothing, that it has no promise, that it is in full, or that it is not."""


@compiled
def new_tally(count: int) -> Ints:
    """(n_lines, N_TALLY) of lines of which nothing is stated yet."""
    tally = np.zeros((count, N_TALLY), dtype=np.int64)
    for column in (IN_FORCE_AT, WITHDRAWN_AT, FULL_AT):
        tally[:, column] = NEVER
    return tally


@compiled
def count_statement(tally: Ints, lines: Ints, promised: Ints, event: LineEvent, known: bool) -> None:
    """What one event says of the quantity in force at the promises, of lines that are cancelled by then, or excused.

    ``known`` is whether it was known when the promises were read.
    """
    kind, moment = event.type, min(event.occurred, event.recorded)
    for j in range(len(lines)) if excuses(event.rule) else range(0):
        if speaks_of(lines, event.line, j):
            tally[j, EXCUSED] = 1
    if not (kind == CREATED or kind == CHANGED or kind == CLOSED or kind == REOPENED):
        return
    for j in range(len(lines)):
        promise = promised[j, PROMISE]
        if not speaks_of(lines, event.line, j) or (not known and promise != NEVER and event.occurred > promise):
            continue
        if kind == CREATED or kind == CHANGED:
            if moment >= tally[j, IN_FORCE_AT]:
                own = kind == CREATED or event.line < 0 or event.line == j
                tally[j, IN_FORCE] = event.quantity if own else lines[j, ORDERED]
                tally[j, IN_FORCE_AT] = moment
            if kind == CREATED and lines[j, CLOSED_AS] == NOT_CLOSED:
                tally[j, WITHDRAWN] = 0
        elif moment >= tally[j, WITHDRAWN_AT]:
            tally[j, WITHDRAWN] = kind == CLOSED and code_of(event.rule) == CANCELLED_LINE
            tally[j, WITHDRAWN_AT] = moment


@compiled
def in_time(ledger: Ints, promised: Ints, begins: Ints) -> Ints:
    """(n_lines, 2) what left of each line up to its promise, and when the last of it did; NEVER where nothing did.

    What left before the first of the moments at which delivery counts, by the statement of the promise, is not in time.
    """
    out = np.zeros((len(promised), 2), dtype=np.int64)
    out[:, 1] = NEVER
    for row in range(1, ledger[0, 0] + 1):
        line, left = ledger[row, SLOT], ledger[row, LEFT_AT]
        if line < 0 or ledger[row, NOT_REVERSED] <= 0 or left > promised[line, PROMISE]:
            continue
        if len(begins) and left < begins[promised[line, PROMISED_BY]]:
            continue
        out[line, 0] += ledger[row, NOT_REVERSED]
        out[line, 1] = max(out[line, 1], left)
    return out


@compiled
def judge_line(tally: Ints, lines: Ints, promised: Ints, shipped: int, j: int, over: int) -> int:
    """What counts of line ``j``, of which so much shipped in time: ALONE, UNPROMISED_LINE, IN_FULL or NOT_IN_FULL."""
    if not promised[j, KNOWN] or tally[j, WITHDRAWN]:
        return ALONE
    wanted = tally[j, IN_FORCE]
    most = wanted + int(np.rint(wanted * (over / MICRO))) + wanted // ROUNDING
    if lines[j, CLOSED_AS] == COMPLETE:
        wanted = min(wanted, lines[j, SHIPPED_QUANTITY])
    if wanted <= 0 and shipped <= 0:
        return ALONE
    if promised[j, PROMISE] == NEVER:
        return UNPROMISED_LINE
    enough = is_enough(shipped, wanted, promised[j, UNDER]) and (over < 0 or shipped <= most)
    return IN_FULL if enough else NOT_IN_FULL
