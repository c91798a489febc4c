"""The ladder: how much was on time in full, by each promise an order can be held to, strictly and by the policy.

Practice judges in several ways, and what one hides another shows: who promises anew the day before is on time by the
last promise and not by the first. Each line is judged once, by all that is recorded: the promise as it stands at the
end, and the quantity in force at that promise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.arrays import Ints
from features.engine.ordering import known_until
from features.history import History
from features.jit import compiled
from features.orders.issues import new_ledger, with_room
from features.orders.known_lines import fold_lines_until
from features.orders.line import apply
from features.orders.line_state import (
    N_LINE,
    PROMISE,
    LineEvents,
    changes_lines,
    line_event,
    line_events,
    lines_of,
    new_lines,
)
from features.orders.rules import GRACE, OVER, first_moments
from features.orders.tally import (
    ALONE,
    EXCUSED,
    IN_FULL,
    UNPROMISED_LINE,
    count_statement,
    in_time,
    judge_line,
    new_tally,
)
from features.outcomes import rules_of
from features.policy import PROMISES, OutcomePolicy, Promise
from features.times import NEVER

(
    LINES, LINES_ON_TIME, LINES_EARLY, ORDERS, ORDERS_ON_TIME, ORDERS_EARLY, UNPROMISED, NOT_DUE,
) = range(8)  # fmt: skip
STRICT = {"under_delivery": 0.0, "over_delivery": None, "earliest": None, "late": 0.0, "excused": ()}


@dataclass(frozen=True)
class Rung:
    """What was on time in full by one promise.

    Attributes
    ----------
    promise : see ``features.policy``
    tolerant : with the tolerances, the window and the excuses of the policy, or without any
    lines, orders : judged: promised, not cancelled, and the last promise of the order and its grace have passed
    lines_on_time, orders_on_time : of these, on time in full; an order with every line
    lines_early, orders_early : of these, with goods that left before the first day on which delivery counts by the
        policy, or before the day of the promise where it counts whenever it left
    unpromised : lines without such a promise
    not_due : orders that are not judged yet
    """

    promise: Promise
    tolerant: bool
    lines: int
    lines_on_time: int
    lines_early: int
    orders: int
    orders_on_time: int
    orders_early: int
    unpromised: int
    not_due: int


def on_time_ladder(history: History, until: int | None = None, zone: str = "UTC") -> list[Rung]:
    """By each promise, without and with what the policy of the history tolerates.

    Orders of which nothing counts, as they were cancelled or excused, are judged nowhere.

    Parameters
    ----------
    until : microseconds; what is recorded later is not read (default: the last record)
    zone : the plant's time zone, in which days are counted
    """
    end = int(history.recorded.max(initial=0)) if until is None else until
    rungs = []
    for promise in PROMISES:
        for tolerant, said in ((False, STRICT), (True, {})):
            policy = history.policy.with_rules(promise=promise, **said)
            judged = history.under(policy)
            judged = judged if tolerant else replace(judged, tolerance=np.full_like(judged.type, NEVER), _cache={})
            counts = _counts(judged, _with_windows(history.policy, zone), end)
            rungs.append(Rung(promise, tolerant, *counts.tolist()))
    return rungs


def _with_windows(policy: OutcomePolicy, zone: str) -> OutcomePolicy:
    """The policy with the day of the promise as the first one on which delivery counts where it names none."""

    def named(said: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value or 0 if key == "earliest" else value for key, value in said.items()}

    by_plant, by_customer = (
        {name: named(said) for name, said in overrides.items()} for overrides in (policy.by_plant, policy.by_customer)
    )
    return OutcomePolicy(replace(policy.rules, earliest=policy.rules.earliest or 0), by_plant, by_customer, zone)


def _counts(history: History, with_windows: OutcomePolicy, end: int) -> Ints:
    order = np.arange(history.n_orders, dtype=np.int64)
    stop = known_until(history.first, history.recorded, order, np.full_like(order, end))
    windows = first_moments(history.under(with_windows))
    counts: Ints = count_orders(stop, end, *rules_of(history, stop), windows, *line_events(history))
    return counts


@compiled
def count_orders(stop: Ints, until: int, terms: Ints, rule: Ints, begins: Ints, windows: Ints, *columns: Any) -> Ints:
    """(8,) the counts of a ``Rung``; ``stop`` (n_orders,) is the position after the last known event of each order.

    ``terms``, ``rule`` and ``begins`` come from ``rules_of``; before ``windows`` (n_events,), by the statement of the
    promise, goods are early.
    """
    events = LineEvents(*columns)
    counts = np.zeros(8, dtype=np.int64)
    none = np.empty(0, dtype=np.int64)
    for k in range(len(stop)):
        promised, _ = fold_lines_until(events, k, stop[k])
        lines, tally, ledger = new_lines(lines_of(events, k), N_LINE), new_tally(len(promised)), new_ledger()
        for i in range(events.first[k], stop[k]):
            if changes_lines(events.type[i]):
                event = line_event(events, i)
                ledger = with_room(ledger, event.type, len(lines))
                apply(lines, ledger, event)
                count_statement(tally, lines, promised, event, False)
        left, whenever = in_time(ledger, promised, begins), in_time(ledger, promised, none)
        within = in_time(ledger, promised, windows)
        judged, full, early, last = 0, 0, 0, NEVER
        for j in range(len(promised)):
            verdict = judge_line(tally, lines, promised, left[j, 0], j, terms[rule[k], OVER])
            counts[UNPROMISED] += verdict == UNPROMISED_LINE
            if verdict == ALONE or verdict == UNPROMISED_LINE or (verdict != IN_FULL and tally[j, EXCUSED]):
                continue
            judged += 1
            full += verdict == IN_FULL
            early += within[j, 0] < whenever[j, 0]
            last = max(last, promised[j, PROMISE])
        if judged == 0:
            continue
        if last + terms[rule[k], GRACE] > until:
            counts[NOT_DUE] += 1
            continue
        counts[LINES] += judged
        counts[LINES_ON_TIME] += full
        counts[LINES_EARLY] += early
        counts[ORDERS] += 1
        counts[ORDERS_ON_TIME] += full == judged
        counts[ORDERS_EARLY] += early > 0
    return counts
