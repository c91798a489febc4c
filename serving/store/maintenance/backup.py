"""A copy of a store that is a file, taken while the service runs, and put back while it does not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import chain, count
from pathlib import Path

from sqlalchemy import Connection, func, select

from features.errors import InvalidRequest
from serving.store.database import Database, DatabaseDamaged
from serving.store.maintenance.wholeness import file_of, require_not_emptied
from serving.store.schema import events, leases

PAGES = 2_000
"""So many pages are copied at a time; writers go on in between."""
POSTGRES = "a PostgreSQL database must be copied with pg_dump and put back with pg_restore (docs/deploying.md)"


def backup(database: Database, to: Path) -> int:
    """Copy the store, as it is at one moment, to a new file; its size in bytes."""
    source = _file_of(database)
    if not source.exists():
        raise InvalidRequest(f"the store must be there, got none at {source}")
    if to.exists():
        raise InvalidRequest(f"a backup must be a new file, got {to}, which is there already")
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(to.name + ".part")
    part.unlink(missing_ok=True)
    _copy(source, part)
    _require_whole(part)
    part.replace(to)
    return to.stat().st_size


def restore(database: Database, copy: Path, replace: bool, now: int) -> int:
    """Put a copy in the place of the store; how many events it has. The service must not run.

    Raises ``InvalidRequest`` for a copy that is damaged, and where it would replace events unless ``replace``.
    """
    target = _file_of(database)
    if not copy.exists():
        raise InvalidRequest(f"a backup must be a file that 'shiprisk db backup' wrote, got none at {copy}")
    _require_whole(copy)
    if target.exists():
        _make_way(database, target, replace, now)
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy(copy, target)
    return database.read(_events)


def _make_way(database: Database, target: Path, replace: bool, now: int) -> None:
    """Raise ``InvalidRequest`` unless the store may be replaced; one that is damaged is set aside."""
    must = "the store must be empty, or --replace be given"
    try:
        require_not_emptied(database)
        if not target.stat().st_size:
            return
        _require_idle(database, now)
        stored = database.read(_events)
    except DatabaseDamaged as error:
        if not replace:
            raise InvalidRequest(f"{must}, got a damaged one: {target}") from error
        database.close()
        _set_aside(target)
        return
    if stored and not replace:
        raise InvalidRequest(f"{must}, got {stored:,} events in {target}")
    database.close()
    _require_closed(target)


def _set_aside(target: Path) -> None:
    """Give a damaged store a name that none before it has: ``*.damaged``, then ``*.damaged-2``."""
    paths = [target, *(target.with_name(target.name + ending) for ending in ("-wal", "-shm"))]
    endings = chain([".damaged"], (f".damaged-{number}" for number in count(2)))
    ending = next(one for one in endings if not any(path.with_name(path.name + one).exists() for path in paths))
    for path in paths:
        if path.exists():
            path.rename(path.with_name(path.name + ending))


def _file_of(database: Database) -> Path:
    if not database.is_sqlite:
        raise InvalidRequest(f"{POSTGRES}, got {database}")
    return file_of(database)


def _copy(source: Path, to: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(to)) as other:
            one.backup(other, pages=PAGES, sleep=0.01)
    except sqlite3.Error as error:
        to.unlink(missing_ok=True)
        raise InvalidRequest(f"what is copied must be a whole store of shiprisk, got {source}: {error}") from error


def _require_whole(copy: Path) -> None:
    must = "a backup must be a whole store of shiprisk"
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT seq FROM events LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise InvalidRequest(f"{must}, got {copy}: {error}") from error
    if verdict != "ok":
        raise InvalidRequest(f"{must}, got {copy}: {verdict}")


def _require_idle(database: Database, now: int) -> None:
    holder = database.read(lambda c: c.execute(select(leases.c.holder).where(leases.c.until > now)).scalar())
    if holder is not None:
        raise InvalidRequest(
            f"no service may run on the store, got {holder}: stop it; one that is gone is forgotten in 30 s"
        )


def _require_closed(target: Path) -> None:
    """A file leaves the mode in which several read and write it only where nobody else has it open."""
    with closing(sqlite3.connect(target, timeout=0)) as connection:
        try:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = "wal"
    if mode != "delete":
        raise InvalidRequest(f"no service may run on the store, got one that has {target} open: stop it")


def _events(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(events)).scalar_one())
