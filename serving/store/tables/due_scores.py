"""Which scores are due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from serving.store.schema import SCORED, orders

DUE = (orders.c.order_id, orders.c.seq, orders.c.score_id, orders.c.as_of)


def due_by_time(connection: Connection, now: int, limit: int) -> Sequence[Any]:
    """Listed orders whose next score is due, the longest due first."""
    return _due(connection, orders.c.next_at <= now, limit)


def due_by_model(connection: Connection, scored_by: str, limit: int) -> Sequence[Any]:
    """Open and late orders that another model has scored."""
    return _due(connection, orders.c.state.in_(SCORED) & (orders.c.scored_by != scored_by), limit)


def _due(connection: Connection, which: ColumnElement[bool], limit: int) -> Sequence[Any]:
    query = select(*DUE).where(orders.c.listed == 1, which).order_by(orders.c.next_at, orders.c.order_id).limit(limit)
    return connection.execute(query).all()


def unchanged(connection: Connection, rows: Sequence[Any]) -> set[str]:
    """Of orders that were looked at, those to which nothing has happened since."""
    seen_state = {row.order_id: (row.seq, row.score_id) for row in rows}
    query = select(*DUE).where(orders.c.order_id.in_(list(seen_state)))
    return {row.order_id for row in connection.execute(query) if seen_state[row.order_id] == (row.seq, row.score_id)}
