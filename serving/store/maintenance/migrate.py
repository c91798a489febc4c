"""The tables come from migrations, which are part of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from serving.store.database import Database, DatabaseUnavailable, translated_errors
from serving.store.maintenance.wholeness import mark_made, require_not_emptied

VERSIONS = "alembic_version"
SHOWN = 5
"""So many tables of another software are named."""


class SchemaOutdated(DatabaseUnavailable):
    """The tables are not those of this version."""


class SchemaUnknown(SchemaOutdated):
    """The tables are of a later version, or of another software."""


def upgrade(database: Database, to: str = "head") -> tuple[str | None, str]:
    """Bring the tables to this version, or to a revision before it; the revision before and the one of this version.

    Nothing is done where they are.
    """
    before = revision(database)
    config = _config()
    with translated_errors(database), database.engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            config.attributes["connection"] = connection
            with nullcontext() if database.is_sqlite else _without_deadline(connection):
                command.upgrade(config, to)
    mark_made(database)
    return before, head()


@contextmanager
def _without_deadline(connection: Connection) -> Iterator[None]:
    """Statements of a transaction of PostgreSQL take as long as they take."""
    driver: Any = connection.connection.driver_connection
    driver.answers_within, before = None, driver.answers_within
    try:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield
    finally:
        driver.answers_within = before


def revision(database: Database) -> str | None:
    """What the tables are now, ``None`` for an empty database.

    Raises ``SchemaUnknown`` for tables not of ours, ``DatabaseDamaged`` where an empty file was a store.
    """
    require_not_emptied(database)
    current, tables = database.read(_revision_and_tables)
    must = "must be empty or hold the tables of shiprisk, of this version or one before"
    if current is not None and current not in _known_revisions():
        raise SchemaUnknown(
            f"the database {database} {must}, got revision {current!r}: use the version of shiprisk that made them, "
            "or another database",
            public=f"the database {must}, got revision {current!r}",
        )
    if current is None and tables:
        shown = ", ".join(sorted(tables)[:SHOWN]) + (", ..." if len(tables) > SHOWN else "")
        raise SchemaUnknown(
            f"the database {database} {must}, got the tables of another software: {shown}; name another database in "
            "SHIPRISK_DATABASE_URL",
            public=f"the database {must}, got the tables of another software",
        )
    return current


def _revision_and_tables(connection: Connection) -> tuple[str | None, list[str]]:
    """The revision that stands in the database, and where none does, its tables."""
    tables = inspect(connection).get_table_names()
    if VERSIONS not in tables:
        return None, tables
    heads = MigrationContext.configure(connection).get_current_heads()
    return ", ".join(heads) or None, [name for name in tables if name != VERSIONS]


def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def head() -> str:
    """What the tables must be for this version."""
    script_head = ScriptDirectory.from_config(_config()).get_current_head()
    return str(script_head)


def require_current(database: Database) -> None:
    """Raise ``SchemaOutdated`` unless the tables are those of this version."""
    current, expected = revision(database), head()
    if current != expected:
        raise SchemaOutdated(
            f"the tables of {database} must be at revision {expected}, got {current or 'none'}: "
            "run 'shiprisk db upgrade'",
            public=f"the tables must be at revision {expected}, got {current or 'none'}: run 'shiprisk db upgrade'",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("recursive_version_locations", "true")
    return config
