"""API keys: created and shown once; what is stored is their digest.

SHA-256 is right for them, and a slow hash would be wrong: a key is 256 random bits, which no dictionary holds and
nobody can try through, so a slow hash adds nothing but work for every request.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from functools import partial

from sqlalchemy import Connection

from features.errors import InvalidRequest
from features.times import DAY
from serving.auth.directory import CallerDirectory, KnownCaller, digest
from serving.clock import Clock, system_clock
from serving.principal import Caller, Role
from serving.store.database import Database
from serving.store.tables.audit import AuditRecord, record
from serving.store.tables.keys import KeyRow, add_key, all_keys, revoke_key

PREFIX = "shiprisk_"
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
ID, SECRET = 10, 32
"""Characters of an id, bytes of a secret."""
FORM = re.compile(rf"{PREFIX}([{ALPHABET}]{{{ID}}})_[A-Za-z0-9_-]{{43}}")
SHELL = "shell"
"""Who it is in the audit trail where a command was run."""


class ApiKeys(CallerDirectory):
    """Finds the caller of a key. What keys do is about the world outside, so their clock is the machine's."""

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        super().__init__(partial(_read_valid, database), FORM, clock)


def _read_valid(database: Database, now: int) -> dict[bytes, KnownCaller]:
    """The callers of all keys that hold, by digest."""
    rows = database.read(all_keys)
    return {row.digest: KnownCaller(caller_of(row), row.expires_at) for row in rows if row.holds(now)}


def caller_of(row: KeyRow) -> Caller:
    """Who calls with a key."""
    return Caller(row.name, row.plants, row.role, row.id)


def create_key(
    database: Database, name: str, role: Role, plants: Iterable[str] | None, days: int, now: int
) -> tuple[KeyRow, str]:
    """Make a key; its row, and the key itself, which cannot be had again."""
    if not name.strip() or any(not plant.strip() for plant in plants or ()):
        raise InvalidRequest(f"a key and its plants must have names, got {name!r} and {sorted(plants or ())}")
    key_id = "".join(secrets.choice(ALPHABET) for _ in range(ID))
    token = f"{PREFIX}{key_id}_{secrets.token_urlsafe(SECRET)}"
    plant_set = None if plants is None else frozenset(plants)
    row = KeyRow(key_id, name, role, plant_set, digest(token), now, now + days * DAY)
    entry = AuditRecord(now, SHELL, "keys create", "done", detail=f"{key_id} {role} for {row.where}")

    def insert(connection: Connection) -> None:
        add_key(connection, row)
        record(connection, entry)

    database.write(insert)
    return row, token


def revoke(database: Database, key_id: str, now: int) -> KeyRow:
    """Let a key hold no more; a second time changes nothing. Raises ``InvalidRequest`` for an id that no key has."""
    plain_id = key_id.removeprefix(PREFIX)

    def job(connection: Connection) -> KeyRow:
        row = revoke_key(connection, plain_id, now)
        if row is None:
            raise InvalidRequest(f"the key must be one of 'shiprisk keys list', got {key_id!r}")
        record(connection, AuditRecord(now, SHELL, "keys revoke", "done", detail=plain_id))
        return row

    return database.write(job)


def list_keys(database: Database) -> list[KeyRow]:
    """Every key that was made, the latest first."""
    return database.read(all_keys)
