"""Excel and SQLite in a mapping, without an extension of DuckDB: statements are rewritten to read tables made here.

``read_xlsx(path, sheet =, range =, header =, all_varchar =)`` becomes a table of that sheet. ``ATTACH 'erp.db' AS erp
(TYPE sqlite)`` attaches a copy of that database. Paths that are not absolute are relative to the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from features.errors import InvalidMapping
from features.importing.sqlite import copy_tables, is_sqlite, quoted
from features.importing.workbooks import read_sheet

TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    |\w+|:=|=>|.""",
    re.DOTALL | re.VERBOSE,
)
"""What SQL is made of: blanks and comments, strings and quoted names, words, and single signs."""
OPENING, CLOSING = "([{", ")]}"
READ_XLSX = "read_xlsx"
ARGUMENTS = {"sheet": "sheet", "range": "cells", "header": "header", "all_varchar": "all_varchar"}
"""The named arguments of read_xlsx, and what ``read_sheet`` calls them."""
ELSEWHERE = re.compile(r"\w{2,}:|:memory:|$")
"""How a path begins that is no file: an address, a database in memory."""
TYPE = re.compile(r"\bTYPE\s+'?(\w+)'?", re.IGNORECASE)


class Token(NamedTuple):
    """A piece of SQL that is neither blank nor comment, and where it stands."""

    text: str
    begin: int
    end: int


class Sources:
    """What a mapping reads besides what DuckDB reads itself.

    Parameters
    ----------
    connection : runs the mapping
    folder : where relative paths begin
    mapping : the text of the mapping
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, mapping: str) -> None:
        self._connection, self._folder, self._mapping = connection, folder, mapping
        self._sheets: dict[str, str] = {}

    def execute(self, statement: duckdb.Statement) -> None:
        """Run a statement that prepares something."""
        if statement.type == duckdb.StatementType.ATTACH:
            self._attach(statement.query)
        else:
            self._connection.execute(self.rewritten(statement.query))

    def rewritten(self, query: str) -> str:
        """The query with a table in the place of each call of read_xlsx."""
        tokens = list(_tokens(query))
        for place in reversed(range(len(tokens) - 1)):
            if tokens[place].text.lower() == READ_XLSX and tokens[place + 1].text == "(":
                last = _closing(tokens, place + 1)
                table = self._sheet(query, tokens[place + 2 : last])
                query = query[: tokens[place].begin] + table + query[tokens[last].end :]
        return query

    def _sheet(self, query: str, arguments: list[Token]) -> str:
        """The name of the table for a call with these arguments."""
        given: dict[str, Any] = {}
        for argument in _split(arguments):
            is_named = len(argument) > 1 and argument[1].text in ("=", ":=", "=>")
            name = argument[0].text.lower() if is_named else "path"
            if name in given or name not in ("path", *ARGUMENTS):
                raise InvalidMapping(
                    f"{READ_XLSX} must be given a path and {', '.join(ARGUMENTS)}, each once, got {name}"
                )
            value = argument[2:] if is_named else argument
            given[name] = self._value(query[value[0].begin : value[-1].end] if value else "NULL")
        path = self._file(READ_XLSX, given.pop("path", None))
        key = repr((path, sorted(given.items())))
        if key not in self._sheets:
            table = f"memory.main.{quoted(f'{READ_XLSX} {len(self._sheets) + 1}')}"
            cells = read_sheet(path, **{ARGUMENTS[name]: value for name, value in given.items()})
            self._connection.register("sheet", cells)
            self._connection.execute(f"CREATE TABLE {table} AS FROM sheet")
            self._connection.unregister("sheet")
            self._sheets[key] = table
        return self._sheets[key]

    def _attach(self, query: str) -> None:
        """Attach a database; one of SQLite as a copy."""
        tokens = list(_tokens(query))
        begin, end = _path_of_attach(tokens)
        path = self._value(query[tokens[begin].begin : tokens[end - 1].end])
        kind = TYPE.search(" ".join(token.text for token in tokens[end:]))
        if ELSEWHERE.match(str(path)) or (kind is not None and kind[1].lower() not in ("sqlite", "duckdb")):
            self._connection.execute(query)
            return
        file = self._file("ATTACH", path)
        if not (is_sqlite(file) if kind is None else kind[1].lower() == "sqlite"):
            literal = str(file).replace("'", "''")
            self._connection.execute(f"{query[: tokens[begin].begin]}'{literal}'{query[tokens[end - 1].end :]}")
            return
        is_named = len(tokens) > end + 1 and tokens[end].text.upper() == "AS"
        copy_tables(self._connection, file, tokens[end + 1].text if is_named else quoted(file.stem), self._mapping)

    def _value(self, expression: str) -> Any:
        """What an expression is before any row is read."""
        try:
            rows = self._connection.execute(f"SELECT {expression}").fetchall()
        except duckdb.Error as error:
            raise InvalidMapping(
                f"a path or argument must be known before any row is read, got {expression}: {error}"
            ) from error
        return rows[0][0]

    def _file(self, what: str, path: object) -> Path:
        if not isinstance(path, str):
            raise InvalidMapping(f"{what} must be given the path of a file as text, got {path}")
        file = self._folder / Path(path).expanduser()
        if not file.is_file():
            raise InvalidMapping(f"{what} must be given a file that is there, got {path!r}: looked for {file}")
        return file


def _tokens(sql: str) -> Iterator[Token]:
    for match in TOKEN.finditer(sql):
        if match["blank"] is None:
            yield Token(match[0], match.start(), match.end())


def _closing(tokens: list[Token], opening: int) -> int:
    """The place of the bracket that closes the one at a place."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place].text in OPENING) - (tokens[place].text in CLOSING)
        if depth == 0:
            return place
    raise InvalidMapping(f"each bracket must be closed, got one open after {tokens[opening - 1].text}")


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    """Arguments, between commas outside of brackets."""
    argument: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if token.text == "," and depth == 0:
            yield argument
            argument = []
        else:
            argument.append(token)
    if argument:
        yield argument


def _path_of_attach(tokens: list[Token]) -> tuple[int, int]:
    """Where the path begins and ends in ATTACH [OR REPLACE] [DATABASE] [IF NOT EXISTS] path [AS name] [(options)]."""
    begin = 1
    while begin < len(tokens) and tokens[begin].text.upper() in ("OR", "REPLACE", "DATABASE", "IF", "NOT", "EXISTS"):
        begin += 1
    end = begin
    while end < len(tokens) and tokens[end].text.upper() not in ("AS", ";"):
        after_value = end > begin and tokens[end - 1].text[-1] in "')"
        if tokens[end].text == "(" and after_value:
            break
        end = _closing(tokens, end) + 1 if tokens[end].text == "(" else end + 1
    if end == begin:
        raise InvalidMapping("ATTACH must be given the path of a file, got none")
    return begin, end
