"""Open orders with their promise moved at random: what teaches trees that a move in itself is no sin.

Who moves a promise in the records mostly has a reason, and trees learn the reason from the move. So they also see open
orders of which a move is stated that nobody made, judged against what really shipped: of an order that was complete on
the 12th it is known that it would have kept a promise of the 15th and broken one of the 10th, as long as the floor does
not react to what is promised. That is an assumption: ``docs/decisions.md`` says how far it holds.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.decision_points import DecisionPoints
from features.engine.ordering import known_until
from features.history import History
from features.hypothetical import Moves
from features.times import DAY, PlantCalendar

MOST_COPIES = 20_000
EARLIEST, LATEST = -7, 21
"""By so many days promises are moved."""
NEAR, NEAREST = 0.6, (-3, 5)
"""How often a promise is moved by a few days only, and by which."""
WITH_TRUCK = 0.5
"""How often the trucks to come are moved too."""
PLAN_ALONE, SOONEST_PLAN = 0.4, -5
"""How often the planned ends are pulled in instead, and by how many days at most."""
ACTORS = ("", "plant", "customer")
RECENT = 3 * DAY
"""A move is stated at most so long before the order is looked at."""
SATURDAY = 5


def draw_points(points: DecisionPoints, seed: int) -> DecisionPoints:
    """At most ``MOST_COPIES`` of (n,) points, each at most once, sorted as they are."""
    draw = np.random.default_rng([seed, len(points)])
    chosen = draw.permutation(len(points))[:MOST_COPIES]
    return points.take(np.sort(chosen))


def draw_moves(
    history: History, points: DecisionPoints, due: Ints, calendar: PlantCalendar, seed: int
) -> tuple[Moves, Ints]:
    """A move of each of (n,) points, and the rows (n_moved,) of those whose promise still lies ahead after it.

    Parameters
    ----------
    due : (n,) the promise of each, microseconds
    """
    draw = np.random.default_rng([seed, len(points), 1])
    days = np.where(
        draw.random(len(points)) < NEAR,
        draw.integers(*NEAREST, len(points)),
        draw.integers(EARLIEST, LATEST, len(points)),
    )
    days += days >= 0
    plan_alone = draw.random(len(points)) < PLAN_ALONE
    promise = np.where(plan_alone, 0, _to_weekdays(due, days, calendar))
    plan = np.where(plan_alone, draw.integers(SOONEST_PLAN, 0, len(points)) * DAY, 0)
    truck = np.where(draw.random(len(points)) < WITH_TRUCK, promise, 0)
    actor = np.array(ACTORS, dtype=object)[draw.integers(0, len(ACTORS), len(points))]
    last = known_until(history.first, history.recorded, points.order, points.as_of) - 1
    earliest = np.maximum(history.recorded[last], points.as_of - RECENT)
    stated_at = earliest + (draw.random(len(points)) * (points.as_of - earliest)).astype(np.int64)
    ahead = np.flatnonzero((due + promise > points.as_of) & (plan_alone | (promise != 0)))
    return Moves(stated_at, promise, truck, plan, actor), ahead


def _to_weekdays(due: Ints, days: Ints, calendar: PlantCalendar) -> Ints:
    """(n,) microseconds by which promises move: off a weekend onto the Monday after, or the Friday before if earlier.

    A promise that falls on a weekend already may fall on one again.
    """
    weekday = calendar.weekday(calendar.day(due))
    reached = (weekday + days) % 7
    over = np.where((weekday < SATURDAY) & (reached >= SATURDAY), reached - SATURDAY, -1)
    corrected = np.where(over < 0, days, np.where(days > 0, days + 2 - over, days - 1 - over))
    return np.asarray(corrected, dtype=np.int64) * DAY
