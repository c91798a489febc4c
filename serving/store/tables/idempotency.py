"""A key that is sent again gets the reply it got before, for as long as replies are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, delete, select

from features.errors import InvalidRequest
from features.times import DAY
from serving.store.dialects import insert_new
from serving.store.schema import idempotency

RETENTION = 7 * DAY


class KeyReused(InvalidRequest):
    """The key was used for another request."""


@dataclass(frozen=True)
class Effect:
    """What a write did, for the audit trail and the metrics.

    Attributes
    ----------
    outcomes : of how many events came what
    """

    order_id: str | None = None
    detail: str = ""
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredReply:
    """A reply as it is sent, and sent again.

    Attributes
    ----------
    effect : what was written for it, ``None`` where it was written before
    """

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    effect: Effect | None = None


def digest_of(parts: Iterable[bytes]) -> bytes:
    """Digest of the parts of a request; none can be taken for the end of another.

    >>> digest_of([b"ab", b"c"]) == digest_of([b"a", b"bc"])
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def run_once(
    connection: Connection, key: str | None, request: bytes, now: int, job: Callable[[Connection], StoredReply]
) -> StoredReply:
    """The reply of a job, done once a key, in the transaction that does it; without a key whenever it is asked for.

    Who comes with the same key at the same time waits until the first is done. Raises ``KeyReused`` where the key
    stands for another request.

    Parameters
    ----------
    request : all of it that means something, as ``digest_of`` makes of it
    """
    if key is None:
        return job(connection)
    stored = reserve(connection, key, request, now)
    if stored is not None:
        return stored
    reply = job(connection)
    save_reply(connection, key, reply)
    return reply


def save_reply(connection: Connection, key: str, reply: StoredReply) -> None:
    """What a key that is reserved stands for."""
    values = {"status": reply.status, "reply": reply.body, "headers": orjson.dumps(reply.headers).decode()}
    connection.execute(idempotency.update().where(idempotency.c.key == key).values(**values))


def reserve(connection: Connection, key: str, request: bytes, now: int) -> StoredReply | None:
    """Bind a key to a request; its reply where there is one. Raises ``KeyReused`` as ``run_once`` does."""
    row = {"key": key, "request": request, "made_at": now}
    if connection.execute(insert_new(connection, idempotency, idempotency.c.key), row).first() is not None:
        return None
    stored = connection.execute(select(idempotency).where(idempotency.c.key == key)).one()
    if stored.request != request:
        raise KeyReused(
            "an Idempotency-Key must stand for one request, got one that was used for another: it had another body,"
            " content type, If-Match or CloudEvents attribute in its headers"
        )
    if stored.status is None:  # a large batch that is not done, and may be done again
        return None
    return StoredReply(stored.status, stored.reply, orjson.loads(stored.headers))


def delete_expired(connection: Connection, now: int) -> None:
    """Drop replies that nobody will ask for any more."""
    connection.execute(delete(idempotency).where(idempotency.c.made_at < now - RETENTION))
