"""The same key again gets the reply it got, for as long as replies are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, delete, select

from features.errors import InvalidRequest
from features.times import DAY
from serving.store.schema import idempotency
from serving.store.statements import insert_new

KEPT = 7 * DAY


class KeyTaken(InvalidRequest):
    """The key was used for another request."""


@dataclass(frozen=True)
class Kept:
    """A reply as it was sent."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def reserve(connection: Connection, key: str, request: bytes, now: int) -> Kept | None:
    """Take a key for a request; the reply that was sent, where the same request came before.

    Who comes at the same time waits here until the first is done. Raises ``KeyTaken`` for another request.
    """
    digest = hashlib.blake2b(request, digest_size=16).digest()
    row = {"key": key, "request": digest, "made_at": now}
    if connection.execute(insert_new(connection, idempotency), row).rowcount == 1:
        return None
    kept = connection.execute(select(idempotency).where(idempotency.c.key == key)).one()
    if kept.request != digest:
        raise KeyTaken("an Idempotency-Key must stand for one request, got one that was used for another body or path")
    return Kept(kept.status, kept.reply, orjson.loads(kept.headers))


def fulfil(connection: Connection, key: str, reply: Kept) -> None:
    """Keep the reply under its key, in the transaction that wrote what it tells."""
    filled = {"status": reply.status, "reply": reply.body, "headers": orjson.dumps(reply.headers).decode()}
    connection.execute(idempotency.update().where(idempotency.c.key == key).values(**filled))


def forget(connection: Connection, now: int) -> None:
    """Drop replies that nobody will ask for any more."""
    connection.execute(delete(idempotency).where(idempotency.c.made_at < now - KEPT))
