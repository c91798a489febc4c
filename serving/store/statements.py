"""What the two databases say differently: upserts, and the locks that keep an order to one transaction at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Table, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

LOCKS = text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k")
MOST = 1_000
"""So many ids are asked for at a time."""


def among(name: str) -> BindParameter[Any]:
    """Values that a statement is given when it is executed, for ``in_``; the statement is then built only once."""
    return bindparam(name, expanding=True)


def insert_new(connection: Connection, table: Table, *told: Column[Any]) -> Any:
    """An insert that leaves out rows that are there already, and returns some columns of the new ones."""
    return _insert_new(connection.dialect.name, table, told)


def upsert(connection: Connection, table: Table, keys: Sequence[str]) -> Any:
    """An insert that replaces the row of the same key."""
    return _upsert(connection.dialect.name, table, tuple(keys))


@cache
def _insert_new(dialect: str, table: Table, told: tuple[Column[Any], ...]) -> Any:
    made = _insert(dialect, table).on_conflict_do_nothing()
    return made.returning(*told) if told else made


@cache
def _upsert(dialect: str, table: Table, keys: tuple[str, ...]) -> Any:
    made = _insert(dialect, table)
    return made.on_conflict_do_update(
        index_elements=list(keys), set_={c.name: made.excluded[c.name] for c in table.c if c.name not in keys}
    )


def _insert(dialect: str, table: Table) -> Any:
    made: Insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    return made


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
