"""A user's export becomes events: one SQL file, run by DuckDB, and a report that accounts for every row.

The mapping's last statement is a ``SELECT`` that yields columns of the event table, usually a ``UNION ALL BY NAME``
of one select a type. It reads the export from ``getvariable('source')``. It may yield besides:

``source_row``  where the row comes from (a line of a file, a key); shown in rejects
``assumed``     what the mapping took for granted in this row, in words
``rejected``    why the mapping itself refuses the row, in words

Statements before it may prepare tables. A table or view ``source_rows`` with a column ``source_row`` lets the report
account for every row of the export, those that yield no event too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from features.errors import InvalidMapping
from features.events.schema import COLUMNS, NUMBER, REQUIRED
from features.events.validation import Fault, Validated, validate_events
from features.importing.days import as_days
from features.importing.encodings import Source, transcoded
from features.importing.report import WHOLE_ROW, ImportReport, account, rejected
from features.importing.sources import Sources
from features.times import plant_calendar

EXTRA = ("source_row", "assumed", "rejected")
NOT_READABLE = ("not utf-8 encoded", "File is not", "not support the encoding", "Error when sniffing file")
"""What DuckDB says of a file whose encoding is another one."""
MEND_ENCODING = (
    "If a file is in another encoding than UTF-8, name it (--encoding cp1252, or another that Python knows) and leave "
    "out encoding = ... in the mapping"
)


@dataclass(frozen=True)
class Imported:
    """The events, (n, n_columns); the rejected rows with their reasons; the report."""

    events: pd.DataFrame
    rejects: pd.DataFrame
    report: ImportReport


def import_events(mapping: Path, source: str, zone: str = "UTC", encoding: str | None = None) -> Imported:
    """Run a mapping over an export, whose text files are in UTF-8 or in ``encoding``, a codec of Python.

    Raises ``InvalidMapping`` when the SQL cannot run or yields no event table; rows that break a rule are
    rejected and reported instead.
    """
    with transcoded(source, encoding) as readable:
        yielded, source_rows = _run(mapping, source, readable)
    unknown = [column for column in yielded if column not in COLUMNS and column not in EXTRA]
    missing = [column for column in REQUIRED if column not in yielded and column != "recorded_at"]
    if missing or unknown:
        wrong = [f"{name} missing" for name in missing] + [f"{name} unknown" for name in unknown]
        raise InvalidMapping(
            f"the mapping must yield the columns of the event table ({', '.join(COLUMNS)}), "
            f"got {', '.join(map(str, yielded.columns))} in {mapping}: {', '.join(wrong)}"
        )
    if yielded.empty:
        raise InvalidMapping(f"the mapping must yield at least one row, got none from {mapping} over {source}")
    assumed: Counter[str] = Counter()
    if "recorded_at" not in yielded:
        yielded["recorded_at"] = yielded["occurred_at"]
        assumed["no recorded_at: taken as occurred_at"] = len(yielded)
    assumed.update(yielded["assumed"].dropna() if "assumed" in yielded else ())
    judged = _judge(yielded, zone)
    assumed.update(judged.assumptions)
    rejects = rejected(yielded, judged.faults)
    report = account((str(mapping), source), yielded, source_rows, judged, rejects, assumed)
    return Imported(judged.events.reset_index(drop=True), rejects, report)


def _run(mapping: Path, source: str, readable: Source) -> tuple[pd.DataFrame, pd.Series | None]:
    """What the mapping yields over the source, of which ``readable`` is the copy that is read, and all its rows."""
    sql = _text(mapping)
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false; SET TimeZone = 'UTC'")
    connection.execute("SET VARIABLE source = $source", {"source": readable.path})
    folder = Path(readable.path)
    sources = Sources(connection, folder if folder.is_dir() else folder.parent, sql)
    try:
        statements = connection.extract_statements(sql)
        if not statements or statements[-1].type != duckdb.StatementType.SELECT:
            raise InvalidMapping(f"the last statement of a mapping must be a SELECT, got none in {mapping}")
        for statement in statements[:-1]:
            sources.execute(statement)
        yielded = _yielded(connection, sources.rewritten(statements[-1].query), mapping)
        tables = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
        if ("source_rows",) not in tables:
            return yielded, None
        rows = connection.sql("SELECT CAST(source_row AS VARCHAR) AS source_row FROM source_rows").df()["source_row"]
    except (duckdb.Error, InvalidMapping, UnicodeDecodeError, ValueError) as error:
        raise InvalidMapping(
            f"the mapping must run over the source, got from {mapping} over {source}: "
            f"{_explained(str(error).strip(), readable).replace(readable.path, source)}"
        ) from error
    finally:
        connection.close()
    return yielded, rows


def _explained(message: str, readable: Source) -> str:
    """What DuckDB says; where it is about the encoding of a file, what mends that."""
    for path, wrong in readable.unreadable.items():
        if path in message:
            return f"a text file {wrong}"
    return f"{message}\n{MEND_ENCODING}" if any(words in message for words in NOT_READABLE) else message


def _text(mapping: Path) -> str:
    if not mapping.is_file():
        raise InvalidMapping(f"the mapping must be an SQL file, got {mapping}, which is not there")
    try:
        return mapping.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidMapping(f"the mapping must be written in UTF-8, got {mapping}: {error}") from error


def _yielded(connection: duckdb.DuckDBPyConnection, query: str, mapping: Path) -> pd.DataFrame:
    """The rows of the last statement: numbers as doubles where the column is one, everything else as text."""
    relation = connection.sql(query)
    names = list(relation.columns)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidMapping(f"the mapping must yield each column once, got {', '.join(twice)} twice from {mapping}")
    kinds = dict(zip(names, (str(kind) for kind in relation.types), strict=True))
    casts = (
        f'CAST("{name}" AS {"DOUBLE" if COLUMNS.get(name) == NUMBER and _is_number(kind) else "VARCHAR"}) AS "{name}"'
        for name, kind in kinds.items()
    )
    frame: pd.DataFrame = relation.project(", ".join(casts)).df()
    return frame


def _is_number(kind: str) -> bool:
    return kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")) or kind.endswith(("INT", "INTEGER"))


def _judge(yielded: pd.DataFrame, zone: str) -> Validated:
    """Refuse what the mapping refuses, judge the rest, and take as days what are days."""
    refused = yielded["rejected"].notna().to_numpy() if "rejected" in yielded else np.zeros(len(yielded), dtype=bool)
    rest = np.flatnonzero(~refused)
    judged = validate_events(yielded.drop(columns=list(EXTRA), errors="ignore").iloc[rest], zone)
    faults = [Fault(int(row), WHOLE_ROW, "", str(yielded["rejected"].iloc[row])) for row in np.flatnonzero(refused)]
    faults += [replace(fault, row=int(rest[fault.row])) for fault in judged.faults]
    duplicates = [int(rest[row]) for row in judged.duplicates]
    dates, of_days = as_days(judged.columns, plant_calendar(zone))
    return Validated(
        rest[judged.rows], judged.columns | {"date": dates}, faults, duplicates, judged.assumptions | of_days
    )
