"""The versions of states: which one of an order each system sent last, for the plants that it may speak of."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from serving.store.dialects import upsert
from serving.store.schema import state_versions


class StateVersion(NamedTuple):
    """A number of a system's state of an order, and the digest of that state."""

    version: int
    content: bytes


class Numbering(NamedTuple):
    """Whose numbers are compared: a system's of one order, sent by keys of the same plants."""

    order_id: str
    source: str
    scope: str


def version_of(connection: Connection, numbering: Numbering) -> StateVersion | None:
    """The version of the latest state that was stored; ``None`` without any."""
    query = select(state_versions.c.version, state_versions.c.content).filter_by(**numbering._asdict())
    row = connection.execute(query).first()
    return None if row is None else StateVersion(*row)


def save_version(connection: Connection, numbering: Numbering, latest: StateVersion) -> None:
    """Put a version in the place of the one before."""
    row = numbering._asdict() | latest._asdict()
    connection.execute(upsert(connection, state_versions, list(Numbering._fields)), row)
