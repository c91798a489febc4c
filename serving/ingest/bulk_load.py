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
from features.times import isoformat
from serving.api.presenters import degraded
from serving.bootstrap import champion_of, clock_of
from serving.ingest.validation import SKEW
from serving.scores.daily_context import Mornings, begin_day
from serving.scores.occasion import Occasion
from serving.scores.projection import Made, project
from serving.scores.rescore import keep, remember, rescore
from serving.settings import Settings
from serving.store.bulk_reads import all_orders, orders_behind
from serving.store.database import Database
from serving.store.dialects import chunks
from serving.store.locks import lock_orders
from serving.store.schema import order_words, orders
from serving.store.tables.events import append_many, events_of, history_of, rows_of
from serving.store.tables.scores import latest_scores, newest_scores

EVENTS, ORDERS = 5_000, 200
"""So many events, or orders, of one transaction."""
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Loaded:
    """What became of the events of a file."""

    accepted: int
    duplicates: int
    orders: int


def load_and_score(settings: Settings, path: Path, tell: Tell) -> dict[str, Any]:
    """Store a file's events, begin the day anew with them, and score every order that has changed."""
    database, now = Database(settings.database), clock_of(settings)()
    try:
        loaded = load(database, path, now, settings.zone, tell)
        tell("building load and track record", 0, 1)
        begin_day(database, now, settings.zone)
        mornings = Mornings(champion_of(settings), database, lambda: now)
        mornings.refresh()
        standing = mornings.kept()
        scored = catch_up(database, Occasion("import", now, standing, settings), tell)
    finally:
        database.close()
    return asdict(loaded) | {"scored": scored} | degraded(standing, now)


def load(database: Database, path: Path, now: int, zone: str, tell: Tell) -> Loaded:
    """Store the events of a Parquet or CSV file, all valid or none; those that are there already change nothing.

    Raises ``InvalidEvents`` for a file that breaks a rule, or an event whose id stands for another one.
    """
    columns = read_columns(path, zone)
    _require_past(columns["recorded_at"], now, path)
    by = np.lexsort((columns["occurred_at"], columns["recorded_at"]))
    counts = {"accepted": 0, "duplicate": 0}
    for begin in range(0, len(by), EVENTS):
        tell("storing events", begin, len(by))
        some = _rows(columns, by[begin : begin + EVENTS])
        for outcome in database.write(partial(_append, rows=some, now=now, path=path)):
            counts[outcome] += 1
    return Loaded(counts["accepted"], counts["duplicate"], columns["order_id"].n_words)


def _rows(columns: Columns, rows: Ints) -> list[dict[str, Any]]:
    return rows_of(take(columns, rows), len(rows))


def _require_past(recorded: Ints, now: int, path: Path) -> None:
    latest = int(recorded.max())
    if latest > now + SKEW:
        must = f"be recorded by now ({isoformat(now)})"
        raise InvalidEvents(f"the events of {path} must {must}, got one recorded at {isoformat(latest)}")


def _append(connection: Connection, rows: list[dict[str, Any]], now: int, path: Path) -> list[str]:
    lock_orders(connection, [row["order_id"] for row in rows])
    appended = append_many(connection, rows, now)
    clashes = [
        f"{row['source']} {row['event_id']} differs in {', '.join(one.differs)}"
        for row, one in zip(rows, appended, strict=True)
        if one.outcome == "conflict"
    ]
    if clashes:
        shown = "\n  ".join(clashes[:SHOWN])
        raise InvalidEvents(f"the events of {path} must be those of the store where they have their ids\n  {shown}")
    return [one.outcome for one in appended]


def catch_up(database: Database, occasion: Occasion, tell: Tell) -> int:
    """Score the orders that have events which no score has seen; how many there were."""

    def job(connection: Connection, some: Sequence[str]) -> None:
        earliest = {order_id: score["as_of"] for order_id, score in latest_scores(connection, some).items()}
        remember(connection, rescore(events_of(connection, some), earliest, occasion))

    return _in_parts(database, database.read(orders_behind), job, "scoring orders", tell)


def rebuild(database: Database, occasion: Occasion, tell: Tell) -> int:
    """Build the worklist anew from events and scores alone; how many orders it has."""

    def job(connection: Connection, some: Sequence[str]) -> None:
        connection.execute(delete(order_words).where(order_words.c.order_id.in_(some)))
        connection.execute(delete(orders).where(orders.c.order_id.in_(some)))
        scored = newest_scores(connection, some)
        made = _projected(events_of(connection, some), scored, occasion)
        keep(connection, made, {order_id: score["id"] for order_id, score in scored.items()})

    return _in_parts(database, database.read(all_orders), job, "building the worklist", tell)


def _projected(events: Sequence[Any], scored: Mapping[str, Mapping[Any, Any]], occasion: Occasion) -> list[Made]:
    seen = [event for event in events if event.order_id in scored and event.seq <= scored[event.order_id]["seq"]]
    if not seen:
        return []
    history = history_of(seen)
    rows = [dict(scored[order_id]) for order_id in history.order_ids]
    as_of = np.array([row["as_of"] for row in rows], dtype=np.int64)
    return project(seen, history, as_of, rows, occasion)


def _in_parts(
    database: Database,
    order_ids: Sequence[str],
    job: Callable[[Connection, Sequence[str]], None],
    what: str,
    tell: Tell,
) -> int:
    for done, some in _counted(order_ids):
        tell(what, done, len(order_ids))

        def locked(connection: Connection, some: Sequence[str] = some) -> None:
            lock_orders(connection, some)
            job(connection, some)

        database.write(locked)
    return len(order_ids)


def _counted(order_ids: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    done = 0
    for some in chunks(order_ids, ORDERS):
        yield done, some
        done += len(some)
