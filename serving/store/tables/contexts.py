"""Load and track record as they were each morning: stored, so that every score can be replayed."""

from __future__ import annotations

import hashlib
import zlib
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from features.context.context import Context
from features.readiness.pack_time import UNKNOWN_PAST, PackTimes
from serving.store.dialects import insert_new, upsert
from serving.store.schema import contexts, mornings


def context_key(context: Context) -> str:
    """The digest of a context's content, under which it is stored."""
    return _key(_content(context))


def _content(context: Context) -> bytes:
    return orjson.dumps(context.to_json())


def _key(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def save_context(connection: Connection, context: Context, now: int) -> str:
    """Keep a context under the digest of its content."""
    content = _content(context)
    context_id = _key(content)
    if connection.execute(select(contexts.c.id).where(contexts.c.id == context_id)).scalar() is None:
        row = {"id": context_id, "made_at": now, "known_until": context.known_until, "content": zlib.compress(content)}
        connection.execute(insert_new(connection, contexts), row)
    return context_id


def load_context(connection: Connection, context_id: str) -> Context | None:
    """A stored context, ``None`` where there is none of this id."""
    content = connection.execute(select(contexts.c.content).where(contexts.c.id == context_id)).scalar()
    return None if content is None else Context.from_json(orjson.loads(zlib.decompress(content)))


def set_morning(connection: Connection, day: int, context_id: str, usual: PackTimes, now: int) -> None:
    """From this day on, in days since 1970-01-01, scores read this context, and blockers these pack times."""
    pack_times = orjson.dumps(usual.to_json()).decode()
    row = {"day": day, "context_id": context_id, "pack_times": pack_times, "made_at": now}
    connection.execute(upsert(connection, mornings, ["day"]), row)


class Morning(NamedTuple):
    """A day, days since 1970-01-01, and what is read on it; one begun before pack times were learned has none known."""

    day: int
    context_id: str
    pack_times: PackTimes


def latest_morning(connection: Connection) -> Morning | None:
    """The last day for which a context was made."""
    query = select(mornings.c.day, mornings.c.context_id, mornings.c.pack_times)
    row = connection.execute(query.order_by(mornings.c.day.desc()).limit(1)).first()
    if row is None:
        return None
    usual = UNKNOWN_PAST if row.pack_times is None else PackTimes.from_json(orjson.loads(row.pack_times))
    return Morning(int(row.day), str(row.context_id), usual)
