"""Events, appended once each: the same source and id again is a success that changes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import orjson
from sqlalchemy import Connection, Row, func, select

from features.events.columns import Columns
from features.events.schema import COLUMNS, NUMBER, STRING
from features.events.text import code_objects
from features.history import History
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import NEVER
from serving.store.dialects import any_of, are_among, chunks, insert_rows
from serving.store.schema import EVENT_COLUMNS, events
from serving.store.tables.worklist import of_plants

Outcome = Literal["accepted", "duplicate", "conflict", "rejected"]
KEY = events.c.source, events.c.event_id
"""What tells events apart."""
COMPARED = tuple(column for column in EVENT_COLUMNS if column != "recorded_at")
ADDED = ("sequence", "instalment", "tolerance")
"""Columns younger than stores that are in use: without them an event has the digest that it always had."""
OF_ORDER = (events.c.seq, *(events.c[column] for column in EVENT_COLUMNS))
OF_ORDERS = select(*OF_ORDER).where(events.c.order_id.in_(any_of("order_ids"))).order_by(events.c.seq)


@dataclass(frozen=True)
class AppendResult:
    """The outcome of an event that holds: stored, there already, or its id in use by another one.

    Attributes
    ----------
    differs : columns in which the stored event of this id says something else
    """

    outcome: Outcome
    differs: tuple[str, ...] = ()


def rows_of(columns: Columns, n: int) -> list[dict[str, Any]]:
    """Validated columns as rows of the table, ``None`` for what is missing."""
    lists = [_plain(columns[column], COLUMNS[column]) for column in EVENT_COLUMNS]
    rows = [dict(zip(EVENT_COLUMNS, values, strict=True)) for values in zip(*lists, strict=True)] if n else []
    return [row | {"content": content_of(row)} for row in rows]


def _plain(values: Any, kind: str) -> list[Any]:
    if kind == STRING:
        texts: list[Any] = values.texts().tolist()
        return texts
    missing = None if kind == NUMBER else NEVER
    return [None if value == missing or value != value else value for value in values.tolist()]


def content_of(row: dict[str, Any]) -> bytes:
    """Digest of what the event says. When it was recorded is no part of it: who sends it again may say it later."""
    values = [row[column] for column in COMPARED if column not in ADDED or row[column] is not None]
    content = orjson.dumps(values)
    return hashlib.blake2b(content, digest_size=16).digest()


def append(connection: Connection, rows: Sequence[dict[str, Any]], now: int) -> list[AppendResult]:
    """Store the events that are new, in their order; none twice, whoever else sends them at the same time."""
    if not rows:
        return []
    received = [row | {"received_at": now} for row in rows]
    stored = {tuple(key) for key in insert_rows(connection, events, received, *KEY)}
    earlier = [key_of(row) for row in rows if key_of(row) not in stored]
    known = _known(connection, earlier) if earlier else {}
    return [AppendResult("accepted") if (key := key_of(row)) in stored else _compared(row, known[key]) for row in rows]


def append_many(connection: Connection, rows: Sequence[dict[str, Any]], now: int) -> list[AppendResult]:
    """Store the events that are new, faster for many, while nobody else sends them: their orders are locked."""
    known = _contents(connection, [key_of(row) for row in rows])
    new = [row | {"received_at": now} for row in rows if key_of(row) not in known]
    if new:
        insert_rows(connection, events, new)
    changed = [key for row in rows if known.get(key := key_of(row), row["content"]) != row["content"]]
    stored_rows = _known(connection, changed) if changed else {}
    return [_append_result(row, known, stored_rows) for row in rows]


def key_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """What tells an event apart from all others: its source and id."""
    return row["source"], row["event_id"]


def known_keys(connection: Connection, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those among sources and ids that an event is stored of."""
    return set(_contents(connection, keys))


def counts_of(connection: Connection, order_ids: Sequence[str]) -> Counter[str]:
    """By order, how many events of it are stored."""
    counts: Counter[str] = Counter()
    for some in chunks(order_ids):
        query = select(events.c.order_id, func.count()).where(events.c.order_id.in_(some)).group_by(events.c.order_id)
        counts.update({order_id: int(count) for order_id, count in connection.execute(query)})
    return counts


