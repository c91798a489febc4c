"""What a period was for many orders: the risks at its begin and now, what was decided, and what sources sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, select

from serving.store.dialects import chunks
from serving.store.schema import events, orders, scores
from serving.store.tables.events import OF_ORDER
from serving.store.tables.worklist import of_plants

Plants = frozenset[str] | None


def first_score_at(connection: Connection) -> int | None:
    """The moment of the first score that is stored, microseconds; ``None`` before there is one."""
    moment: int | None = connection.execute(select(scores.c.as_of).order_by(scores.c.id).limit(1)).scalar()
    return moment


def moved_since(connection: Connection, moment: int, plants: Plants) -> Sequence[RowMapping]:
    """Every order that was scored after a moment, microseconds: state and risk now, and at that moment.

    ``before_state`` is ``None`` where there was no score yet.
    """
    before = select(scores.c.id).where(scores.c.order_id == orders.c.order_id, scores.c.as_of <= moment)
    latest = before.order_by(scores.c.id.desc()).limit(1).scalar_subquery()
    now = select(orders.c.order_id, orders.c.state, orders.c.risk, orders.c.value, latest.label("before_id"))
    now = now.where(orders.c.as_of > moment, of_plants(orders.c.order_id, plants))
    rows = now.subquery()
    query = select(rows, scores.c.state.label("before_state"), scores.c.risk.label("before_risk"))
    return connection.execute(query.outerjoin(scores, scores.c.id == rows.c.before_id)).mappings().all()


def order_rows(connection: Connection, order_ids: Sequence[str]) -> dict[str, RowMapping]:
    """The rows of some orders, as the worklist has them, by id."""
    found: dict[str, RowMapping] = {}
    for some in chunks(order_ids):
        query = select(orders).where(orders.c.order_id.in_(some))
        found |= {row["order_id"]: row for row in connection.execute(query).mappings()}
    return found


def events_of_type(connection: Connection, kind: str, window: tuple[int, int], plants: Plants) -> Sequence[Row[Any]]:
    """Events of one type recorded after a moment up to another, microseconds, in the order of arrival."""
    query = select(*OF_ORDER).where(events.c.type == kind, events.c.recorded_at > window[0])
    query = query.where(events.c.recorded_at <= window[1], of_plants(events.c.order_id, plants))
    return connection.execute(query.order_by(events.c.seq)).all()


def typed_events_of(connection: Connection, kind: str, order_ids: Sequence[str]) -> list[Row[Any]]:
    """Events of one type of some orders, of each in the order of arrival."""
    found: list[Row[Any]] = []
    for some in chunks(order_ids):
        query = select(*OF_ORDER).where(events.c.order_id.in_(some), events.c.type == kind)
        found += connection.execute(query.order_by(events.c.seq)).all()
    return found


def stated_between(connection: Connection, window: tuple[int, int], plants: Plants) -> dict[tuple[str, str], str]:
    """By source and id, the state that events recorded in a period state, such as short or available."""
    query = select(events.c.source, events.c.event_id, events.c.state).where(events.c.state.is_not(None))
    query = query.where(events.c.recorded_at > window[0], events.c.recorded_at <= window[1])
    rows = connection.execute(query.where(of_plants(events.c.order_id, plants)))
    return {(row.source, row.event_id): row.state for row in rows}


def risks_before(connection: Connection, moments: dict[str, int]) -> dict[str, float | None]:
    """By order, the risk of its latest score before a moment of its own, microseconds; those with no score left out."""
    risks: dict[str, float | None] = {}
    for some in chunks(list(moments)):
        query = select(scores.c.order_id, scores.c.as_of, scores.c.risk).where(scores.c.order_id.in_(some))
        query = query.where(scores.c.as_of < max(moments[order_id] for order_id in some))
        rows = connection.execute(query.order_by(scores.c.id))
        risks |= {order_id: risk for order_id, as_of, risk in rows if as_of < moments[order_id]}
    return risks


def late_since(connection: Connection, order_ids: Sequence[str], moment: int) -> set[str]:
    """Which of some orders were scored as late after a moment, microseconds."""
    late: set[str] = set()
    for some in chunks(order_ids):
        query = select(scores.c.order_id).where(scores.c.order_id.in_(some), scores.c.state == "late")
        late |= set(connection.execute(query.where(scores.c.as_of > moment)).scalars())
    return late


def last_records(connection: Connection, plants: Plants) -> Sequence[RowMapping]:
    """By source, when the latest of its events was recorded, and how many there are."""
    latest = func.max(events.c.recorded_at).label("recorded_at")
    query = select(events.c.source, latest, func.count().label("events"))
    query = query.where(of_plants(events.c.order_id, plants)).group_by(events.c.source)
    return connection.execute(query.order_by(events.c.source)).mappings().all()
