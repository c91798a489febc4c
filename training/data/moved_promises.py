"""Open orders with their promise moved at random: what teaches trees that a move in itself is no sin.

Who moves a promise in the records mostly has a reason, and trees learn the reason from the move. So they also see open
orders of which a move is stated that nobody made, judged against what really shipped: of an order that was complete on
the 12th it is known that it would have kept a promise of the 15th and broken one of the 10th, as long as the floor does
not react to what is promised. That is an assumption: ``docs/direction.md`` says how far it holds.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.decision_points import DecisionPoints
from features.history import PLANNED_END, History, Select
from features.hypothetical import Moves
from features.known.known import Known
from features.times import DAY, NEVER, PlantCalendar

MOST_COPIES, MOST_EVENTS = 20_000, 4_000_000
"""So many orders are copied at most, with so many events in all."""
EARLIEST, LATEST = -7, 21
"""From and to how many days later promises are moved, zero left out."""
NEAR, NEAREST = 0.6, (-3, 5)
"""How often a promise is moved by a few days only, and from and to how many."""
WITH_TRUCK = 0.5
"""How often the trucks to come are moved too."""
PLAN_ALONE, SOONEST_PLAN = 0.4, -5
"""How often the planned ends are pulled in instead, and by how many days at most."""
ACTORS = ("", "plant", "customer")
RECENT = 3 * DAY
"""A move is stated at most so long before the order is looked at."""
SATURDAY = 5
"""As calendars count weekdays, from Monday at 0."""
WORK = Select("operation.confirmed")


def draw_points(history: History, points: DecisionPoints, seed: int) -> DecisionPoints:
    """At most ``MOST_COPIES`` of (n,) points, of orders with ``MOST_EVENTS`` in all, each once, sorted as they are."""
    draw = np.random.default_rng([seed, len(points)])
    chosen = draw.permutation(len(points))[:MOST_COPIES]
    events = np.diff(history.first)[points.order[chosen]]
    return points.take(np.sort(chosen[np.cumsum(events) <= MOST_EVENTS]))


def draw_moves(known: Known, seed: int) -> tuple[Moves, Ints]:
    """Moves of some of (n,) points, and the rows (n_moved,) of these: their promise still lies ahead when it is moved.

    A promise is pulled in only where work is recorded, whose pace then tells when it would have shipped all the same.
    Where none is, the promise itself may well decide when it ships.
    """
    n = len(known)
    draw = np.random.default_rng([seed, n, 1])
    near, far = draw.integers(*NEAREST, n), draw.integers(EARLIEST, LATEST, n)
    days = np.where(draw.random(n) < NEAR, near, far)
    days = np.where(known.count(WORK) > 0, days + (days >= 0), np.abs(days) + (days >= 0))
    due = known.due()
    plan_alone = (draw.random(n) < PLAN_ALONE) & (known.days_to_latest(PLANNED_END) > -SOONEST_PLAN)
    plan = np.where(plan_alone, draw.integers(SOONEST_PLAN, 0, n) * DAY, 0)
    promise = np.where(plan_alone | (due == NEVER), 0, _to_weekdays(due, days, known.context.calendar))
    truck = np.where(draw.random(n) < WITH_TRUCK, promise, 0)
    actor = np.array(ACTORS, dtype=object)[draw.integers(0, len(ACTORS), n)]
    earliest = np.maximum(known.history.recorded[known.stop - 1], known.as_of - RECENT)
    stated_at = earliest + (draw.random(n) * (known.as_of - earliest)).astype(np.int64)
    moved = np.flatnonzero((due + promise > known.as_of) & ((plan != 0) | (promise != 0)))
    return Moves(stated_at, promise, truck, plan, actor).take(moved), moved


def _to_weekdays(due: Ints, days: Ints, calendar: PlantCalendar) -> Ints:
    """(n,) microseconds by which promises move: off a weekend onto the Monday after, or the Friday before if earlier.

    A promise that falls on a weekend already may fall on one again.
    """
    weekday = calendar.weekday(calendar.day(due))
    reached = (weekday + days) % 7
    over = np.where((weekday < SATURDAY) & (reached >= SATURDAY), reached - SATURDAY, -1)
    corrected = np.where(over < 0, days, np.where(days > 0, days + 2 - over, days - 1 - over))
    return np.asarray(corrected, dtype=np.int64) * DAY
