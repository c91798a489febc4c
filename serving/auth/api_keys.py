"""API keys: created and shown once; what is stored is their digest.

SHA-256 is right for them, and a slow hash would be wrong: a key is 256 random bits, which no dictionary holds and
nobody can try through, so a slow hash adds nothing but work for every request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from features.errors import InvalidRequest
from features.times import DAY, SECOND
from serving.clock import Clock, system_clock
from serving.principal import Caller, Role
from serving.store.database import Database
from serving.store.tables.audit import AuditRecord, record
from serving.store.tables.keys import KeyRow, add_key, all_keys, key_of, revoke_key

PREFIX = "shiprisk_"
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
ID, SECRET = 10, 32
"""Characters of an id, bytes of a secret."""
FORM = re.compile(rf"{PREFIX}([{ALPHABET}]{{{ID}}})_[A-Za-z0-9_-]{{43}}")
CACHE_TIME = 5 * SECOND
"""So long a key that holds is not looked up again: a revocation holds after that, in every process."""
CACHE_SIZE = 1_000
"""So many keys are cached."""
SHELL = "shell"
"""Who it is in the audit trail where a command was run."""


def digest(token: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class CachedKey:
    """The caller of a key that holds, until when it does, and when it was looked up."""

    caller: Caller
    expires_at: int
    looked_up_at: int


class CallerCache:
    """The callers of tokens that were looked up lately, by digest; the oldest of too many are dropped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[bytes, CachedKey] = OrderedDict()

    def get(self, token: str) -> Caller | None:
        """The caller of a token that holds, as far as is known without asking the database."""
        entry, now = self._entries.get(digest(token)), self._clock()
        fresh = entry is not None and now - entry.looked_up_at < CACHE_TIME and now < entry.expires_at
        return entry.caller if entry and fresh else None

    def put(self, token_digest: bytes, caller: Caller, expires_at: int) -> Caller:
        """Remember who calls with a token."""
        self._entries[token_digest] = CachedKey(caller, expires_at, self._clock())
        if len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)
        return caller

    def forget(self, token_digest: bytes) -> None:
        """Drop a token that holds no more."""
        self._entries.pop(token_digest, None)


class ApiKeys:
    """Finds the caller of a key. What keys do is about the world outside, so their clock is the machine's."""

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        self._cache = CallerCache(clock)

    def cached(self, token: str) -> Caller | None:
        """The caller of a key that was looked up lately, without asking the database."""
        return self._cache.get(token)

    def find(self, token: str) -> Caller | None:
        """The caller of a key, ``None`` where it is not valid. Raises ``DatabaseUnavailable``: nobody comes in."""
        match, now = FORM.fullmatch(token), self._clock()
        if match is None:
            return None
        row = self._database.read(lambda connection: key_of(connection, match[1]))
        token_digest = digest(token)
        if row is None or not hmac.compare_digest(row.digest, token_digest) or not row.holds(now):
            self._cache.forget(token_digest)
            return None
        return self._cache.put(token_digest, caller_of(row), row.expires_at)


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
