"""Tables of SQLite databases, copied into DuckDB."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

from features.errors import InvalidMapping
from features.importing.tables import column, column_type

MARK = b"SQLite format 3\x00"
"""How the file of such a database begins."""
ROWS = 100_000
"""So many rows are copied at a time."""
STORED: dict[str, type] = {"integer": int, "real": float, "text": str, "blob": bytes}


def is_sqlite(path: Path) -> bool:
    """Whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK


def copy_tables(connection: duckdb.DuckDBPyConnection, path: Path, name: str, mapping: str) -> None:
    """Attach ``name`` with the tables and views of an SQLite database whose names stand in the text of the mapping.

    A column is whole numbers, numbers or blobs if all its values are, else text: in SQLite each value has its own type.
    """
    connection.execute(f"ATTACH ':memory:' AS {name}")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            tables = database.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall()
            for (table,) in tables:
                if table.casefold() in mapping.casefold():
                    _copy(connection, database, table, name)
    except sqlite3.Error as error:
        raise InvalidMapping(f"an attached file must be a readable SQLite database, got {path}: {error}") from error


def _copy(connection: duckdb.DuckDBPyConnection, database: sqlite3.Connection, table: str, name: str) -> None:
    rows = database.execute(f"SELECT * FROM {quoted(table)}")
    names = [described[0] for described in rows.description]
    kinds = []
    for each in names:
        stored = database.execute(f"SELECT DISTINCT typeof({quoted(each)}) FROM {quoted(table)}").fetchall()
        kinds.append(column_type(STORED[word] for (word,) in stored if word != "null"))
    target, verb = f"{name}.main.{quoted(table)}", "CREATE TABLE {} AS FROM copied"
    while (batch := rows.fetchmany(ROWS)) or verb.startswith("CREATE"):
        values = list(zip(*batch, strict=True)) or [()] * len(names)
        columns = [column(of, kind) for of, kind in zip(values, kinds, strict=True)]
        connection.register("copied", pa.table(columns, names=names))
        connection.execute(verb.format(target))
        verb = "INSERT INTO {} FROM copied"
    connection.unregister("copied")


def quoted(identifier: str) -> str:
    """An identifier of SQL in quotation marks."""
    return '"' + identifier.replace('"', '""') + '"'
