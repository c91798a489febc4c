"""What left the dock, issue by issue: a ledger of an order, what an issue adds to it and a reversal takes from it."""

from __future__ import annotations

from typing import NamedTuple

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
SLOT, REFERENCE, LEFT_AT, NOT_REVERSED, RECORDED_AT, NAMED, POSTING, ALL, INSTEAD_OF = range(9)
N_ISSUE = 9
"""The columns of a ledger of issues: the line (-1: not known yet), the reference, when it left, how much of it is not
reversed, when it was recorded, the line that the posting names (-1: none), the position of the posting, and whether
that says that all that was left went. Row 0 holds how many rows are written.

What a reversal could not take from an issue of its reference, as none is known, is a row of less than nothing: SLOT is
the line that the reversal names, INSTEAD_OF the posting from which it was taken meanwhile, NOBODY for none. Row 0 holds
in INSTEAD_OF how many such rows there are, in CAME_BACK how much of reversals was goods that came back, in LEFT_AT a
moment after which nothing that is booked has left."""
NOBODY, CAME_BACK = -1, NOT_REVERSED
FEW = 4
"""An issue that fills so many instalments looks for each of them; to order all of them takes longer."""


class Posting(NamedTuple):
    """A goods issue, as far as the ledger keeps it; see its columns."""

    reference: int
    left_at: int
    recorded: int
    named: int
    position: int
    all: int


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
def _book(state: Ints, ledger: Ints, line: int, posting: Posting, quantity: int) -> None:
    """Goods left; a line of -1 is not known yet. What was reversed of its reference before is taken from it."""
    if quantity == 0:
        return
    ledger[0, 0] += 1
    row = ledger[0, 0]
    ledger[row, SLOT], ledger[row, REFERENCE], ledger[row, LEFT_AT] = line, posting.reference, posting.left_at
    ledger[row, NOT_REVERSED], ledger[row, RECORDED_AT] = quantity, posting.recorded
    ledger[row, NAMED], ledger[row, POSTING], ledger[row, ALL] = posting.named, posting.position, posting.all
    ledger[row, INSTEAD_OF] = NOBODY
    ledger[0, LEFT_AT] = max(ledger[0, LEFT_AT], posting.left_at)
    if line >= 0:
        state[line, SHIPPED_QUANTITY] += quantity
    if ledger[0, INSTEAD_OF] > 0 and posting.reference >= 0 and quantity < EVERYTHING // 2:
        _settle(state, ledger, row)


@compiled
def _settle(state: Ints, ledger: Ints, row: int) -> None:
    """Take from an issue what was reversed of its reference before, and give it back to what it was taken from."""
    for other in range(1, ledger[0, 0] + 1):
        waits = ledger[other, NOT_REVERSED] < 0 and ledger[other, REFERENCE] == ledger[row, REFERENCE]
        if not waits or not _is_about(state, ledger[other, SLOT], ledger[row, SLOT]):
            continue
        taken = min(ledger[row, NOT_REVERSED], -ledger[other, NOT_REVERSED])
        _change(state, ledger, row, -taken)
        ledger[other, NOT_REVERSED] += taken
        if ledger[other, INSTEAD_OF] != NOBODY:
            for lender in range(1, ledger[0, 0] + 1):
                if ledger[lender, POSTING] == ledger[other, INSTEAD_OF] and ledger[lender, NOT_REVERSED] >= 0:
                    _change(state, ledger, lender, taken)
                    break


@compiled
def _change(state: Ints, ledger: Ints, row: int, quantity: int) -> None:
    """More or less of an issue is not reversed."""
    ledger[row, NOT_REVERSED] += quantity
    if ledger[row, SLOT] >= 0:
        state[ledger[row, SLOT], SHIPPED_QUANTITY] += quantity


@compiled
def _wait(ledger: Ints, reversal: LineEvent, quantity: int, instead_of: int) -> None:
    """Part of a reversal waits for an issue of its reference to be known."""
    ledger[0, 0] += 1
    ledger[0, INSTEAD_OF] += 1
    row = ledger[0, 0]
    ledger[row, SLOT], ledger[row, REFERENCE], ledger[row, LEFT_AT] = reversal.line, reversal.reference, NEVER
    ledger[row, NOT_REVERSED], ledger[row, RECORDED_AT], ledger[row, INSTEAD_OF] = -quantity, NEVER, instead_of
    ledger[row, NAMED], ledger[row, POSTING], ledger[row, ALL] = NEVER, NOBODY - 1, 0


@compiled
def _missing(state: Ints, line: int) -> int:
    missing: int = max(state[line, ORDERED] - state[line, SHIPPED_QUANTITY], 0)
    return missing


