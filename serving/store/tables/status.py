"""What is stored, and how fresh it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, func, select

from features.times import isoformat
from serving.store.schema import SCORED, contexts, events, orders, scores
from serving.store.tables.contexts import latest_morning
from serving.store.tables.worklist import with_word

MOMENTS = ("oldest_score_at", "next_score_at", "context_known_until")


def status_of(connection: Connection, now: int) -> dict[str, Any]:
    """Counts of everything, and how fresh the scores are, as plain content."""
    counts = {str(table.name): _count(connection, table) for table in (events, orders, scores)}
    received = connection.execute(select(func.max(events.c.received_at))).scalar()
    return counts | {"last_event_received_at": _moment(received)} | freshness(connection, now)


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def freshness(connection: Connection, now: int, plants: frozenset[str] | None = None) -> dict[str, Any]:
    """How fresh the scores are, its moments as ISO 8601, of the orders of some plants if they are named."""
    freshness_row = freshness_in_micros(connection, now, plants)
    return {**freshness_row, **{name: _moment(freshness_row[name]) for name in MOMENTS}}


def freshness_in_micros(connection: Connection, now: int, plants: frozenset[str] | None = None) -> dict[str, Any]:
    """Open and late orders, how many scores are due, the oldest and the next one, when load and track record end."""
    open_ = orders.c.state == "open"
    query = select(
        func.count().label("listed"),
        _sum(open_).label("open"),
        _sum(orders.c.next_at <= now).label("due"),
        func.min(case((open_, orders.c.as_of))).label("oldest_score_at"),
        func.min(orders.c.next_at).label("next_score_at"),
    ).where(orders.c.listed == 1, orders.c.state.in_(SCORED))
    if plants is not None:
        query = query.where(with_word("plant", tuple(sorted(plants))))
    freshness_row = {str(name): value for name, value in connection.execute(query).mappings().one().items()}
    morning = latest_morning(connection)
    known = select(contexts.c.known_until).where(contexts.c.id == (morning.context_id if morning else ""))
    return freshness_row | {"context_known_until": connection.execute(known).scalar()}


def _sum(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


def _moment(moment: int | None) -> str | None:
    return None if moment is None else isoformat(moment)
