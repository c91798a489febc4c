"""The audit trail: who did what, when, and how it ended. The database itself refuses to change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from serving.store.schema import audit
from serving.store.tables.idempotency import Effect, StoredReply

INSERT = audit.insert()
CHAMPION = "champion"
SERVICE = "service"
"""Who it is where nobody asked."""
UNKNOWN = "unknown"
"""Who it is where nobody knows: a write without a key that holds."""


@dataclass(frozen=True)
class AuditRecord:
    """One thing that was done, or refused. No body and no key is part of it.

    Attributes
    ----------
    who : a key's id; ``local`` without keys, ``shell`` for a command, ``service`` where nobody
        asked, ``unknown`` without a key that holds
    what : a route, or ``keys create``, ``keys revoke``, ``champion``
    outcome : an HTTP status, or ``done``
    """

    at: int
    who: str
    what: str
    outcome: str
    order_id: str | None = None
    detail: str = ""
    request_id: str = ""


def with_outcome(entry: AuditRecord, reply: StoredReply) -> AuditRecord:
    """An entry of a request, with the outcome of its reply."""
    effect = reply.effect or Effect()
    return replace(entry, outcome=str(reply.status), order_id=effect.order_id, detail=effect.detail)


def record(connection: Connection, entry: AuditRecord) -> None:
    """Append an entry, in the transaction of what it tells."""
    record_all(connection, [entry])


def record_all(connection: Connection, entries: Sequence[AuditRecord]) -> None:
    """Append several entries, in the transaction of what they tell."""
    if entries:
        connection.execute(INSERT, [vars(entry) for entry in entries])


def record_champion(connection: Connection, now: int, named: str) -> None:
    """Append the champion that took over, unless it is the one of the last such entry: each process sees it."""
    last = select(audit.c.detail).where(audit.c.what == CHAMPION).order_by(audit.c.id.desc()).limit(1)
    if connection.execute(last).scalar() != named:
        record(connection, AuditRecord(now, SERVICE, CHAMPION, "done", detail=named))


def latest_of(connection: Connection, what: str) -> RowMapping | None:
    """The latest entry of a kind."""
    query = select(audit).where(audit.c.what == what).order_by(audit.c.id.desc()).limit(1)
    return connection.execute(query).mappings().first()


def entries(
    connection: Connection, limit: int, before: int | None = None, who: str | None = None, order_id: str | None = None
) -> Sequence[Any]:
    """Entries, the latest first, before an id if given; of one caller or one order if asked."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    for column, value in ((audit.c.who, who), (audit.c.order_id, order_id)):
        if value is not None:
            query = query.where(column == value)
    return connection.execute(query if before is None else query.where(audit.c.id < before)).mappings().all()
