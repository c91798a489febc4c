"""Sessions of browsers as they are stored: neither the key nor what the browser holds."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from serving.store.schema import sessions
from serving.store.tables.keys import KeyRow, key_of


def add_session(connection: Connection, digest: bytes, key_id: str, now: int, expires_at: int) -> None:
    """Keep a new session, and drop those that have expired."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    row = {"digest": digest, "key_id": key_id, "created_at": now, "expires_at": expires_at}
    connection.execute(sessions.insert(), row)


def session_of(connection: Connection, digest: bytes) -> tuple[KeyRow, int] | None:
    """The key of a session and when the session expires, microseconds; ``None`` where there is no such session."""
    query = select(sessions.c.key_id, sessions.c.expires_at).where(sessions.c.digest == digest)
    row = connection.execute(query).first()
    key = None if row is None else key_of(connection, row.key_id)
    return None if row is None or key is None else (key, int(row.expires_at))


def drop_session(connection: Connection, digest: bytes) -> None:
    """End a session."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))
