"""Many events at once into the store, everything scored; and the worklist built anew from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete

from features.arrays import Ints
from features.errors import InvalidEvents
from features.events import read_columns
from features.events.columns import Columns, take
from features.events.validation import SHOWN
from features.progress import Progress
from features.times import isoformat
from serving.ingest.validation import SKEW
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
from serving.store.tables.events import append_many, events_of, history_of, rows_of
from serving.store.tables.scores import latest_moments, newest_scores

EVENTS_PART, ORDERS_PART = 5_000, 200
"""So many events, or orders, of one transaction."""


@dataclass(frozen=True)
class LoadResult:
    """How many events of a file were new, and how many were there already; and how many orders it has."""

    accepted: int
    duplicates: int
    orders: int


def load_and_score(services: Services, path: Path, progress: Progress) -> dict[str, Any]:
    """Store a file's events, begin the day anew with them, and score every order that has changed.

    The clock of the services must stand, so that all is of one moment.
    """
    database, settings, now = services.database, services.settings, services.clock()
    result = load(database, path, now, settings.zone, progress)
    progress("building load and track record", 0, 1)
    begin_day(database, now, settings.zone, settings.policy, services.daily_context.model_or_none())
    services.daily_context.refresh()
    scoring_context = services.scoring_context("import")
    scored = catch_up(database, scoring_context, progress)
    return asdict(result) | {"scored": scored} | scoring_context.active.degradation(now)


def load(database: Database, path: Path, now: int, zone: str, progress: Progress) -> LoadResult:
    """Store the events of a Parquet or CSV file, all valid or none; those that are there already change nothing.

    Raises ``InvalidEvents`` for a file that breaks a rule, or an event whose id stands for another one.
    """
    columns = read_columns(path, zone)
    _require_past(columns["recorded_at"], now, path)
    arrival = np.lexsort((columns["occurred_at"], columns["recorded_at"]))
    counts = {"accepted": 0, "duplicate": 0}
    for begin in range(0, len(arrival), EVENTS_PART):
        progress("storing events", begin, len(arrival))
        some = _rows(columns, arrival[begin : begin + EVENTS_PART])
        for outcome in database.write(partial(_append, rows=some, now=now, path=path)):
            counts[outcome] += 1
    return LoadResult(counts["accepted"], counts["duplicate"], columns["order_id"].n_words)


def _rows(columns: Columns, rows: Ints) -> list[dict[str, Any]]:
    return rows_of(take(columns, rows), len(rows))


def _require_past(recorded: Ints, now: int, path: Path) -> None:
    latest = int(recorded.max())
    if latest > now + SKEW:
        must = f"be recorded by now ({isoformat(now)})"
        raise InvalidEvents(f"the events of {path} must {must}, got one recorded at {isoformat(latest)}")


def _append(connection: Connection, rows: list[dict[str, Any]], now: int, path: Path) -> list[str]:
    lock_orders(connection, [row["order_id"] for row in rows])
    appends = append_many(connection, rows, now)
    conflicts = [
        f"{row['source']} {row['event_id']} differs in {', '.join(one.differs)}"
        for row, one in zip(rows, appends, strict=True)
        if one.outcome == "conflict"
    ]
    if conflicts:
        shown = "\n  ".join(conflicts[:SHOWN])
        raise InvalidEvents(f"the events of {path} must be those of the store where they have their ids\n  {shown}")
    return [one.outcome for one in appends]


def catch_up(database: Database, scoring_context: ScoringContext, progress: Progress) -> int:
    """Score the orders that have events which no score has seen; how many there were."""

    def job(connection: Connection, some: Sequence[str]) -> None:
        earliest = latest_moments(connection, some)
        save_scores(connection, rescore_orders(events_of(connection, some), earliest, scoring_context))

    return _in_parts(database, database.read(orders_behind), job, "scoring orders", progress)


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
