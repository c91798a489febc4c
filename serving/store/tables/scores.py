"""Scores as they were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from serving.store.dialects import any_of, chunks
from serving.store.schema import orders, scores

_LATEST = orders.c.score_id == scores.c.id
LARGE = ("factors", "reasons", "ship_date")
"""Compressed texts, which not everybody reads."""
SMALL = [column for column in scores.c if column.name not in LARGE]
LATEST = select(scores).join(orders, _LATEST).where(orders.c.order_id.in_(any_of("order_ids")))

LATEST_MOMENTS = LATEST.with_only_columns(scores.c.order_id, scores.c.as_of)


def latest_scores(connection: Connection, order_ids: Sequence[str]) -> dict[str, Mapping[Any, Any]]:
    """The latest score of each order that has one."""
    latest: dict[str, Mapping[Any, Any]] = {}
    for some in chunks(order_ids):
        latest |= {row["order_id"]: row for row in connection.execute(LATEST, {"order_ids": some}).mappings()}
    return latest


def latest_moments(connection: Connection, order_ids: Sequence[str]) -> dict[str, int]:
    """The moment of the latest score of each order that has one, microseconds."""
    moments: dict[str, int] = {}
    for some in chunks(order_ids):
        moments |= {row.order_id: row.as_of for row in connection.execute(LATEST_MOMENTS, {"order_ids": some})}
    return moments


def score_of(connection: Connection, score_id: int) -> RowMapping | None:
    """One score by its id."""
    return connection.execute(select(scores).where(scores.c.id == score_id)).mappings().first()


def scores_before(connection: Connection, order_id: str, before: int | None, limit: int) -> Sequence[RowMapping]:
    """Scores of an order, the latest first, before an id if given."""
    query = select(scores).where(scores.c.order_id == order_id).order_by(scores.c.id.desc()).limit(limit)
    return connection.execute(query if before is None else query.where(scores.c.id < before)).mappings().all()


def newest_scores(connection: Connection, order_ids: Sequence[str]) -> dict[str, Mapping[Any, Any]]:
    """The latest score of each order by the scores alone, whatever the worklist says."""
    newest = select(func.max(scores.c.id)).where(scores.c.order_id.in_(order_ids)).group_by(scores.c.order_id)
    query = select(scores).where(scores.c.id.in_(newest))
    return {row["order_id"]: row for row in connection.execute(query).mappings()}


def latest_score_by(connection: Connection, order_id: str, moment: int) -> RowMapping | None:
    """What the latest score of an order at or before a moment, microseconds, rests on, without what is ``LARGE``."""
    query = select(*SMALL).where(scores.c.order_id == order_id, scores.c.as_of <= moment)
    return connection.execute(query.order_by(scores.c.id.desc()).limit(1)).mappings().first()


def scores_up_to(connection: Connection, last: Mapping[Any, Any], first_id: int = 0) -> Sequence[RowMapping]:
    """What the scores of an order rest on, without what is ``LARGE``: from one id to another score, in their order."""
    query = select(*SMALL).where(scores.c.order_id == last["order_id"], scores.c.id.between(first_id, last["id"]))
    return connection.execute(query.order_by(scores.c.id)).mappings().all()


def risks_since(connection: Connection, order_ids: Sequence[str], since: int) -> Sequence[RowMapping]:
    """The risks that orders were scored with at or after a moment, microseconds, the earliest first."""
    columns = scores.c.order_id, scores.c.as_of, scores.c.risk
    risks: list[RowMapping] = []
    for some in chunks(order_ids):
        query = select(*columns).where(scores.c.order_id.in_(some), scores.c.as_of >= since).order_by(scores.c.id)
        risks += connection.execute(query).mappings().all()
    return risks


def last_score_id(connection: Connection) -> int:
    """The highest id of a score, 0 where there is none."""
    return connection.execute(select(func.max(scores.c.id))).scalar() or 0


def scores_after(connection: Connection, after: int, limit: int) -> Sequence[RowMapping]:
    """Ids, orders, states and risks of the scores with a higher id, at most ``limit`` of them, the lowest id first."""
    columns = scores.c.id, scores.c.order_id, scores.c.state, scores.c.risk
    query = select(*columns).where(scores.c.id > after).order_by(scores.c.id).limit(limit)
    return connection.execute(query).mappings().all()
