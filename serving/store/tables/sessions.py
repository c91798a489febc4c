"""Sessions of browsers as they are stored: neither the key nor what the browser holds."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from serving.store.schema import sessions
from serving.store.tables.keys import KeyRow, all_keys


def add_session(connection: Connection, digest: bytes, key_id: str, now: int, expires_at: int) -> None:
    """Keep a new session, and drop those that have expired."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    row = {"digest": digest, "key_id": key_id, "created_at": now, "expires_at": expires_at}
    connection.execute(sessions.insert(), row)


def sessions_of_keys(connection: Connection, now: int) -> list[tuple[bytes, KeyRow, int]]:
    """Digest, key and expiry, microseconds, of all sessions that have not expired."""
    rows = connection.execute(select(sessions).where(sessions.c.expires_at > now)).all()
    keys = {key.id: key for key in all_keys(connection)} if rows else {}
    return [(bytes(row.digest), keys[row.key_id], int(row.expires_at)) for row in rows if row.key_id in keys]


def drop_session(connection: Connection, digest: bytes) -> None:
    """End a session."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))
