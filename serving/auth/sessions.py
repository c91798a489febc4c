"""Sessions of browsers: made from a key at sign-in, opaque to the browser, ended by sign-out or with the key.

The browser holds 256 random bits and the store their digest beside the key's id, so that neither can be turned into
the key, and every process that shares the database knows the same sessions.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from sqlalchemy import Connection

from features.times import DAY
from serving.auth.api_keys import ApiKeys, CallerCache, caller_of, digest
from serving.clock import Clock, system_clock
from serving.principal import Caller
from serving.store.database import Database
from serving.store.tables.audit import AuditRecord, record
from serving.store.tables.sessions import add_session, drop_session, session_of

LIFETIME = 7 * DAY
"""So long a session lasts at most; never longer than its key."""


class Sessions:
    """Finds the caller of a session, as ``ApiKeys`` finds that of a key."""

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        self._cache = CallerCache(clock)

    def cached(self, token: str) -> Caller | None:
        """The caller of a session that was looked up lately, without asking the database."""
        return self._cache.get(token)

    def find(self, token: str) -> Caller | None:
        """The caller of a session, ``None`` where it or its key holds no more. Raises ``DatabaseUnavailable``."""
        token_digest, now = digest(token), self._clock()
        match = self._database.read(lambda connection: session_of(connection, token_digest))
        if match is None or now >= match[1] or not match[0].holds(now):
            self._cache.forget(token_digest)
            return None
        key, expires_at = match
        return self._cache.put(token_digest, caller_of(key), min(expires_at, key.expires_at))


def begin_session(database: Database, key: str, request_id: str, clock: Clock = system_clock) -> str | None:
    """What the browser is given to hold for a key that holds, ``None`` for one that does not."""
    caller = ApiKeys(database, clock).find(key)
    if caller is None:
        return None
    token, now = secrets.token_urlsafe(32), clock()
    entry = AuditRecord(now, caller.id, "POST /sign-in", "done", request_id=request_id)

    def insert(connection: Connection) -> None:
        add_session(connection, digest(token), caller.key, now, now + LIFETIME)
        record(connection, entry)

    database.write(insert)
    return token


def end_session(database: Database, token: str, caller: Caller, request_id: str, clock: Clock = system_clock) -> None:
    """Let a session hold no more, in every process within five seconds, as long as a caller may be cached."""
    entry = AuditRecord(clock(), caller.id, "POST /sign-out", "done", request_id=request_id)

    def drop(connection: Connection) -> None:
        drop_session(connection, digest(token))
        record(connection, entry)

    database.write(drop)


def form_token(secret: str) -> str:
    """What the forms of a browser carry: only who holds its cookie can have made it.

    >>> form_token("a") == form_token("a") != form_token("b")
    True
    """
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()
