"""Locks that keep an order to one transaction at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, text

from features.errors import ShipriskError

LOCKS = text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k")
FREE = text("SELECT k FROM unnest(CAST(:keys AS bigint[])) AS k WHERE pg_try_advisory_xact_lock(k)")


class OrdersBusy(ShipriskError):
    """Another transaction keeps an order that this one needs."""


def lock_orders(connection: Connection, order_ids: Iterable[str]) -> None:
    """Keep orders, new ones too, to this transaction until it ends.

    They are locked in one order, so that no two transactions wait for each other. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(LOCKS, {"keys": sorted(_lock(order_id) for order_id in set(order_ids))})


def lock_free(connection: Connection, order_ids: Iterable[str]) -> set[str]:
    """Keep those orders to this transaction that no other keeps, without waiting for the others; which they are."""
    ids = set(order_ids)
    if connection.dialect.name != "postgresql":
        return ids
    keys = {order_id: _lock(order_id) for order_id in ids}
    free = set(connection.execute(FREE, {"keys": sorted(set(keys.values()))}).scalars())
    return {order_id for order_id, key in keys.items() if key in free}


def require_free(connection: Connection, order_ids: Iterable[str]) -> None:
    """Keep orders to this transaction. Raises ``OrdersBusy``, at once, where another one keeps any of them."""
    ids = set(order_ids)
    if busy := ids - lock_free(connection, ids):
        raise OrdersBusy(f"orders must be free, got {len(busy):,} that another transaction keeps")


def _lock(order_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(order_id.encode(), digest_size=8).digest(), "big", signed=True)