def lines_of(connection: Connection, order_ids: Sequence[str]) -> dict[str, set[tuple[str | None, str | None]]]:
    """By order, the lines and instalments that events of it name; no name is one of them."""
    lines: dict[str, set[tuple[str | None, str | None]]] = {}
    columns = events.c.order_id, events.c.line_id, events.c.instalment
    for some in chunks(order_ids):
        for order_id, line_id, instalment in connection.execute(
            select(*columns).where(events.c.order_id.in_(some)).distinct()
        ):
            lines.setdefault(order_id, set()).add((line_id, instalment))
    return lines


def _append_result(
    row: dict[str, Any], known: dict[tuple[str, str], bytes], stored_rows: dict[tuple[str, str], Row[Any]]
) -> AppendResult:
    key = key_of(row)
    if key in stored_rows:
        return _compared(row, stored_rows[key])
    return AppendResult("duplicate" if key in known else "accepted")


def _contents(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    matches: dict[tuple[str, str], bytes] = {}
    for some in chunks(keys):
        query = select(*KEY, events.c.content).where(are_among(connection, KEY, some))
        matches |= {(source, event_id): content for source, event_id, content in connection.execute(query)}
    return matches


def _known(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row[Any]]:
    matches: dict[tuple[str, str], Row[Any]] = {}
    for some in chunks(keys):
        query = select(events).where(are_among(connection, KEY, some))
        matches |= {(row.source, row.event_id): row for row in connection.execute(query)}
    return matches


def _compared(row: dict[str, Any], known: Row[Any]) -> AppendResult:
    if known.content == row["content"]:
        return AppendResult("duplicate")
    return AppendResult("conflict", tuple(column for column in COMPARED if getattr(known, column) != row[column]))


def events_of(connection: Connection, order_ids: Sequence[str]) -> list[Row[Any]]:
    """Every event of some orders: ``seq`` and the columns of the event table, in the order of arrival."""
    matches: list[Row[Any]] = []
    for some in chunks(order_ids):
        matches += connection.execute(OF_ORDERS, {"order_ids": some}).all()
    return matches


def recorded_between(
    connection: Connection, since: int, until: int, plants: frozenset[str] | None = None
) -> dict[str, int]:
    """By order, how many events were recorded after a moment up to another, microseconds; of some plants if named."""
    query = select(events.c.order_id, func.count().label("events"))
    query = query.where(events.c.recorded_at > since, events.c.recorded_at <= until)
    query = query.where(of_plants(events.c.order_id, plants))
    query = query.group_by(events.c.order_id).order_by(events.c.order_id)
    return {row.order_id: int(row.events) for row in connection.execute(query)}


def latest_records(
    connection: Connection, until: int, most: int, plants: frozenset[str] | None = None
) -> list[tuple[str, int]]:
    """Source and moment, microseconds, of what came in last, recorded until a moment; of some plants if named."""
    query = select(events.c.source, events.c.recorded_at).where(events.c.recorded_at <= until)
    query = query.where(of_plants(events.c.order_id, plants))
    query = query.order_by(events.c.seq.desc()).limit(most)
    return [(row.source, row.recorded_at) for row in connection.execute(query)]


def columns_of(rows: Iterable[Sequence[Any]]) -> Columns:
    """Rows of ``events_of`` as columns; they were validated when they came in."""
    lists = list(zip(*rows, strict=True))[1:] or [()] * len(EVENT_COLUMNS)
    return {column: _column(values, COLUMNS[column]) for column, values in zip(EVENT_COLUMNS, lists, strict=True)}


def _column(values: Sequence[Any], kind: str) -> Any:
    if kind == STRING:
        return code_objects(values, len(values))
    if kind == NUMBER:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array([NEVER if value is None else value for value in values], dtype=np.int64)


def history_of(rows: Iterable[Sequence[Any]], policy: OutcomePolicy = DEFAULT_POLICY) -> History:
    """The sorted history of rows of ``events_of``."""
    return History.of_columns(columns_of(rows), policy)
