"""The tables come from migrations, which are part of the package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from serving.store.database import Database, DatabaseUnavailable


class SchemaOutdated(DatabaseUnavailable):
    """The tables are not those of this version."""


def upgrade(database: Database, to: str = "head") -> tuple[str | None, str]:
    """Bring the tables to this version, or to a revision before it; the revision before and the one of this version.

    Nothing is done where they are.
    """
    before = revision(database)
    config = _config()
    with database.engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            if not database.is_sqlite:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    return before, head()


def revision(database: Database) -> str | None:
    """What the tables are now, ``None`` for an empty database."""
    return database.read(lambda connection: MigrationContext.configure(connection).get_current_revision())


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
            "run 'shiprisk db upgrade'"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
