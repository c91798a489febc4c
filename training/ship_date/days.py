"""The days that are asked about: on which of them an order can leave, and what distinguishes one from another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.jit import compiled
from features.times import PlantCalendar

FEWEST_DAYS, MOST_DAYS, AFTER_PROMISE = 60, 400, 60
"""Asked about are at least so many days and at most so many, and so many after the promise."""
PLANS = ("days_to_planned_end", "days_to_truck", "usual_days_left", "usual_work_days_left")
"""Signals that count days from now to something that must come first."""
SLACKS = (
    "pace_slack", "usual_lead_time_slack", "work_slack", "usual_shortage_slack", "shortage_slack", "planned_end_slack",
    "hold_release_slack", "delivery_slack",
)  # fmt: skip
"""Signals that count days from something that must come first to the promise."""
PROMISE = "days_to_promise"
OF_DAY = (
    "shipping_days_from_now", "days_from_now", "days_from_promise", "weekdays_from_promise", "weekday",
    *(f"{name}_passed" for name in (*PLANS, *SLACKS)),
)  # fmt: skip
"""What distinguishes the days of an order, the first columns that the trees of the hazards read."""
OWN = 5


class Asked(NamedTuple):
    """What a ship date is asked of.

    Attributes
    ----------
    signals : (n, n_signals)
    today, promised : (n,) days since 1970-01-01 on the plant's calendar: the day of the moment, and that of the last
        promise among the lines to ship
    leaves : (n, 7) the weekdays on which each order can leave
    begin : (n,) the first day that is asked about: today, or tomorrow where the promise was broken today: what leaves
        later that day counts as the day after
    """

    signals: Floats
    today: Ints
    promised: Ints
    leaves: Mask
    begin: Ints


class Days(NamedTuple):
    """The days that are asked about, order by order.

    Attributes
    ----------
    first : (n + 1,) where each order's days begin
    row : (n_days,) the order
    day : (n_days,) days since 1970-01-01, ascending within an order
    """

    first: Ints
    row: Ints
    day: Ints


def day_of_shipment(moment: Ints, promise: Ints, calendar: PlantCalendar) -> Ints:
    """(n,) the day on which each order shipped; on the promised day, but after the promise, is a day later."""
    day = calendar.day(moment)
    return np.asarray(day + ((day == calendar.day(promise)) & (moment > promise)))


def days_asked(asked: Asked) -> Days:
    """Each order's days from today: those on which it can leave, and the promised one where none lies before it."""
    return Days(*_list_days(asked.today, asked.promised, asked.leaves, asked.begin))


@compiled
def _list_days(today: Ints, promised: Ints, leaves: Mask, begin: Ints) -> tuple[Ints, Ints, Ints]:
    first = np.zeros(len(today) + 1, np.int64)
    row, day = np.empty(0, np.int64), np.empty(0, np.int64)
    for count in (True, False):
        at = 0
        for i in range(len(today)):
            last = min(max(today[i] + FEWEST_DAYS, promised[i] + AFTER_PROMISE), today[i] + MOST_DAYS)
            some = False
            for one in range(begin[i], last):
                some |= leaves[i, (one + 3) % 7]
                if leaves[i, (one + 3) % 7] or (one == promised[i] and not some):
                    some = True
                    if not count:
                        row[at], day[at] = i, one
                    at += 1
            first[i + 1] = at
        if count:
            row, day = np.empty(at, np.int64), np.empty(at, np.int64)
    return first, row, day


def places(asked: Asked, days: Days, rows: Ints) -> tuple[Ints, Ints]:
    """(n_rows,) of some of the days: how far the promise was from today, and how many days after it each lies."""
    promised = asked.promised[days.row[rows]]
    return promised - asked.today[days.row[rows]], days.day[rows] - promised


def columns_of_days(asked: Asked, days: Days, names: list[str], rows: Ints) -> Floats:
    """(n_rows, len(OF_DAY)) what distinguishes some of the days; ``names`` are those of the signals."""
    plans, slacks = (np.array([names.index(name) for name in some]) for some in (PLANS, SLACKS))
    numbers = (plans, slacks, names.index(PROMISE))
    return _fill_columns(asked.signals, asked.today, asked.promised, *days, rows, *numbers)


@compiled
def _fill_columns(
    signals: Floats, today: Ints, promised: Ints, first: Ints, row: Ints, day: Ints, rows: Ints, plans: Ints,
    slacks: Ints, due: int,
) -> Floats:  # fmt: skip
    out = np.empty((len(rows), OWN + len(plans) + len(slacks)))
    for to in range(len(rows)):
        at = rows[to]
        i = row[at]
        from_now = day[at] - today[i]
        out[to, 0], out[to, 1] = at - first[i], from_now
        out[to, 2] = day[at] - promised[i]
        out[to, 3] = _weekdays(day[at]) - _weekdays(promised[i])
        out[to, 4] = (day[at] + 3) % 7
        for j in range(len(plans)):
            out[to, OWN + j] = from_now - signals[i, plans[j]]
        for j in range(len(slacks)):
            out[to, OWN + len(plans) + j] = from_now - signals[i, due] + signals[i, slacks[j]]
    return out


@compiled
def _weekdays(day: int) -> int:
    """Mondays to Fridays up to a day, as ``PlantCalendar.weekdays_until`` counts them."""
    since_monday = day + 3
    return since_monday // 7 * 5 + min(since_monday % 7 + 1, 5)
