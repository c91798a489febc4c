"""What the two databases say differently: upserts, plans, and locks that keep an order to one transaction at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, literal_column, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

LOCKS = text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k")
MOST = 1_000
"""So many ids are asked for at a time."""


def insert_new(connection: Connection, table: Table) -> Any:
    """An insert that leaves out rows that are there already."""
    return _insert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table, keys: Sequence[str]) -> Any:
    """An insert that replaces the row of the same key."""
    made = _insert(connection, table)
    return made.on_conflict_do_update(
        index_elements=list(keys), set_={c.name: made.excluded[c.name] for c in table.c if c.name not in keys}
    )


def _insert(connection: Connection, table: Table) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made: Insert = dialect.insert(table)
    return made


def by_index(asked: Select[Any], table: Table, index: str) -> Select[Any]:
    """The same, read by an index. SQLite must be told, PostgreSQL counts what is there and finds it."""
    return asked.with_hint(table, f"INDEXED BY {index}", "sqlite")


def apart(connection: Connection, asked: Select[Any]) -> Select[Any]:
    """A query that PostgreSQL runs by itself, so that it does not look for it where the one around it would begin."""
    return asked.offset(literal_column("0")) if connection.dialect.name == "postgresql" else asked


def is_among(connection: Connection, key: Any, column: Any, some: Select[Any]) -> ColumnElement[bool]:
    """Whether a key is among those of a query, asked for few of many rows.

    SQLite makes a list of them when it first needs one. PostgreSQL would go through a list too long for its memory from
    one end to the other, and looks up each key instead.
    """
    if connection.dialect.name == "postgresql":
        return some.where(column == key).correlate_except(column.table).exists()
    return key.in_(some)  # type: ignore[no-any-return]


def lock_orders(connection: Connection, order_ids: Iterable[str]) -> None:
    """Keep orders, new ones too, to this transaction until it ends.

    They are locked in one order, so that no two transactions wait for each other. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LOCKS, {"keys": sorted(_lock(order_id) for order_id in set(order_ids))})


def _lock(order_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(order_id.encode(), digest_size=8).digest(), "big", signed=True)


def chunks(values: Sequence[Any], size: int = MOST) -> Iterable[Sequence[Any]]:
    """The values, at most ``size`` at a time."""
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]
