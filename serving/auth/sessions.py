"""Sessions of browsers: made from a key at sign-in, opaque to the browser, ended by sign-out or with the key.

The browser holds 256 random bits and the store their digest beside the key's id, so that neither can be turned into
the key, and every process that shares the database knows the same sessions.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection

from features.times import DAY
from serving.auth.api_keys import ApiKeys, caller_of
from serving.auth.directory import CallerDirectory, KnownCaller, digest
from serving.clock import Clock, system_clock
from serving.principal import Caller
from serving.store.database import Database
from serving.store.tables.audit import AuditRecord, record
from serving.store.tables.sessions import add_session, drop_session, sessions_of_keys

FORM = re.compile(r"[A-Za-z0-9_-]{43}")
FindCaller = Callable[[str], Caller | None]
LIFETIME = 7 * DAY
"""So long a session lasts at most; never longer than its key."""


class Sessions(CallerDirectory):
    """Finds the caller of a session, as ``ApiKeys`` finds that of a key."""

    def __init__(self, database: Database, clock: Clock = system_clock) -> None:
        super().__init__(partial(_read_valid, database), FORM, clock)


def _read_valid(database: Database, now: int) -> dict[bytes, KnownCaller]:
    """The callers of all sessions that hold and whose keys do, by digest."""
    sessions = database.read(lambda connection: sessions_of_keys(connection, now))
    return {
        token_digest: KnownCaller(caller_of(key), min(expires_at, key.expires_at))
        for token_digest, key, expires_at in sessions
        if key.holds(now)
    }


def begin_session(
    database: Database, key: str, request_id: str, clock: Clock = system_clock, find: FindCaller | None = None
) -> str | None:
    """What the browser is given to hold for a key that holds, ``None`` for one that does not.

    Parameters
    ----------
    find : says whose a key is; all keys are read where it is not given
    """
    caller = (find or ApiKeys(database, clock).find)(key)
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
