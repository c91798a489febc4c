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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from features.errors import InvalidMapping
from features.events.schema import COLUMNS, NUMBER, REQUIRED
from features.events.validation import Fault, Validated, validate_events

EXTRA = ("source_row", "assumed", "rejected")
WHOLE_ROW = "the row"
"""Stands for the column in a fault that a mapping finds itself."""


@dataclass
class ImportReport:
    """What went in, what came out, and what became of the rest.

    ``rows_in`` = ``rows_imported`` + ``rows_rejected`` + ``rows_without_event``; a row is rejected when any event it
    yields is. ``events_yielded`` = ``events_out`` + ``events_rejected`` + ``duplicates``.
    Of ``orders_without_line`` there are events, but no line is known; such an order is not scored.
    """

    mapping: str
    source: str
    rows_in: int = 0
    rows_imported: int = 0
    rows_rejected: int = 0
    rows_without_event: int = 0
    events_yielded: int = 0
    events_out: int = 0
    events_rejected: int = 0
    duplicates: int = 0
    orders: int = 0
    orders_without_line: int = 0
    events_by_type: dict[str, int] = field(default_factory=dict)
    rejected_because: dict[str, int] = field(default_factory=dict)
    assumed: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Imported:
    """The events, (n, n_columns); the rejected rows with their reasons; the report."""

    events: pd.DataFrame
    rejects: pd.DataFrame
    report: ImportReport


def import_events(mapping: Path, source: str, zone: str = "UTC") -> Imported:
    """Run a mapping over an export.

    Raises ``InvalidMapping`` when the SQL cannot run or yields no event table; rows that break a rule are
    rejected and reported instead.
    """
    yielded, source_rows = _run(mapping, source)
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
    report = ImportReport(str(mapping), source, events_yielded=len(yielded))
    assumed: Counter[str] = Counter()
    if "recorded_at" not in yielded:
        yielded["recorded_at"] = yielded["occurred_at"]
        assumed["no recorded_at: taken as occurred_at"] = len(yielded)
    assumed.update(yielded["assumed"].dropna() if "assumed" in yielded else ())
    judged = _judge(yielded, zone)
    assumed.update(judged.assumptions)
    report.assumed = dict(assumed.most_common())
    rejects = _rejects(yielded, judged.faults)
    _account(report, yielded, source_rows, judged, rejects)
    return Imported(judged.events.reset_index(drop=True), rejects, report)


def _run(mapping: Path, source: str) -> tuple[pd.DataFrame, pd.Series | None]:
    if not mapping.is_file():
        raise InvalidMapping(f"the mapping must be an SQL file, got {mapping}, which is not there")
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false; SET TimeZone = 'UTC'")
    connection.execute("SET VARIABLE source = $source", {"source": source})
    try:
        statements = connection.extract_statements(mapping.read_text(encoding="utf-8"))
        if not statements or statements[-1].type != duckdb.StatementType.SELECT:
            raise InvalidMapping(f"the last statement of a mapping must be a SELECT, got none in {mapping}")
        for statement in statements[:-1]:
            connection.execute(statement)
        yielded = _yielded(connection, statements[-1].query, mapping)
        tables = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
        if ("source_rows",) not in tables:
            return yielded, None
        rows = connection.sql("SELECT CAST(source_row AS VARCHAR) AS source_row FROM source_rows").df()["source_row"]
    except (duckdb.Error, UnicodeDecodeError, ValueError) as error:
        message = str(error).strip()
        raise InvalidMapping(
            f"the mapping must run over the source, got from {mapping} over {source}: {message}"
        ) from error
    finally:
        connection.close()
    return yielded, rows


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
    """Refuse what the mapping refuses, and judge the rest."""
    refused = yielded["rejected"].notna().to_numpy() if "rejected" in yielded else np.zeros(len(yielded), dtype=bool)
    rest = np.flatnonzero(~refused)
    judged = validate_events(yielded.drop(columns=list(EXTRA), errors="ignore").iloc[rest], zone)
    faults = [Fault(int(row), WHOLE_ROW, "", str(yielded["rejected"].iloc[row])) for row in np.flatnonzero(refused)]
    faults += [replace(fault, row=int(rest[fault.row])) for fault in judged.faults]
    duplicates = [int(rest[row]) for row in judged.duplicates]
    return Validated(rest[judged.rows], judged.columns, faults, duplicates, judged.assumptions)


def _rejects(yielded: pd.DataFrame, faults: list[Fault]) -> pd.DataFrame:
    """One row for each rejected event: the reasons, then the row as the mapping yielded it."""
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(_reason(fault))
    rejected = yielded.loc[sorted(reasons)].drop(columns="rejected", errors="ignore")
    rejected.insert(0, "because", ["; ".join(reasons[row]) for row in rejected.index])
    if "source_row" in rejected:
        rejected.insert(0, "source_row", rejected.pop("source_row"))
    return rejected


def _reason(fault: Fault) -> str:
    return f"{_rule(fault)}, got {fault.value}" if fault.column != WHOLE_ROW else fault.must


def _rule(fault: Fault) -> str:
    return f"{fault.column} must {fault.must}" if fault.column != WHOLE_ROW else fault.must


def _account(
    report: ImportReport,
    yielded: pd.DataFrame,
    source_rows: pd.Series | None,
    judged: Validated,
    rejects: pd.DataFrame,
) -> None:
    report.events_out = len(judged.events)
    report.events_rejected = len(rejects)
    report.duplicates = len(judged.duplicates)
    report.orders = int(judged.events["order_id"].nunique())
    created = judged.events.loc[judged.events["type"] == "order_line.created", "order_id"]
    report.orders_without_line = report.orders - int(created.nunique())
    report.events_by_type = {str(k): int(v) for k, v in judged.events["type"].value_counts().items()}
    because = Counter(map(_rule, judged.faults))
    report.rejected_because = dict(because.most_common())
    origin = _origin(yielded)
    rows = set(origin) if source_rows is None else set(source_rows) | set(origin)
    rejected_rows = set(origin[rejects.index])
    report.rows_in = len(rows)
    report.rows_rejected = len(rejected_rows)
    report.rows_imported = len(set(origin) - rejected_rows)
    report.rows_without_event = len(rows - set(origin))


def _origin(yielded: pd.DataFrame) -> pd.Series:
    """Where each yielded row comes from; one that does not say is a row of its own."""
    own = "yielded row " + yielded.index.to_series().astype("str")
    if "source_row" not in yielded:
        return own
    return yielded["source_row"].astype("str").where(yielded["source_row"].notna(), own)
