"""When somebody last opened a page, and when the visit before that ended."""

from __future__ import annotations

from sqlalchemy import Connection, select

from serving.store.dialects import upsert
from serving.store.schema import visits


def note_visit(connection: Connection, owner: str, now: int, gap: int) -> None:
    """Write down that somebody opened a page; after a ``gap`` without one, microseconds, another visit begins."""
    row = connection.execute(select(visits).where(visits.c.owner == owner)).mappings().first()
    if row is not None and now <= row["seen_at"]:
        return
    before = None if row is None else row["before_at"] if now - row["seen_at"] < gap else row["seen_at"]
    connection.execute(upsert(connection, visits, ["owner"]), {"owner": owner, "seen_at": now, "before_at": before})


def last_visit(connection: Connection, owner: str) -> int | None:
    """When the visit before this one ended, microseconds; ``None`` where this is the first."""
    moment: int | None = connection.execute(select(visits.c.before_at).where(visits.c.owner == owner)).scalar()
    return moment
