"""What the two databases say differently: upserts, and how a query is planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

CHUNK = 1_000
"""So many ids are asked for at a time."""


def any_of(name: str) -> BindParameter[Any]:
    """Values that a statement is given when it is executed, for ``in_``; the statement is then built only once."""
    return bindparam(name, expanding=True)


def insert_new(connection: Connection, table: Table, *returning: Column[Any]) -> Any:
    """An insert that leaves out rows that are there already, and returns some columns of the new ones."""
    return _insert_new(connection.dialect.name, table, returning)


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], *returning: Column[Any]) -> Any:
    """Insert many rows that are not there already; what ``returning`` names of the new ones.

    PostgreSQL is given each column as one array: a statement with a parameter for each value takes its driver longer
    to read than the database to execute.
    """
    if connection.dialect.name == "postgresql":
        names = tuple(rows[0])
        arrays = {f"all_{name}": [row[name] for row in rows] for name in names}
        return connection.execute(_insert_arrays(table, names, returning), arrays)
    return connection.execute(insert_new(connection, table, *returning), rows)


def are_among(connection: Connection, columns: Sequence[Column[Any]], keys: Sequence[tuple[Any, ...]]) -> Any:
    """Whether several columns are one of the keys."""
    if connection.dialect.name == "postgresql":
        values = zip(*keys, strict=True)
        arrays = [literal(list(own), ARRAY(_plain(one.type))) for one, own in zip(columns, values, strict=True)]
        return tuple_(*columns).in_(select(_rows_of(columns, arrays)))
    return tuple_(*columns).in_(keys)


def upsert(connection: Connection, table: Table, keys: Sequence[str]) -> Any:
    """An insert that replaces the row of the same key."""
    return _upsert(connection.dialect.name, table, tuple(keys))


@cache
def _insert_new(dialect: str, table: Table, returning: tuple[Column[Any], ...]) -> Any:
    statement = _insert(dialect, table).on_conflict_do_nothing()
    return statement.returning(*returning) if returning else statement


@cache
def _insert_arrays(table: Table, names: tuple[str, ...], returning: tuple[Column[Any], ...]) -> Any:
    columns = [table.c[name] for name in names]
    arrays = [bindparam(f"all_{one.name}", type_=ARRAY(_plain(one.type))) for one in columns]
    statement = postgresql.insert(table).from_select(names, select(_rows_of(columns, arrays)))
    statement = statement.on_conflict_do_nothing()
    return statement.returning(*returning) if returning else statement


def _rows_of(columns: Sequence[Column[Any]], arrays: Sequence[ColumnElement[Any]]) -> TableValuedAlias:
    """Arrays of PostgreSQL, one a column, as a table."""
    return func.unnest(*arrays).table_valued(*(one.name for one in columns), name="given").render_derived()


def _plain(of: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type of a column without its collation."""
    return Text() if isinstance(of, String) else of


@cache
def _upsert(dialect: str, table: Table, keys: tuple[str, ...]) -> Any:
    statement = _insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_={c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    )


def _insert(dialect: str, table: Table) -> Any:
    statement: Insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    return statement


def by_index(query: Select[Any], table: Table, index: str) -> Select[Any]:
    """A query that is read by an index. SQLite must be told, PostgreSQL counts what is there and finds it."""
    return query.with_hint(table, f"INDEXED BY {index}", "sqlite")


class IndexedByCompiler(SQLiteCompiler):
    """SQL of SQLite with the index that ``by_index`` names; SQLAlchemy's own leaves out hints for this database."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002  - what it overrides
        """What follows the name of a table."""
        return text


def fenced(connection: Connection, query: Select[Any]) -> Select[Any]:
    """A query that PostgreSQL runs by itself, so that it does not look for it where the one around it would begin."""
    return query.offset(literal_column("0")) if connection.dialect.name == "postgresql" else query


def is_among(connection: Connection, key: Any, column: Any, keys: Select[Any]) -> ColumnElement[bool]:
    """Whether a key is among those of a query, asked for few of many rows.

    SQLite makes a list of them when it first needs one. PostgreSQL would go through a list too long for its memory from
    one end to the other, and looks up each key instead.
    """
    if connection.dialect.name == "postgresql":
        return keys.where(column == key).correlate_except(column.table).exists()
    return key.in_(keys)  # type: ignore[no-any-return]


def has_text(connection: Connection, column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a column has a text in it, which is in lower case. SQLite's LIKE knows no case, and is slower if told."""
    known_case = column if connection.dialect.name == "sqlite" else func.lower(column)
    return known_case.contains(text, autoescape=True)


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterable[Sequence[Any]]:
    """The values, at most ``size`` at a time."""
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]
