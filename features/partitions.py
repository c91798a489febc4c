"""Event files larger than memory: split into partitions of whole orders, in the order of the orders' ids.

DuckDB splits, within a memory limit and spilling to disk; each partition is a Parquet file small enough to be sorted in
memory. A row keeps the number it has in the file it came from, so that an error names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InvalidEvents
from features.events.columns import Columns
from features.events.files import read_parquet_table
from features.events.schema import REQUIRED
from features.events.text import BLANKS, Distinct
from features.events.validation import Fault, checked, validate_events

PARTITION_EVENTS = 500_000
ROW = "row_in_file"
SPLIT_MEMORY = "1GB"


@dataclass(frozen=True)
class Partition:
    """Whole orders of an event file.

    Attributes
    ----------
    path : Parquet; the columns of the event table, and where it was split the row in the original file
    origin : the file the user gave
    """

    path: Path
    origin: Path
    zone: str = "UTC"

    def columns(self) -> Columns:
        """The validated columns. Raises ``InvalidEvents`` that names the rows as they are in the original file."""
        table = read_parquet_table(self.path)
        rows = None
        if ROW in table.column_names:
            rows = table.column(ROW).to_numpy()
            table = table.drop_columns([ROW])
        judged = validate_events(table, self.zone)
        if rows is not None and judged.faults:
            faults = [Fault(int(rows[fault.row]), fault.column, fault.value, fault.must) for fault in judged.faults]
            checked(type(judged)(judged.rows, judged.columns, faults, [], {}), str(self.origin))
        return checked(judged, str(self.origin)).columns


def partitions(events: Path, folder: Path, zone: str = "UTC", most_events: int = PARTITION_EVENTS) -> list[Partition]:
    """The file itself if it is small, else partitions of about ``most_events`` events each, written to ``folder``.

    Raises ``InvalidEvents`` when the file is no Parquet file, lacks a required column or has no rows.
    """
    _require_parquet(events)
    n_events = pq.read_metadata(events).num_rows
    if n_events == 0:
        raise InvalidEvents(f"the events must have at least one row, got none in {events}")
    if n_events <= 2 * most_events:
        return [Partition(events, events, zone)]
    connection = duckdb.connect(str(folder / "split.duckdb"))
    try:
        connection.execute(f"SET memory_limit = '{SPLIT_MEMORY}'; SET preserve_insertion_order = false")
        connection.execute("SET temp_directory = $folder", {"folder": str(folder / "spilled")})
        return _split(connection, events, folder, zone, most_events)
    except duckdb.Error as error:
        raise InvalidEvents(f"the events must be a Parquet file that can be split, got {events}: {error}") from error
    finally:
        connection.close()


def _require_parquet(events: Path) -> None:
    if not events.is_file():
        raise InvalidEvents(f"the events must be a Parquet file, got {events}, which is not there")
    try:
        names = pq.read_schema(events).names
    except (pa.ArrowException, ValueError) as error:
        raise InvalidEvents(f"the events must be a Parquet file, got {events}: {error}") from error
    missing = [column for column in REQUIRED if column not in names]
    if missing:
        raise InvalidEvents(
            f"the event table must have the columns {', '.join(REQUIRED)}, got {', '.join(names)}: "
            f"{', '.join(missing)} missing"
        )


def _split(
    connection: duckdb.DuckDBPyConnection, events: Path, folder: Path, zone: str, most_events: int
) -> list[Partition]:
    source = {"events": str(events), "blanks": BLANKS}
    connection.execute(
        "CREATE TABLE sizes AS SELECT trim(CAST(order_id AS VARCHAR), $blanks) AS order_id, count(*) AS events "
        "FROM read_parquet($events) GROUP BY ALL",
        source,
    )
    connection.execute(
        "CREATE TABLE parts AS SELECT order_id, CAST((sum(events) OVER (ORDER BY order_id NULLS FIRST) - events) "
        f"// {most_events} AS INTEGER) AS part "
        "FROM sizes"
    )
    out = folder / "parts"
    connection.execute(
        f"COPY (SELECT e.* EXCLUDE (file_row_number), e.file_row_number AS {ROW}, p.part AS part "
        "FROM read_parquet($events, file_row_number = true) AS e "
        "JOIN parts AS p ON trim(CAST(e.order_id AS VARCHAR), $blanks) IS NOT DISTINCT FROM p.order_id) "
        f"TO '{out}' (FORMAT parquet, PARTITION_BY (part), COMPRESSION snappy)",
        source,
    )
    found = sorted(out.glob("part=*"), key=lambda path: int(path.name.removeprefix("part=")))
    return [Partition(path, events, zone) for path in found]


def ids_of(columns: Columns) -> np.ndarray:
    """(n,) 64 bits of each event's source and id; equal ones for equal events only, but for one in many billions."""
    ids, sources = columns["event_id"], columns["source"]
    own = ids.hashes() if isinstance(ids, Distinct) else Distinct(ids.arrow()).hashes()
    words = Distinct(pa.array(list(sources.words), type=pa.string())).hashes()
    mixed = words * np.uint64(0x9E3779B97F4A7C15)
    found: np.ndarray = own ^ mixed[sources.codes]
    return found


def require_unique(parts: Sequence[Partition], hashed: Sequence[np.ndarray]) -> None:
    """Raise ``InvalidEvents`` where an id is used by events of different partitions.

    Within a partition validation has seen to it; a hash that is there twice is looked up.
    """
    every = np.sort(np.concatenate(hashed))
    twice = np.unique(every[1:][every[1:] == every[:-1]])
    if not len(twice):
        return
    users: dict[tuple[str, str], str] = {}
    for part in parts:
        columns = part.columns()
        for row in np.flatnonzero(np.isin(ids_of(columns), twice)):
            key = str(columns["source"][row]), str(columns["event_id"][row])
            order = str(columns["order_id"][row])
            if key in users:
                raise used_twice(str(part.origin), *key, users[key], order)
            users[key] = order


def used_twice(where: str, source: str, event_id: str, order: str, other: str) -> InvalidEvents:
    """The error of an id that events of two orders share."""
    return InvalidEvents(
        f"{where}: event_id must be unique within source {source!r} unless the whole event is the same, "
        f"got {event_id!r} for the orders {order!r} and {other!r}"
    )
