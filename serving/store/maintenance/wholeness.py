"""Whether a store that is a file is still what was made: not emptied, no page of it damaged."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy import Connection

from serving.store.database import Database, DatabaseDamaged, DatabaseUnavailable
from serving.telemetry.metrics import DATABASE_ERRORS

MADE = ".made"
"""Ends the name of a file that says that a store was made beside it: an empty file looks like one that is new."""
MADE_SAYS = "A store of shiprisk was made here. While this file is here, none is made in its place if it is gone.\n"
CHECKED_BYTES = 256 * 1024 * 1024
"""A store of up to so many bytes is checked before anything is answered, which takes a second or two."""
RESTORE = "put a backup in its place with 'shiprisk db restore FILE --replace'"
log = structlog.get_logger("shiprisk.wholeness")


def mark_made(database: Database) -> None:
    """Write down beside a file that it is a store. A folder that takes no more files keeps nobody from serving."""
    if database.is_sqlite and not (marker := _beside(database, MADE)).exists():
        with suppress(OSError):
            marker.write_text(MADE_SAYS, encoding="utf-8")


def require_not_emptied(database: Database) -> None:
    """Raise ``DatabaseDamaged`` for an empty or missing file that was a store; to open it would make a new one of it.

    A log of changes beside an empty file holds what was stored last, and opening the file would delete it.
    """
    if not database.is_sqlite or _size(file_of(database)):
        return
    for witness in (_beside(database, MADE), _beside(database, "-wal")):
        if _size(witness):
            got = f"{'an empty file' if file_of(database).exists() else 'no file'} where a store was made"
            must = "hold what was stored in it, got"
            raise DatabaseDamaged(
                f"the database {database} must {must} {got}: {RESTORE}, or remove {witness} to begin anew",
                public=f"the database must {must} {got}",
            )


def require_whole(database: Database) -> None:
    """Raise ``DatabaseDamaged`` for a file with a damaged page; one that is large is looked at while others go on."""
    if not database.is_sqlite:
        return
    if _size(file_of(database)) <= CHECKED_BYTES:
        _check(database)
    else:
        threading.Thread(target=_check_aside, args=(str(database.url),), name="wholeness", daemon=True).start()


def _check(database: Database) -> None:
    verdict = database.read(_verdict)
    if verdict != "ok":
        must = "be a whole store of shiprisk, got"
        raise DatabaseDamaged(
            f"the database {database} must {must} damage ({verdict}): {RESTORE}",
            public=f"the database must {must} a damaged one",
        )


def _verdict(connection: Connection) -> str:
    first: str = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    return " ".join(first.split())


def _check_aside(url: str) -> None:
    database = Database(url)
    try:
        _check(database)
    except DatabaseUnavailable as error:
        DATABASE_ERRORS.labels(type(error).__name__).inc()
        log.error("the store was checked and does not hold", why=str(error))
    else:
        log.info("the store was checked and is whole")
    finally:
        database.close()


def file_of(database: Database) -> Path:
    """The file of a store that is one."""
    return Path(str(database.url.database))


def _beside(database: Database, ending: str) -> Path:
    path = file_of(database)
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0
