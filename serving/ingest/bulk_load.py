"""Many events at once into the store, everything scored; and the worklist built anew from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete

from features.progress import Progress
from serving.ingest.event_file import EventFile
from serving.scores.daily_context import begin_day
from serving.scores.projection import NewScore, project
from serving.scores.rescore import rescore_orders, save_orders, save_scores
from serving.scores.scoring_context import ScoringContext
from serving.scores.services import Services
from serving.store.bulk_reads import all_orders, orders_behind
from serving.store.database import Database
from serving.store.dialects import chunks
from serving.store.locks import lock_orders
from serving.store.schema import order_words, orders
from serving.store.tables.events import events_of, history_of
from serving.store.tables.scores import latest_moments, newest_scores

ORDERS_PART = 200
"""So many orders of one transaction."""


def load_and_score(services: Services, path: Path, progress: Progress) -> dict[str, Any]:
    """Store a file's events, begin the day anew with them, and score every order that has changed.

    The clock of the services must stand, so that all is of one moment.
    """
    database, settings, now = services.database, services.settings, services.clock()
    file = EventFile.read(path, now, settings.zone)
    stored = file.store(database, 0, len(file), now, progress)
    progress("building load and track record", 0, 1)
    begin_day(database, now, settings.zone, settings.policy, services.daily_context.model_or_none())
    services.daily_context.refresh()
    scored = catch_up(database, services.scoring_context("import"), progress)
    return load_result(services, file, stored, scored)


def load_result(services: Services, file: EventFile, stored: Mapping[str, int], scored: int) -> dict[str, Any]:
    """What came of a file: events that were new and that were there, its orders, scores made, how good they are."""
    counts = {"accepted": stored["accepted"], "duplicates": stored["duplicate"], "orders": len(file.orders())}
    active = services.daily_context.active_model()
    return counts | {"scored": scored} | active.degradation(services.clock())


def catch_up(database: Database, scoring_context: ScoringContext, progress: Progress) -> int:
    """Score the orders that have events which no score has seen; how many there were."""
    return score_orders(database, database.read(orders_behind), scoring_context, progress)


def score_orders(
    database: Database, order_ids: Sequence[str], scoring_context: ScoringContext, progress: Progress
) -> int:
    """Score orders by all events that are stored of them; how many there were."""

    def job(connection: Connection, some: Sequence[str]) -> None:
        earliest = latest_moments(connection, some)
        save_scores(connection, rescore_orders(events_of(connection, some), earliest, scoring_context))

    return _in_parts(database, order_ids, job, "scoring orders", progress)


def rebuild_worklist(database: Database, scoring_context: ScoringContext, progress: Progress) -> int:
    """Build the worklist anew from events and scores alone; how many orders it has."""

    def job(connection: Connection, some: Sequence[str]) -> None:
        connection.execute(delete(order_words).where(order_words.c.order_id.in_(some)))
        connection.execute(delete(orders).where(orders.c.order_id.in_(some)))
        latest = newest_scores(connection, some)
        new_scores = _project(events_of(connection, some), latest, scoring_context)
        save_orders(connection, new_scores, {order_id: score["id"] for order_id, score in latest.items()})

    return _in_parts(database, database.read(all_orders), job, "building the worklist", progress)


def _project(
    events: Sequence[Any], latest: Mapping[str, Mapping[Any, Any]], scoring_context: ScoringContext
) -> list[NewScore]:
    scored_events = [
        event for event in events if event.order_id in latest and event.seq <= latest[event.order_id]["seq"]
    ]
    if not scored_events:
        return []
    history = history_of(scored_events, scoring_context.policy)
    rows = [dict(latest[order_id]) for order_id in history.order_ids]
    as_of = np.array([row["as_of"] for row in rows], dtype=np.int64)
    return project(scored_events, history, as_of, rows, scoring_context)


def _in_parts(
    database: Database,
    order_ids: Sequence[str],
    job: Callable[[Connection, Sequence[str]], None],
    what: str,
    progress: Progress,
) -> int:
    for begin, some in _parts_of(order_ids):
        progress(what, begin, len(order_ids))

        def locked(connection: Connection, some: Sequence[str] = some) -> None:
            lock_orders(connection, some)
            job(connection, some)

        database.write(locked)
    return len(order_ids)


def _parts_of(order_ids: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    begin = 0
    for some in chunks(order_ids, ORDERS_PART):
        yield begin, some
        begin += len(some)
