"""Stores that are not ours, not of this version or not whole: one sentence says what to do, and nothing changes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from features.errors import InvalidRequest, ShipriskError
from serving.bootstrap import prepare_database
from serving.settings import Settings
from serving.store.database import Database, DatabaseDamaged
from serving.store.maintenance import wholeness
from serving.store.maintenance.backup import backup, restore
from serving.store.maintenance.migrate import SchemaUnknown, require_current, upgrade
from serving.store.maintenance.wholeness import MADE
from tests.conftest import Home
from tests.support.stores import House

NEWER = "got revision '0999': use the version of shiprisk that made them, or another database"
OTHERS = "got the tables of another software: customers; name another database in SHIPRISK_DATABASE_URL"


def run_script(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def newer(path: Path) -> None:
    run_script(path, "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('0999')")


def of_another_software(path: Path) -> None:
    run_script(path, "CREATE TABLE customers (id INTEGER); INSERT INTO customers VALUES (1)")


def no_database(path: Path) -> None:
    path.write_bytes(b"order,item\n4711,pump\n" * 500)


def half(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    run_script(path, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])


def a_folder(path: Path) -> None:
    path.mkdir()


KINDS: list[tuple[Callable[[Path], None], str]] = [
    (newer, NEWER),
    (of_another_software, OTHERS),
    (no_database, "must be a whole store of shiprisk, got file is not a database; put a backup in its place"),
    (half, "must be a whole store of shiprisk, got database disk image is malformed; put a backup in its place"),
    (a_folder, "must answer, got unable to open database file"),
]
COMMANDS = (
    "db status",
    "db upgrade",
    "db rebuild",
    "db prune",
    "db import events.parquet",
    "db backup copy.db",
    "keys list",
    "keys create planner --role planner --all-plants",
    "audit",
    "keep",
    "score --store default --as-of 2015-03-02",
)


@pytest.mark.parametrize(("spoil", "sentence"), KINDS, ids=lambda value: getattr(value, "__name__", ""))
def test_it_is_refused_with_one_sentence_and_left_as_it_is(
    spoil: Callable[[Path], None], sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    for use in (require_current, upgrade):
        database = Database(f"sqlite:///{path}")
        with pytest.raises(ShipriskError) as error:
            use(database)
        database.close()
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)
        assert str(path) not in error.value.public
    assert (path.read_bytes() if path.is_file() else b"")[100:] == before[100:], "the header alone may say WAL"


def test_tables_of_others_and_of_later_versions_are_known_on_each_database(store: House) -> None:
    database = store.database
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(SchemaUnknown, match=r"must be empty or hold the tables of shiprisk, .* got revision '0999'"):
        upgrade(database)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(SchemaUnknown, match=r"got the tables of another software: .*, \.\.\.; name another database"):
        require_current(database)


@pytest.mark.parametrize(
    ("url", "got"),
    [
        ("hello", "'hello'"),
        ("mysql://planner:secret@host/x", r"mysql://planner:\*\*\*@host/x"),
        ("postgresql://planner:secret@host:port/x", r"'postgresql\+psycopg://\*\*\*'"),
        ("sqlite://", r"sqlite://"),
        ("sqlite://u:secret@/tmp/x.db", r"sqlite://u:\*\*\*@/tmp/x.db"),
        ("://", "'://'"),
        ("", "''"),
    ],
)
def test_an_address_that_is_none_is_refused_with_what_it_must_be(url: str, got: str) -> None:
    must = "a database must be sqlite:///PATH or postgresql://USER@HOST/NAME"
    with pytest.raises(InvalidRequest, match=f"{must}, got {got}"):
        Database(url)


@pytest.mark.parametrize("spoil", [no_database, half], ids=lambda spoil: spoil.__name__)
def test_a_backup_takes_the_place_of_a_damaged_store_which_is_set_aside(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    whole = Database(f"sqlite:///{tmp_path / 'whole.db'}")
    upgrade(whole)
    backup(whole, tmp_path / "copy.db")
    whole.close()
    spoil(tmp_path / "store.db")
    damaged = (tmp_path / "store.db").read_bytes()
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with pytest.raises(InvalidRequest, match="must be empty, or --replace be given, got a damaged one: .*store.db"):
        restore(database, tmp_path / "copy.db", replace=False, now=0)
    assert restore(database, tmp_path / "copy.db", replace=True, now=0) == 0
    require_current(database)
    database.close()
    assert (tmp_path / "store.db.damaged").read_bytes()[100:] == damaged[100:]
    with pytest.raises(ShipriskError, match="must be a whole store of shiprisk, got"):
        backup(Database(f"sqlite:///{tmp_path / 'store.db.damaged'}"), tmp_path / "other.db")
    assert not list(tmp_path.glob("other.db*"))
    for number in (2, 3):
        spoil(tmp_path / "store.db")
        again = Database(f"sqlite:///{tmp_path / 'store.db'}")
        assert restore(again, tmp_path / "copy.db", replace=True, now=0) == 0
        again.close()
        assert (tmp_path / f"store.db.damaged-{number}").exists()
    assert (tmp_path / "store.db.damaged").read_bytes()[100:] == damaged[100:]


def made(path: Path) -> Database:
    """A store that a service has made, closed."""
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return database


def cut(path: Path) -> None:
    path.write_bytes(b"")


def with_its_log(path: Path) -> None:
    """As after a kill, moved here from elsewhere: what was stored last is in the log of changes alone."""
    cut(path)
    path.with_name(path.name + MADE).unlink()
    path.with_name(path.name + "-wal").write_bytes(b"changes" * 1_000)


@pytest.mark.parametrize("empty", [cut, Path.unlink, with_its_log], ids=lambda empty: empty.__name__)
def test_an_emptied_store_is_not_taken_for_a_new_one(empty: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    database = made(path)
    backup(database, tmp_path / "copy.db")
    empty(path)
    before = {one.name: one.stat().st_size for one in tmp_path.iterdir()}
    for use in (require_current, upgrade):
        with pytest.raises(DatabaseDamaged, match="must hold what was stored in it, got .*to begin anew") as error:
            use(database)
        assert str(path) not in error.value.public
    assert {one.name: one.stat().st_size for one in tmp_path.iterdir()} == before
    assert restore(database, tmp_path / "copy.db", replace=True, now=0) == 0
    require_current(database)
    database.close()


def test_a_store_begins_anew_once_that_is_meant(tmp_path: Path) -> None:
    database = made(tmp_path / "store.db")
    for path in tmp_path.glob("store.db*"):
        path.unlink()
    assert upgrade(database)[0] is None
    database.close()
    cut(tmp_path / "other.db")
    assert upgrade(Database(f"sqlite:///{tmp_path / 'other.db'}"))[0] is None, "an empty file that never was a store"


def damage_a_page(path: Path) -> None:
    """Other bytes where the scores begin: nothing that a start reads."""
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'scores'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    path.write_bytes(content[: (page - 1) * size] + b"\xff" * size + content[page * size :])


def test_a_damaged_page_keeps_a_service_from_starting(tmp_path: Path) -> None:
    made(tmp_path / "store.db")
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'store.db'}")
    prepare_database(settings)
    damage_a_page(tmp_path / "store.db")
    with pytest.raises(DatabaseDamaged, match=r"must be a whole store of shiprisk, got .*: put a backup") as error:
        prepare_database(settings)
    assert "\n" not in str(error.value)
    assert str(tmp_path) not in error.value.public


def test_a_large_store_is_checked_while_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wholeness, "CHECKED_BYTES", 0)
    made(tmp_path / "store.db")
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'store.db'}")
    with capture_logs() as logs:
        for spoil in (lambda _: None, damage_a_page):
            spoil(tmp_path / "store.db")
            prepare_database(settings)
            for thread in threading.enumerate():
                if thread.name == "wholeness":
                    thread.join(30)
    assert [(line["log_level"], line["event"]) for line in logs] == [
        ("info", "the store was checked and is whole"),
        ("error", "the store was checked and does not hold"),
    ]


@pytest.mark.parametrize(
    "spoil",
    [newer, pytest.param(no_database, marks=pytest.mark.nightly)],
    ids=lambda spoil: spoil.__name__,
)
@pytest.mark.nightly
def test_every_command_that_opens_a_store_says_one_sentence(
    spoil: Callable[[Path], None], empty_home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "other.db"
    spoil(path)
    own = Home(tmp_path, empty_home.events, empty_home.environment | {"SHIPRISK_DATABASE_URL": f"sqlite:///{path}"})
    for command in COMMANDS:
        done = own.run(*command.split())
        said = [line for line in done.stderr.splitlines() if line.startswith("shiprisk: ")]
        assert done.returncode in (1, 2), command
        assert len(said) == 1, f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr, command


@pytest.mark.parametrize(
    "uri", ["nonsense://x", "http://127.0.0.1:9", "sqlite:////proc/none/mlflow.db", "sqlite:///events.parquet"]
)
def test_every_command_that_opens_a_registry_says_one_sentence(uri: str, empty_home: Home) -> None:
    folder = empty_home.folder
    own = Home(folder, empty_home.events, empty_home.environment | {"MLFLOW_TRACKING_URI": uri})
    for command in ("champions", "promote order-risk@1", "score events.parquet --as-of 2015-03-02", "serve --no-auth"):
        done = own.run(*command.split())
        assert done.returncode == 1, f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr, command
        assert len([line for line in done.stderr.splitlines() if line.startswith("shiprisk: ")]) == 1, command
