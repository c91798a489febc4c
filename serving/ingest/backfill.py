"""Past mornings of a file's events, scored as a service would have scored them that was sent the events each hour.

What a score rests on is what was recorded by its moment: events are stored up to each hour, orders that have new ones
scored then, and each morning load and track record are built and every open order is scored with them. The model is
today's: where it was trained later than the first morning, it has learned from outcomes that nobody knew then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from features.arrays import Ints
from features.progress import Progress, no_progress
from features.times import HOUR, isoformat, plant_calendar
from serving.clock import SteppedClock
from serving.ingest.bulk_load import ORDERS_PART, catch_up, load_result, score_orders
from serving.ingest.event_file import EventFile
from serving.scores.daily_context import begin_day
from serving.scores.services import Services
from serving.store.schema import orders
from serving.store.tables.due_scores import due_by_time


class Stop(NamedTuple):
    """A moment to stand at: the events up to a place in the order of arrival are known, and a day may begin."""

    moment: int
    end: int
    morning: bool


def load_days(
    services: Services,
    clock: SteppedClock,
    path: Path,
    mornings: int,
    progress: Progress,
    after: Callable[[int], None] = lambda _moment: None,
) -> dict[str, Any]:
    """Store a file's events and score their orders at each of the last mornings and each hour since the first of them.

    What the store has scores of is not scored again, so the same file again, or the rest after a failure, is safe. The
    step of the latest score is looked at once more, as it may have been broken off half-way.

    Parameters
    ----------
    clock : that of the services; it stands at the end, to which it returns
    mornings : how many, the last is that of the clock's day
    after : called after each step with its moment, microseconds: what somebody does then
    """
    settings, end = services.settings, clock()
    file = EventFile.read(path, end, settings.zone)
    scored_until = services.database.read(_scored_until)
    steps = [step for step in steps_of(file, end, mornings, settings.zone) if step.moment >= scored_until]
    steps = steps or [Stop(end, len(file), True)]
    stored: Counter[str] = Counter()
    scored = begin = 0
    for number, step in enumerate(steps):
        progress(f"scoring as of {(isoformat(step.moment) or '')[:10]}", number, len(steps))
        clock.moment = step.moment
        stored += file.store(services.database, begin, step.end, step.moment, no_progress)
        scored += _score(services, step, None if number == 0 else file.orders(begin, step.end))
        begin = step.end
        after(step.moment)
    clock.moment = end
    return load_result(services, file, stored, scored) | {"mornings": sum(step.morning for step in steps)}


def steps_of(file: EventFile, end: int, mornings: int, zone: str) -> list[Stop]:
    """The mornings, the hours after the first in which something was recorded, and the end."""
    calendar = plant_calendar(zone)
    today = int(calendar.day(np.array([end]))[0])
    starts = calendar.starts_of(np.arange(today - mornings + 1, today + 1))
    moments = np.unique(np.concatenate([np.arange(starts[0], end, HOUR), starts, [end]]))
    return list(_with_something(file, moments, end, set(starts.tolist())))


def _with_something(file: EventFile, moments: Ints, end: int, starts: set[int]) -> Iterator[Stop]:
    before = 0
    for moment in moments.tolist():
        known = len(file) if moment == end else file.known_by(moment)
        if known > before or moment in starts or moment == end:
            yield Stop(moment, known, moment in starts)
        before = known


def _scored_until(connection: Connection) -> int:
    """The moment of the latest of all scores, microseconds."""
    return int(connection.execute(select(func.coalesce(func.max(orders.c.as_of), 0))).scalar_one())


def _score(services: Services, step: Stop, changed: Sequence[str] | None) -> int:
    """Score what is due at a step: orders with new events, in the first step all such, in mornings every open one."""
    database, settings = services.database, services.settings
    if step.morning:
        model = services.daily_context.model_or_none()
        begin_day(database, step.moment, settings.zone, settings.policy, model)
    services.daily_context.refresh()
    scoring_context = services.scoring_context("import")
    if changed is None:
        scored = catch_up(database, scoring_context, no_progress)
    else:
        scored = score_orders(database, changed, scoring_context, no_progress)
    return scored + _score_due(services) if step.morning else scored


def _score_due(services: Services) -> int:
    """Score the open orders that nothing has happened to, as a keeper does in the morning."""
    database, scoring_context, scored = services.database, services.scoring_context("morning"), 0
    while due := database.read(lambda c: due_by_time(c, scoring_context.now, ORDERS_PART)):
        scored += score_orders(database, [row.order_id for row in due], scoring_context, no_progress)
    return scored