@compiled
def issue(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """Goods leave the dock: all that is left of a line or of the order where no quantity is stated."""
    at, everything = event.line, event.quantity == NEVER
    posting = Posting(event.reference, event.occurred, event.recorded, at, event.position, int(everything))
    if at >= 0 and (state[at, KNOWN] or not has_instalments(state, at)):
        if everything and not state[at, KNOWN]:
            state[at, ALL_LEFT_AT] = event.occurred
        _book(state, ledger, at, posting, _missing(state, at) if everything else event.quantity)
        return
    later, left = 0, EVERYTHING if everything else event.quantity
    if may_leave_later(ledger, posting.left_at):
        for row in range(1, ledger[0, 0] + 1):
            later += _leaves_later(state, ledger, row, posting)
    again = _taken_back(state, ledger, posting, later) if later > 0 else ledger[:0]
    if at >= 0 and later == 0 and ledger[0, INSTEAD_OF] == 0:
        left = _fill_few(state, ledger, posting, left)
        if left == 0:
            return
    lines = lines_to_fill(state, at, False)
    given = lines if len(lines) > 0 or everything else lines_to_fill(state, at, True)  # closed ones where none is open
    place = _allot(state, ledger, posting, left, given, 0)
    for row in range(len(again)):
        same = Posting(
            again[row, REFERENCE], again[row, LEFT_AT], again[row, RECORDED_AT], at, again[row, POSTING],
            again[row, ALL],
        )  # fmt: skip
        place = _allot(state, ledger, same, again[row, NOT_REVERSED], lines, place)


@compiled_inline
def may_leave_later(ledger: Ints, moment: int) -> bool:
    """Whether anything that is booked may have left after a moment."""
    later: bool = ledger[0, LEFT_AT] > moment
    return later


@compiled
def _fill_few(state: Ints, ledger: Ints, posting: Posting, quantity: int) -> int:
    """Give what left to the first few open instalments that lack something, as ``_allot`` does; what is left of it.

    Nothing may wait for an issue, else what is given to one may empty another.
    """
    for _ in range(FEW):
        line = _next_to_fill(state, posting.named)
        if line < 0 or quantity == 0:
            return quantity
        given = min(quantity, _missing(state, line))
        _book(state, ledger, line, posting, given)
        quantity -= given
    return quantity


@compiled
def _next_to_fill(state: Ints, at: int) -> int:
    """The first of ``lines_to_fill`` that lacks something, -1 where none does."""
    first = -1
    for j in range(len(state)):
        if not state[j, KNOWN] or state[j, CLOSED_AS] != NOT_CLOSED or state[j, ORDERED] <= state[j, SHIPPED_QUANTITY]:
            continue
        if speaks_of(state, at, j) and (first < 0 or state[j, LAST_PROMISED] < state[first, LAST_PROMISED]):
            first = j
    return first


@compiled
def _leaves_later(state: Ints, ledger: Ints, row: int, posting: Posting) -> bool:
    """Whether a row is of a posting that names the same and left later, on a line that is not closed."""
    line = ledger[row, SLOT]
    if ledger[row, NAMED] != posting.named or line < 0 or line == posting.named or ledger[row, NOT_REVERSED] <= 0:
        return False
    return bool(ledger[row, LEFT_AT] > posting.left_at and state[line, CLOSED_AS] == NOT_CLOSED)


@compiled
def _taken_back(state: Ints, ledger: Ints, posting: Posting, most: int) -> Ints:
    """(n_postings, N_ISSUE) the issues that left after one that is booked late, in the order in which they left.

    They are taken from the lines they were allotted to, and out of the ledger.
    """
    taken = np.empty((most, N_ISSUE), dtype=np.int64)
    n, kept = 0, 0
    for row in range(1, ledger[0, 0] + 1):
        if not _leaves_later(state, ledger, row, posting):
            kept += 1
            ledger[kept] = ledger[row]
            continue
        quantity = ledger[row, NOT_REVERSED]
        state[ledger[row, SLOT], SHIPPED_QUANTITY] -= quantity
        place = n
        while place > 0 and _left_before(ledger[row], taken[place - 1]):
            place -= 1
        if place > 0 and taken[place - 1, POSTING] == ledger[row, POSTING]:
            taken[place - 1, NOT_REVERSED] += quantity
            continue
        for later in range(n, place, -1):
            taken[later] = taken[later - 1]
        taken[place] = ledger[row]
        n += 1
    ledger[0, 0] = kept
    return taken[:n]


@compiled
def _left_before(a: Ints, b: Ints) -> bool:
    """Whether an issue left before another; of one moment, whether it was posted before."""
    return bool(a[LEFT_AT] < b[LEFT_AT] or (a[LEFT_AT] == b[LEFT_AT] and a[POSTING] < b[POSTING]))


@compiled
def _allot(state: Ints, ledger: Ints, posting: Posting, quantity: int, lines: Ints, begin: int) -> int:
    """Give what left to the lines it may be of, one after the other; what is too much goes to the last of them.

    Where all that was left went nothing is too much.

    Parameters
    ----------
    lines : which, in the order in which they are filled
    begin : the place of the first that may lack something

    Returns the place of the first that may lack something now.
    """
    left, place = quantity, begin
    while place < len(lines) and left > 0:
        given = min(left, _missing(state, lines[place]))
        _book(state, ledger, lines[place], posting, given)
        left -= given
        if left > 0:
            place += 1
    if left > 0 and not state[:, KNOWN].any():
        _book(state, ledger, -1, posting, left)
    elif left > 0 and not posting.all and len(lines) > 0:
        _book(state, ledger, lines[-1], posting, left)
    return 0 if ledger[0, INSTEAD_OF] > 0 else place  # what waits for an issue may have emptied any of them


@compiled
def has_instalments(state: Ints, line: int) -> bool:
    """Whether instalments of a line are known."""
    return bool(((state[:, LINE_OF] == line) & (state[:, KNOWN] == 1)).any())


@compiled
def lines_to_fill(state: Ints, at: int, closed: bool) -> Ints:
    """The lines that are filled one after the other: of the order in the order of ids, of a line in that of promises.

    Open lines, or all that are not cancelled if ``closed``.
    """
    lines, n = np.empty(len(state), dtype=np.int64), 0
    for j in range(len(state)):
        how = state[j, CLOSED_AS]
        if not state[j, KNOWN] or how == CANCELLED_LINE or (how != NOT_CLOSED and not closed):
            continue
        if speaks_of(state, at, j):
            lines[n] = j
            n += 1
    lines = lines[:n]
    if at >= 0 and n > 1:
        lines = lines[np.argsort(state[lines, LAST_PROMISED], kind="mergesort")]
    return lines


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
        _book(state, ledger, line, Posting(-1, left_at, NEVER, line, NOBODY, 1), _missing(state, line))
        state[line, ALL_LEFT_AT] = NEVER
    while _missing(state, line) > 0:
        row = _next_to_place(state, ledger, whole, moment)
        if row == 0:
            return
        given = min(ledger[row, NOT_REVERSED], _missing(state, line))
        _change(state, ledger, row, -given)
        posting = Posting(
            ledger[row, REFERENCE], ledger[row, LEFT_AT], ledger[row, RECORDED_AT], ledger[row, NAMED],
            ledger[row, POSTING], ledger[row, ALL],
        )  # fmt: skip
        _book(state, ledger, line, posting, given)


@compiled
def _next_to_place(state: Ints, ledger: Ints, whole: int, moment: int) -> int:
    """The row of what left first of all that waits for a line to be known, 0 for none."""
    first = 0
    for row in range(1, ledger[0, 0] + 1):
        of = ledger[row, SLOT]
        late = ledger[row, NOT_REVERSED] > EVERYTHING // 2 and moment > ledger[row, LEFT_AT] + LATE_BOOKING
        waits = ledger[row, NOT_REVERSED] > 0 and (of == -1 or (of == whole and not state[of, KNOWN]))
        if waits and not late and (first == 0 or _left_before(ledger[row], ledger[first])):
            first = row
    return first


@compiled
def reverse(state: Ints, ledger: Ints, event: LineEvent) -> None:
    """A posting that should not have been: it is taken from what left, at the time at which that left.

    What it cannot take from an issue of its reference waits for one, and meanwhile is taken from the line's others
    where no issue of the reference is known at all.
    """
    left = -event.quantity
    named = _latest_issue(state, ledger, event, event.reference) if event.reference >= 0 else 0
    reference = event.reference if named > 0 else -1
    row = named if named > 0 else _latest_issue(state, ledger, event, -1)
    if reference < 0 and event.reference < 0 and row > 0 and event.occurred > ledger[row, LEFT_AT] + LATE_BOOKING:
        ledger[0, CAME_BACK] += left
        return
    while left > 0 and row > 0:
        taken = min(left, ledger[row, NOT_REVERSED])
        _change(state, ledger, row, -taken)
        if reference != event.reference:
            _wait(ledger, event, taken, ledger[row, POSTING])
        left -= taken
        row = _latest_issue(state, ledger, event, reference)
    if left > 0 and event.reference >= 0:
        _wait(ledger, event, left, NOBODY)


@compiled_inline
def _is_about(state: Ints, at: int, slot: int) -> bool:
    """Whether a reversal that names ``at`` (-1: none) is about what is booked on a line (-1: not known yet)."""
    about: bool = at < 0 or slot == at or (slot >= 0 and state[slot, LINE_OF] == at and state[at, KNOWN] == 0)
    return about


@compiled
def _latest_issue(state: Ints, ledger: Ints, reversal: LineEvent, reference: int) -> int:
    """The row of the issue that a reversal takes from next, of a reference (-1: of any); 0 for none.

    The one that left last of those known before the reversal, then of those recorded in the same moment: what is posted
    again beside its reversal is not meant.
    """
    latest = 0
    for row in range(1, ledger[0, 0] + 1):
        about = _is_about(state, reversal.line, ledger[row, SLOT])
        if not about or ledger[row, NOT_REVERSED] <= 0 or (reference >= 0 and ledger[row, REFERENCE] != reference):
            continue
        known = ledger[row, RECORDED_AT] < reversal.recorded
        best = latest > 0 and ledger[latest, RECORDED_AT] < reversal.recorded
        if latest == 0 or known > best or (known == best and not _left_before(ledger[row], ledger[latest])):
            latest = row
    return latest
