"""What left the dock, issue by issue: a ledger of an order, what an issue adds to it and a reversal takes from it."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.jit import compiled, compiled_inline
from features.orders.line_state import (
    ALL_LEFT_AT,
    CANCELLED_LINE,
    CLOSED_AS,
    CREATED,
    ISSUED,
    KNOWN,
    LAST_PROMISED,
    LINE_OF,
    NOT_CLOSED,
    ORDERED,
    SHIPPED_QUANTITY,
    LineEvent,
    speaks_of,
)
from features.times import DAY, NEVER

EVERYTHING = 10**18
"""Stands for all that is left of an order of which no line is known yet."""
LATE_BOOKING = 2 * DAY
"""A reversal without a reference corrects what left up to so long before it; later, goods came back."""
SLOT, REFERENCE, LEFT_AT, NOT_REVERSED, RECORDED_AT = range(5)
N_ISSUE = 5
"""The columns of a ledger of issues: the line (-1: not known yet), the reference, when it left, how much of it is not
reversed, and when it was recorded. Row 0 holds how many rows are written."""


@compiled
def new_ledger() -> Ints:
    """(room, N_ISSUE) a ledger with nothing in it."""
    return np.zeros((1, N_ISSUE), dtype=np.int64)


@compiled_inline
def with_room(ledger: Ints, kind: int, lines: int) -> Ints:
    """The ledger, or a larger copy of it where an event of a type, of an order with so many lines, might not fit in."""
    if kind != ISSUED and kind != CREATED:
        return ledger
    return _grown(ledger, 2 * ledger[0, 0] + lines + 3)


@compiled
def _grown(ledger: Ints, least: int) -> Ints:
    if len(ledger) >= least:
        return ledger
    larger = np.zeros((2 * least, N_ISSUE), dtype=np.int64)
    larger[: len(ledger)] = ledger
    return larger


@compiled
def _book(state: Ints, ledger: Ints, line: int, reference: int, moments: tuple[int, int], quantity: int) -> None:
    """Goods left; a line of -1 is not known yet. ``moments`` are when they left and when that was recorded."""
    if quantity == 0:
        return
    ledger[0, 0] += 1
    row = ledger[0, 0]
    ledger[row, SLOT], ledger[row, REFERENCE] = line, reference
    ledger[row, LEFT_AT], ledger[row, RECORDED_AT] = moments
    ledger[row, NOT_REVERSED] = quantity
    if line >= 0:
        state[line, SHIPPED_QUANTITY] += quantity


@compiled
def _missing(state: Ints, line: int) -> int:
    missing: int = max(state[line, ORDERED] - state[line, SHIPPED_QUANTITY], 0)
    return missing


@compiled
def issue(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """Goods leave the dock: all that is left of a line or of the order where no quantity is stated."""
    at, everything = event.line, event.quantity == NEVER
    if at >= 0 and (state[at, KNOWN] or not has_instalments(state, at)):
        if everything and not state[at, KNOWN]:
            state[at, ALL_LEFT_AT] = event.occurred
        quantity = _missing(state, at) if everything else event.quantity
        _book(state, ledger, at, event.reference, (event.occurred, event.recorded), quantity)
        return
    left, last, moments = EVERYTHING if everything else event.quantity, -1, (event.occurred, event.recorded)
    for closed in range(1 if everything else 2):
        line = next_to_fill(state, at, -1, closed == 1) if closed == 0 or last < 0 else -1
        while line >= 0:
            last = line
            given = min(left, _missing(state, line))
            _book(state, ledger, line, event.reference, moments, given)
            left -= given
            line = next_to_fill(state, at, line, closed == 1)
    if left > 0 and not state[:, KNOWN].any():
        _book(state, ledger, -1, event.reference, moments, left)
    elif left > 0 and not everything and last >= 0:
        _book(state, ledger, last, event.reference, moments, left)


@compiled
def has_instalments(state: Ints, line: int) -> bool:
    """Whether instalments of a line are known."""
    return bool(((state[:, LINE_OF] == line) & (state[:, KNOWN] == 1)).any())


@compiled
def next_to_fill(state: Ints, at: int, after: int, closed: bool) -> int:
    """The line that is filled next: of the order in the order of ids, of a line in that of its promises; or -1.

    Open lines, or all that are not cancelled if ``closed``.
    """
    chosen = -1
    for j in range(len(state)):
        how = state[j, CLOSED_AS]
        if not state[j, KNOWN] or how == CANCELLED_LINE or (how != NOT_CLOSED and not closed):
            continue
        if not speaks_of(state, at, j):
            continue
        if after >= 0 and not _fills_before(state, at, after, j):
            continue
        if chosen < 0 or _fills_before(state, at, j, chosen):
            chosen = j
    return chosen


@compiled_inline
def _fills_before(state: Ints, at: int, a: int, b: int) -> bool:
    """Whether line ``a`` is filled before ``b``."""
    if at < 0 or state[a, LAST_PROMISED] == state[b, LAST_PROMISED]:
        return a < b
    return bool(state[a, LAST_PROMISED] < state[b, LAST_PROMISED])


@compiled
def place_issues(state: Ints, ledger: Ints, line: int, moment: int) -> None:
    """What left before the line was known, as far as it is missing.

    All that was left of the order is so of lines that are created up to ``LATE_BOOKING`` later.
    """
    whole = state[line, LINE_OF]
    left_at = state[line, ALL_LEFT_AT]
    if left_at == NEVER and whole >= 0 and not state[whole, KNOWN]:
        left_at = state[whole, ALL_LEFT_AT]
    if left_at != NEVER:
        _book(state, ledger, line, -1, (left_at, NEVER), _missing(state, line))
        state[line, ALL_LEFT_AT] = NEVER
    for row in range(1, ledger[0, 0] + 1):
        of = ledger[row, SLOT]
        late = ledger[row, NOT_REVERSED] > EVERYTHING // 2 and moment > ledger[row, LEFT_AT] + LATE_BOOKING
        if not late and (of == -1 or (of == whole and not state[of, KNOWN])):
            given = min(ledger[row, NOT_REVERSED], _missing(state, line))
            if given > 0:
                ledger[row, NOT_REVERSED] -= given
                if of >= 0:
                    state[of, SHIPPED_QUANTITY] -= given
                moments = ledger[row, LEFT_AT], ledger[row, RECORDED_AT]
                _book(state, ledger, line, ledger[row, REFERENCE], moments, given)


@compiled
def reverse(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """A posting that should not have been: it is taken from what left, at the time at which that left."""
    left = -event.quantity
    named = _latest_issue(state, ledger, event, event.reference) if event.reference >= 0 else 0
    reference = event.reference if named > 0 else -1
    row = named if named > 0 else _latest_issue(state, ledger, event, -1)
    if reference < 0 and event.reference < 0 and row > 0 and event.occurred > ledger[row, LEFT_AT] + LATE_BOOKING:
        return
    while left > 0 and row > 0:
        taken = min(left, ledger[row, NOT_REVERSED])
        ledger[row, NOT_REVERSED] -= taken
        if ledger[row, SLOT] >= 0:
            state[ledger[row, SLOT], SHIPPED_QUANTITY] -= taken
        left -= taken
        row = _latest_issue(state, ledger, event, reference)


@compiled
def _latest_issue(state: Ints, ledger: Ints, reversal: LineEvent, reference: int) -> int:
    """The row of the issue that a reversal takes from next, of a reference (-1: of any); 0 for none.

    The one that left last of those known before the reversal, then of those recorded in the same moment: what is posted
    again beside its reversal is not meant.
    """
    at, latest = reversal.line, 0
    for row in range(1, ledger[0, 0] + 1):
        slot = ledger[row, SLOT]
        about = at < 0 or slot == at or (slot >= 0 and state[slot, LINE_OF] == at and state[at, KNOWN] == 0)
        if not about or ledger[row, NOT_REVERSED] <= 0 or (reference >= 0 and ledger[row, REFERENCE] != reference):
            continue
        known = ledger[row, RECORDED_AT] < reversal.recorded
        best = latest > 0 and ledger[latest, RECORDED_AT] < reversal.recorded
        if latest == 0 or known > best or (known == best and ledger[row, LEFT_AT] >= ledger[latest, LEFT_AT]):
            latest = row
    return latest
