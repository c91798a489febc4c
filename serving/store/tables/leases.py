"""One process at a time does what must be done once: it holds a lease, which runs out if the process does."""

from __future__ import annotations

from sqlalchemy import Connection, or_

from serving.store.dialects import insert_new
from serving.store.schema import leases


def take_lease(connection: Connection, name: str, holder: str, now: int, until: int) -> bool:
    """Whether the lease is this holder's until a moment: nobody had it, it ran out, or it was theirs."""
    row = {"name": name, "holder": holder, "until": until}
    if connection.execute(insert_new(connection, leases).returning(leases.c.name), row).first() is not None:
        return True
    free = or_(leases.c.holder == holder, leases.c.until < now)
    statement = leases.update().where(leases.c.name == name, free).values(holder=holder, until=until)
    return connection.execute(statement).rowcount == 1


def drop_lease(connection: Connection, name: str, holder: str) -> None:
    """Let somebody else have it at once."""
    connection.execute(leases.delete().where(leases.c.name == name, leases.c.holder == holder))
