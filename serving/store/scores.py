"""Scores as they were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from serving.store.schema import orders, scores
from serving.store.statements import chunks


def latest_scores(connection: Connection, order_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The latest score of each order that has one."""
    found: dict[str, Mapping[str, Any]] = {}
    for some in chunks(order_ids):
        asked = select(scores).join(orders, orders.c.score_id == scores.c.id).where(orders.c.order_id.in_(some))
        found |= {row["order_id"]: row for row in connection.execute(asked).mappings()}
    return found


def score_of(connection: Connection, score_id: int) -> Row[Any] | None:
    """One score by its id."""
    return connection.execute(select(scores).where(scores.c.id == score_id)).first()


def scores_before(connection: Connection, order_id: str, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """Scores of an order, the latest first, before an id if given."""
    asked = select(scores).where(scores.c.order_id == order_id).order_by(scores.c.id.desc()).limit(limit)
    return connection.execute(asked if before is None else asked.where(scores.c.id < before)).all()
