"""Everything that is stored, read in parts: for training, and for the load and track record of a morning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from features.context.context import Context, PartialContext
from features.errors import InvalidEvents
from features.events.columns import as_frame
from features.history import History
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.readiness.pack_time import PackSample, PackTimes, pack_samples
from features.times import PlantCalendar
from serving.store.database import Database
from serving.store.schema import events, orders
from serving.store.tables.events import OF_ORDER, columns_of, history_of

PART_EVENTS = 100_000


def event_frame(database: Database) -> pd.DataFrame:
    """The event table of all orders, (n_events, 23). The events were validated when they came in.

    Raises ``InvalidEvents`` where none is stored.
    """
    with database.streaming() as connection:
        parts = [as_frame(columns_of(rows)) for rows in whole_orders(connection)]
    if not parts:
        raise InvalidEvents(f"the store must have at least one event, got none in {database}")
    return pd.concat(parts, ignore_index=True)


def context_of(
    database: Database, calendar: PlantCalendar, policy: OutcomePolicy, as_of: int
) -> tuple[Context, PackTimes] | None:
    """Load and track record of all orders, and usual pack times as of a moment, microseconds; in bounded memory.

    ``None`` where no event is stored.
    """
    parts: list[PartialContext] = []
    samples: list[PackSample] = []
    with histories_of(database, policy) as histories:
        for history in histories:
            parts.append(PartialContext.of(history, calendar))
            samples += pack_samples(history, as_of)
    return (Context.sum(parts, calendar, policy=policy), PackTimes.of_samples(samples)) if parts else None


@contextmanager
def histories_of(database: Database, policy: OutcomePolicy = DEFAULT_POLICY) -> Iterator[Iterator[History]]:
    """The histories of all orders, in parts of whole orders, one in memory at a time."""
    with database.streaming() as connection:
        yield (history_of(rows, policy) for rows in whole_orders(connection))


def whole_orders(connection: Connection, most: int = PART_EVENTS) -> Iterator[list[Any]]:
    """All events, order by order, in parts of at least ``most`` that hold whole orders."""
    part: list[Any] = []
    for row in connection.execute(select(*OF_ORDER).order_by(events.c.order_id, events.c.seq)):
        if len(part) >= most and row.order_id != part[-1].order_id:
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def orders_behind(connection: Connection) -> list[str]:
    """The orders that have events which no score has seen."""
    last = select(events.c.order_id, func.max(events.c.seq).label("seq")).group_by(events.c.order_id).subquery()
    scored = func.coalesce(orders.c.seq, 0)
    query = select(last.c.order_id).outerjoin(orders, orders.c.order_id == last.c.order_id).where(last.c.seq > scored)
    return list(connection.execute(query.order_by(last.c.order_id)).scalars())


def all_orders(connection: Connection) -> list[str]:
    """Every order of which an event is stored, in the order of their ids."""
    return list(connection.execute(select(events.c.order_id).distinct().order_by(events.c.order_id)).scalars())
