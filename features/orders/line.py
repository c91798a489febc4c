"""The compiled loops over an order's lines: how it stands after each event, and what became of it.

``features.orders`` plays what was known; only ``features.outcomes`` may call ``judge``.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.schema import TYPE_CODE
from features.jit import compiled
from features.times import NEVER

NONE, OPEN, SHIPPED, CANCELLED = 0, 1, 2, 3
UNSETTLED, ON_TIME_IN_FULL, PARTIAL, MISSED, WITHDRAWN = 0, 1, 2, 3, 4
CREATED = TYPE_CODE["order_line.created"]
CHANGED = TYPE_CODE["order_line.changed"]
CLOSED = TYPE_CODE["order_line.closed"]
PROMISED = TYPE_CODE["commitment.changed"]
ISSUED = TYPE_CODE["goods.issued"]
REASON_CANCELLED, REASON_OTHER = 2, 1


@compiled
def needed(ordered: int, tolerance: float) -> int:
    """The quantity that counts as in full."""
    return ordered - int(np.rint(ordered * tolerance))


@compiled
def issue(line: int, quantity: int, ordered: Ints, issued: Ints, known: Ints, closed: Ints) -> None:
    """Book a goods issue; without a line it fills the lines that are known and not closed, by their ids."""
    count = len(ordered)
    if line >= 0:
        issued[line] += max(ordered[line] - issued[line], 0) if quantity == NEVER else quantity
        return
    left = 0 if quantity == NEVER else quantity
    last = -1
    for j in range(count):
        if known[j] and closed[j] == 0:
            last = j
            missing = max(ordered[j] - issued[j], 0)
            given = missing if quantity == NEVER else min(max(left, 0), missing)
            issued[j] += given
            left -= 0 if quantity == NEVER else given
    if quantity != NEVER and left > 0 and last >= 0:
        issued[last] += left
    if quantity != NEVER and quantity < 0:
        left = -quantity
        for j in range(count - 1, -1, -1):
            if known[j]:
                taken = min(left, max(issued[j], 0))
                issued[j] -= taken
                left -= taken


@compiled
def play(
    first: Ints,
    line: Ints,
    type_: Ints,
    quantity: Ints,
    date: Ints,
    value: Ints,
    reason: Ints,
    lines: Ints,
    occurred: Ints,
    tolerance: float,
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """State, due, last due, lines, open lines, ordered, issued and value after each event; see ``Commitments``."""
    n = len(line)
    state = np.zeros(n, dtype=np.int64)
    due = np.full(n, NEVER, dtype=np.int64)
    last_due = np.full(n, NEVER, dtype=np.int64)
    n_lines = np.zeros(n, dtype=np.int64)
    n_open = np.zeros(n, dtype=np.int64)
    sum_ordered = np.zeros(n, dtype=np.int64)
    sum_issued = np.zeros(n, dtype=np.int64)
    sum_value = np.full(n, NEVER, dtype=np.int64)
    for order in range(len(first) - 1):
        count = lines[order]
        known = np.zeros(count, dtype=np.int64)
        ordered = np.zeros(count, dtype=np.int64)
        promise = np.full(count, NEVER, dtype=np.int64)
        worth = np.full(count, NEVER, dtype=np.int64)
        issued = np.zeros(count, dtype=np.int64)
        closed = np.zeros(count, dtype=np.int64)
        full_at = np.full(count, NEVER, dtype=np.int64)
        all_at = np.full(count, NEVER, dtype=np.int64)
        for i in range(first[order], first[order + 1]):
            kind, at = type_[i], line[i]
            if i > first[order] and kind not in (CREATED, CHANGED, CLOSED, PROMISED, ISSUED):
                state[i], due[i], last_due[i] = state[i - 1], due[i - 1], last_due[i - 1]
                n_lines[i], n_open[i] = n_lines[i - 1], n_open[i - 1]
                sum_ordered[i], sum_issued[i] = sum_ordered[i - 1], sum_issued[i - 1]
                sum_value[i] = sum_value[i - 1]
                continue
            if kind == CREATED:
                known[at] = 1
                ordered[at], promise[at], worth[at] = quantity[i], date[i], value[i]
                if all_at[at] != NEVER:
                    issued[at] = max(issued[at], ordered[at])
            elif kind == ISSUED:
                if at >= 0 and quantity[i] == NEVER and not known[at]:
                    all_at[at] = occurred[i]
                issue(at, quantity[i], ordered, issued, known, closed)
            elif kind in (CHANGED, CLOSED, PROMISED):
                for j in range(count):
                    if at < 0 or at == j:
                        if kind == CHANGED:
                            ordered[j] = quantity[i]
                        elif kind == CLOSED:
                            closed[j] = reason[i]
                        else:
                            promise[j] = date[i]
            seen = 0
            broken = NEVER
            for j in range(count):
                if not known[j]:
                    continue
                seen += 1
                if closed[j] == REASON_CANCELLED:
                    continue
                n_lines[i] += 1
                sum_ordered[i] += ordered[j]
                sum_issued[i] += issued[j]
                if worth[j] != NEVER:
                    sum_value[i] = worth[j] + (0 if sum_value[i] == NEVER else sum_value[i])
                full = issued[j] >= needed(ordered[j], tolerance)
                if not full:
                    full_at[j] = NEVER
                elif full_at[j] == NEVER:
                    full_at[j] = all_at[j] if all_at[j] != NEVER else occurred[i]
                if closed[j] == 0 and not full:
                    n_open[i] += 1
                    due[i] = promise[j] if due[i] == NEVER else min(due[i], promise[j])
                    last_due[i] = max(last_due[i], promise[j])
                elif full and ordered[j] > 0 and full_at[j] > promise[j]:
                    broken = promise[j] if broken == NEVER else min(broken, promise[j])
            if n_open[i] > 0:
                state[i] = OPEN
                due[i] = due[i] if broken == NEVER else min(due[i], broken)
            elif n_lines[i] > 0:
                state[i] = SHIPPED
            elif seen > 0:
                state[i] = CANCELLED
    return state, due, last_due, n_lines, n_open, sum_ordered, sum_issued, sum_value


@compiled
def judge(
    first: Ints,
    line: Ints,
    type_: Ints,
    quantity: Ints,
    date: Ints,
    _value: Ints,
    reason: Ints,
    lines: Ints,
    occurred: Ints,
    recorded: Ints,
    order: Ints,
    stop: Ints,
    until: int,
    grace: int,
    tolerance: float,
    keep: bool,
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """What became of each (order, position after the last known event), by the records until a moment.

    Returns (n,) outcome, since when it is believed, when its last promise plus grace had passed; and, if ``keep``,
    every change of belief: index of the question, moment, outcome.
    """
    n = len(order)
    final = np.zeros(n, dtype=np.int64)
    final_at = np.full(n, NEVER, dtype=np.int64)
    ripe_at = np.full(n, NEVER, dtype=np.int64)
    room = 0
    for s in range(n):
        room += 2 * (first[order[s] + 1] - first[order[s]]) if keep else 0
    row_owner = np.empty(room, dtype=np.int64)
    row_at = np.empty(room, dtype=np.int64)
    row_outcome = np.empty(room, dtype=np.int64)
    rows = 0
    for s in range(n):
        begin, end = first[order[s]], first[order[s] + 1]
        count = lines[order[s]]
        promised = np.zeros(count, dtype=np.bool_)
        promise = np.full(count, NEVER, dtype=np.int64)
        for i in range(begin, stop[s]):
            if type_[i] == CREATED:
                promised[line[i]] = True
                promise[line[i]] = date[i]
            elif type_[i] == PROMISED:
                for j in range(count):
                    if line[i] < 0 or line[i] == j:
                        promise[j] = date[i]
        for j in range(count):
            if promised[j]:
                ripe_at[s] = max(ripe_at[s], promise[j] + grace)
        known = np.zeros(count, dtype=np.int64)
        closed = np.zeros(count, dtype=np.int64)
        booked = np.zeros(count, dtype=np.int64)
        ordered = np.zeros(count, dtype=np.int64)
        before = np.zeros(count, dtype=np.int64)
        in_force = np.zeros(count, dtype=np.int64)
        cancelled = np.zeros(count, dtype=np.bool_)
        in_time = np.zeros(count, dtype=np.int64)
        all_at = np.full(count, NEVER, dtype=np.int64)
        full_at = np.full(count, NEVER, dtype=np.int64)
        last_issue = np.full(count, NEVER, dtype=np.int64)
        belief, belief_at = UNSETTLED, NEVER
        for i in range(begin, end):
            if recorded[i] > until:
                break
            kind, at = type_[i], line[i]
            before[:] = booked
            moved_at = occurred[i]
            if kind == ISSUED:
                if at >= 0 and quantity[i] == NEVER and not known[at]:
                    all_at[at] = occurred[i]
                issue(at, quantity[i], ordered, booked, known, closed)
            elif kind == CREATED:
                known[at] = 1
                ordered[at] = quantity[i]
                if all_at[at] != NEVER:
                    booked[at], moved_at = max(booked[at], ordered[at]), all_at[at]
            for j in range(count):
                if booked[j] != before[j] and moved_at <= promise[j]:
                    in_time[j] += booked[j] - before[j]
                    last_issue[j] = max(last_issue[j], moved_at)
                if kind in (CREATED, CHANGED, CLOSED) and (at < 0 or at == j):
                    counts = i < stop[s] or occurred[i] <= promise[j]
                    if kind == CLOSED:
                        closed[j] = reason[i]
                        cancelled[j] = reason[i] == REASON_CANCELLED if counts else cancelled[j]
                    else:
                        ordered[j] = quantity[i]
                        in_force[j] = quantity[i] if counts else in_force[j]
            if i < stop[s] - 1:
                continue
            total, n_full, some, settled_at, last_promise = 0, 0, False, NEVER, NEVER
            for j in range(count):
                if not promised[j] or cancelled[j]:
                    continue
                total += 1
                last_promise = max(last_promise, promise[j])
                if in_time[j] >= needed(in_force[j], tolerance):
                    n_full += 1
                    if full_at[j] == NEVER:
                        full_at[j] = last_issue[j]
                    settled_at = max(settled_at, full_at[j])
                else:
                    full_at[j] = NEVER
                some = some or in_time[j] > 0
            if total == 0:
                now, settled_at = WITHDRAWN, recorded[i] - grace
            elif n_full == total:
                now = ON_TIME_IN_FULL
                settled_at = recorded[i] - grace if settled_at == NEVER else settled_at
            else:
                now, settled_at = PARTIAL if some else MISSED, last_promise
            moment = max(settled_at + grace, recorded[i])
            following = recorded[i + 1] if i + 1 < end else until + 1
            if moment > recorded[i] and belief != UNSETTLED and belief != now:
                belief, belief_at = UNSETTLED, recorded[i]
                if keep:
                    row_owner[rows], row_at[rows], row_outcome[rows] = s, belief_at, belief
                    rows += 1
            if moment < min(following, until + 1) and belief != now:
                belief, belief_at = now, moment
                if keep:
                    row_owner[rows], row_at[rows], row_outcome[rows] = s, belief_at, belief
                    rows += 1
        final[s] = belief
        final_at[s] = belief_at if belief != UNSETTLED else NEVER
    return final, final_at, ripe_at, row_owner[:rows], row_at[:rows], row_outcome[:rows]
