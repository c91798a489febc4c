"""API keys as they are stored: never the key itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from serving.principal import Role
from serving.store.schema import api_keys


@dataclass(frozen=True)
class KeyRow:
    """A key. Moments are microseconds.

    Attributes
    ----------
    plants : ``None`` for every plant
    digest : SHA-256 of the key
    """

    id: str
    name: str
    role: Role
    plants: frozenset[str] | None
    digest: bytes
    created_at: int
    expires_at: int
    revoked_at: int | None = None

    def holds(self, now: int) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and now < self.expires_at

    def state(self, now: int) -> str:
        """In a word."""
        return "revoked" if self.revoked_at is not None else "valid" if self.holds(now) else "expired"

    @property
    def where(self) -> str:
        """Its plants in words."""
        return "all plants" if self.plants is None else ", ".join(sorted(self.plants))


def add_key(connection: Connection, key: KeyRow) -> None:
    """Keep a new key."""
    plants = None if key.plants is None else orjson.dumps(sorted(key.plants)).decode()
    connection.execute(api_keys.insert(), vars(key) | {"role": str(key.role), "plants": plants})


def key_of(connection: Connection, key_id: str) -> KeyRow | None:
    """A key by its id, ``None`` where there is none."""
    row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).mappings().first()
    return None if row is None else _row(row)


def all_keys(connection: Connection) -> list[KeyRow]:
    """Every key, the latest first."""
    query = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    return [_row(row) for row in connection.execute(query).mappings()]


def revoke_key(connection: Connection, key_id: str, now: int) -> KeyRow | None:
    """Mark a key as revoked, once; the key, ``None`` where there is none."""
    unrevoked = api_keys.c.revoked_at.is_(None)
    connection.execute(api_keys.update().where(api_keys.c.id == key_id, unrevoked).values(revoked_at=now))
    return key_of(connection, key_id)


def _row(row: Any) -> KeyRow:
    plants = None if row["plants"] is None else frozenset(orjson.loads(row["plants"]))
    return KeyRow(**{**row, "role": Role(row["role"]), "plants": plants, "digest": bytes(row["digest"])})
