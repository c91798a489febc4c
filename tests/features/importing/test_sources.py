"""Databases that a mapping attaches, and calls of read_xlsx wherever they stand in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from features.errors import InvalidMapping
from features.importing import sqlite
from features.importing.mapping import Imported, import_events
from features.importing.sources import Sources

LINES = [("7", 3, 2.5, "2024-05-02"), ("8", None, 4, None)]
SELECT = """SELECT 'order_line.created' AS type, id AS event_id, 'erp' AS source, id AS order_id, line AS line_id,
quantity, promised AS date, '2024-01-02' AS occurred_at FROM {}"""


def sqlite_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute('CREATE TABLE "open lines" (id TEXT, line INT, quantity REAL, promised DATE)')
        database.executemany('INSERT INTO "open lines" VALUES (?, ?, ?, ?)', LINES)
        database.execute('CREATE VIEW due AS SELECT * FROM "open lines" WHERE promised IS NOT NULL')
        database.execute("CREATE TABLE mixed (word, empty, number)")
        database.executemany("INSERT INTO mixed VALUES (?, NULL, ?)", [(1, 1), ("x", 2.5), (2.0, None), (b"y", 2**62)])
        database.execute("CREATE VIEW broken AS SELECT * FROM gone")
        database.execute("CREATE TABLE none (a, b)")


def run(folder: Path, mapping: str) -> Imported:
    (folder / "m.sql").write_text(mapping)
    return import_events(folder / "m.sql", str(folder))


@pytest.mark.parametrize(
    "attach",
    [
        "ATTACH 'erp.db' AS erp (TYPE sqlite)",
        "attach database 'erp.db' as erp (read_only, type SQLITE)",
        "-- ATTACH 'other.db' AS other;\nATTACH IF NOT EXISTS 'erp.db' AS \"erp\" (TYPE 'sqlite')",
        "ATTACH getvariable('source') || '/erp.db' AS erp (TYPE sqlite)",
        "ATTACH (getvariable('source') || '/erp.db') AS erp /* (TYPE duckdb) */",
        "ATTACH 'erp.db' (TYPE sqlite)",
        "ATTACH 'erp.db'",
    ],
)
@pytest.mark.parametrize("table", ['erp."open lines"', "erp.due"])
def test_an_sqlite_database_is_read(tmp_path: Path, attach: str, table: str) -> None:
    sqlite_database(tmp_path / "erp.db")
    events = run(tmp_path, f"{attach};\n{SELECT.format(table)}").events
    expected = LINES if "open" in table else LINES[:1]
    assert list(events["order_id"]) == [line[0] for line in expected]
    assert list(events["quantity"]) == [line[2] for line in expected]
    assert list(events["line_id"].dropna()) == ["3"]
    assert f"{events['date'].iloc[0]:%Y-%m-%d}" == "2024-05-02"


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_columns_of_several_types_are_text(tmp_path: Path, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "ROWS", rows)
    sqlite_database(tmp_path / "erp.db")
    with duckdb.connect() as connection:
        sqlite.copy_tables(connection, tmp_path / "erp.db", "erp", "FROM erp.MIXED, erp.none")
        copied = connection.sql("FROM erp.mixed")
        assert copied.fetchall() == [("1", None, 1.0), ("x", None, 2.5), ("2", None, None), ("y", None, 2.0**62)]
        assert [str(kind) for kind in copied.types] == ["VARCHAR", "VARCHAR", "DOUBLE"]
        assert connection.sql("FROM erp.none").fetchall() == []
        tables = connection.sql("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
        assert tables == [("mixed",), ("none",)], "only what the mapping names"


def test_a_database_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    sqlite_database(tmp_path / "erp.db")
    with pytest.raises(InvalidMapping, match=r"readable SQLite database, got .*erp\.db: no such table: main\.gone"):
        run(tmp_path, f"ATTACH 'erp.db' AS erp (TYPE sqlite); {SELECT.format('erp.broken')}")
    (tmp_path / "erp.db").write_bytes(b"no database" * 100)
    with pytest.raises(InvalidMapping, match=r"readable SQLite database, got .*erp\.db: file is not a database"):
        run(tmp_path, f"ATTACH 'erp.db' AS erp (TYPE sqlite); {SELECT.format('erp.due')}")


@pytest.mark.parametrize("options", ["", "(READ_ONLY)", "(TYPE duckdb, READ_ONLY)"])
def test_a_duckdb_database_is_found_beside_the_exports(tmp_path: Path, options: str) -> None:
    folder = tmp_path / "plant's"
    folder.mkdir()
    with duckdb.connect(str(folder / "erp.duckdb")) as database:
        database.execute("CREATE TABLE due (id TEXT, line INT, quantity DOUBLE, promised DATE)")
        database.execute("INSERT INTO due VALUES ('7', 3, 2.5, '2024-05-02')")
    events = run(folder, f"ATTACH 'erp.duckdb' AS erp {options}; {SELECT.format('erp.due')}").events
    assert list(events["order_id"]) == ["7"]


@pytest.mark.parametrize("options", ["(READ_ONLY)", "(TYPE sqlite)", ""])
def test_a_database_that_is_not_there_says_where_it_was_looked_for(tmp_path: Path, options: str) -> None:
    with pytest.raises(InvalidMapping, match=rf"got 'erp\.duckdb': looked for {tmp_path}/erp\.duckdb"):
        run(tmp_path, f"ATTACH 'erp.duckdb' AS erp {options}; SELECT 1 AS one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.sql"], "none is made"


def test_databases_in_memory_are_left_to_duckdb(tmp_path: Path) -> None:
    table = "CREATE TABLE m.due AS SELECT '7' AS id, 1 AS line, 2 AS quantity, '2024-05-02' AS promised"
    assert len(run(tmp_path, f"ATTACH ':memory:' AS m; {table}; {SELECT.format('m.due')}").events) == 1


def test_other_databases_are_left_to_duckdb_which_downloads_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidMapping, match="postgres"):
        run(tmp_path, "ATTACH 'dbname=erp' AS erp (TYPE postgres); SELECT 1 AS one")


def test_the_words_read_xlsx_in_strings_names_and_comments_are_no_calls(tmp_path: Path) -> None:
    query = """SELECT 'read_xlsx(''a'')' AS "read_xlsx(" -- read_xlsx('a.xlsx')
    /* read_xlsx('b.xlsx') */ , $$read_xlsx('c')$$, $x$ 'read_xlsx( $x$, read_xlsx FROM t"""
    with duckdb.connect() as connection:
        assert Sources(connection, tmp_path, query).rewritten(query) == query


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("read_xlsx('none.xlsx')", r"given a file that is there, got 'none\.xlsx': looked for .*/none\.xlsx"),
        ("read_xlsx(7)", "the path of a file as text, got 7"),
        ("read_xlsx()", "the path of a file as text, got None"),
        ("read_xlsx('a', 'b')", "a path and sheet, range, header, all_varchar, each once, got path"),
        ("read_xlsx('a', ignore_errors = true)", "each once, got ignore_errors"),
        ("read_xlsx(file || '.xlsx')", "must be known before any row is read, got file || '.xlsx'"),
        ("read_xlsx('a', range = [1, 2)", "each bracket must be closed|Parser Error"),
    ],
)
def test_a_call_that_cannot_be_answered_says_why(tmp_path: Path, call: str, says: str) -> None:
    with pytest.raises(InvalidMapping, match=says.replace("||", r"\|\|")):
        run(tmp_path, f"SELECT * FROM {call}")
