"""Event files larger than memory: split into partitions of whole orders, in the order of the orders' ids.

The file is read twice, a million rows at a time: once for the orders and how many events each has, once to hand
every row to the partition of its order. Each partition is an Arrow stream small enough to be sorted in memory. A row
keeps the number it has in the file it came from, so that an error names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import InvalidEvents
from features.events.columns import Columns, read_column
from features.events.files import coded_columns, event_columns, read_parquet_table
from features.events.text import Coded, Distinct
from features.events.validation import Fault, Validated, checked, require_columns, validate_events
from features.progress import Progress, no_progress
from features.times import plant_calendar

PARTITION_EVENTS = 500_000
MOST_PARTITIONS = 500
"""More would need more open files than many systems allow; a larger file has larger partitions."""
BATCH = 1 << 20
FEW_WORDS = 1000
"""A column of at most so many words stays coded on its way; of more, each partition would carry them all."""
ROW = "row_in_file"


@dataclass(frozen=True)
class Partition:
    """Whole orders of an event file.

    Attributes
    ----------
    path : the file itself, or an Arrow stream of its columns and the row in the original file
    origin : the file the user gave
    """

    path: Path
    origin: Path
    zone: str = "UTC"

    def judged(self) -> Validated:
        """The columns, and the faults by the rows of the original file. Raises ``InvalidEvents`` for a damaged file."""
        try:
            if self.path == self.origin:
                return validate_events(read_parquet_table(self.path), self.zone)
            with pa.ipc.open_stream(self.path) as stream:
                table = stream.read_all()
        except (pa.ArrowException, OSError) as error:
            raise InvalidEvents(f"the events must be a Parquet file, got {self.origin}: {error}") from error
        judged = validate_events(table.drop_columns([ROW]), self.zone)
        rows = table.column(ROW).to_numpy() if judged.faults else ()
        faults = [Fault(int(rows[fault.row]), fault.column, fault.value, fault.must) for fault in judged.faults]
        return replace(judged, faults=faults)

    def columns(self) -> Columns:
        """The columns. Raises ``InvalidEvents`` that names every fault."""
        return checked(self.judged(), str(self.origin)).columns


def partitions(
    events: Path,
    folder: Path,
    zone: str = "UTC",
    most_events: int = PARTITION_EVENTS,
    progress: Progress = no_progress,
) -> list[Partition]:
    """The file itself if it is small, else partitions of about ``most_events`` events each, written to ``folder``.

    Raises ``InvalidEvents`` when the file is no Parquet file, lacks a required column or has no rows.
    """
    _require_parquet(events)
    n_events = pq.read_metadata(events).num_rows
    if n_events == 0:
        raise InvalidEvents(f"the events must have at least one row, got none in {events}")
    if n_events <= 2 * most_events:
        return [Partition(events, events, zone)]
    part_of = _parts_of_orders(events, max(most_events, n_events // MOST_PARTITIONS))
    paths = [folder / f"{number}.arrow" for number in range(max(part_of.values()) + 1)]
    with ExitStack() as stack:
        writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        for done, (part, rows) in _pieces(events, part_of):
            if part not in writers:
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                writers[part] = stack.enter_context(pa.ipc.new_stream(paths[part], rows.schema, options=options))
            writers[part].write_table(rows)
            progress("splitting", done, n_events)
    return [Partition(path, events, zone) for path in paths if path.exists()]


def _require_parquet(events: Path) -> None:
    if not events.is_file():
        raise InvalidEvents(f"the events must be a Parquet file, got {events}, which is not there")
    try:
        names = event_columns(pq.read_schema(events))
    except (pa.ArrowException, ValueError) as error:
        raise InvalidEvents(f"the events must be a Parquet file, got {events}: {error}") from error
    require_columns(names)


def _parts_of_orders(events: Path, most_events: int) -> dict[str | None, int]:
    """The partition of each order: so many events each, in the order of the ids. None goes to the first."""
    counts: Counter[str] = Counter()
    for batch in pq.ParquetFile(events, read_dictionary=["order_id"]).iter_batches(BATCH, columns=["order_id"]):
        orders = _orders(pa.chunked_array([batch.column(0)]))
        counts.update(dict(zip(orders.words, np.bincount(orders.codes[orders.codes >= 0]).tolist(), strict=True)))
    part_of: dict[str | None, int] = {None: 0}
    before = 0
    for order in sorted(counts):
        part_of[order] = before // most_events
        before += counts[order]
    return part_of


def _orders(column: pa.ChunkedArray) -> Coded:
    orders: Coded = read_column("order_id", column, len(column), plant_calendar()).values.used()
    return orders


def _pieces(events: Path, part_of: dict[str | None, int]) -> Iterator[tuple[int, tuple[int, pa.Table]]]:
    """(rows done, (partition, rows of it)) from one end of the file to the other."""
    coded = [name for name in coded_columns(events) if name != "order_id"]
    done, plain = 0, None
    file = pq.ParquetFile(events, read_dictionary=coded)
    for batch in file.iter_batches(BATCH, columns=event_columns(file.schema_arrow)):
        table = pa.Table.from_batches([batch])
        plain = _many_words(table) if plain is None else plain
        for name in plain:
            place = table.schema.get_field_index(name)
            table = table.set_column(place, name, table.column(place).cast(pa.string()))
        table = table.append_column(ROW, pa.array(np.arange(done, done + len(table))))
        orders = _orders(table.column("order_id"))
        part = np.array([*(part_of[word] for word in orders.words), part_of[None]], dtype=np.int64)[orders.codes]
        by = np.argsort(part, kind="stable")
        table, part = table.take(pa.array(by)), part[by]
        starts = np.flatnonzero(np.append(True, part[1:] != part[:-1]))
        done += len(table)
        for start, stop in zip(starts, [*starts[1:], len(part)], strict=True):
            yield done, (int(part[start]), table.slice(start, stop - start))


def _many_words(table: pa.Table) -> list[str]:
    """Coded columns of more than a few words."""
    coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    return [name for name in coded if len(table.column(name).chunk(0).dictionary) > FEW_WORDS]


def ids_of(columns: Columns) -> np.ndarray:
    """(n,) 64 bits of each event's source and id; equal ones for equal events only, but for one in many billions."""
    ids, sources = columns["event_id"], columns["source"]
    own = ids.hashes() if isinstance(ids, Distinct) else Distinct(ids.arrow()).hashes()
    words = Distinct(pa.array(list(sources.words), type=pa.string())).hashes()
    mixed = words * np.uint64(0x9E3779B97F4A7C15)
    spread: np.ndarray = own ^ mixed[sources.codes]
    return spread


def require_unique(parts: Sequence[Partition], hashed: list[np.ndarray]) -> None:
    """Raise ``InvalidEvents`` where an id is used by events of different partitions.

    Within a partition validation has seen to it; a hash that is there twice is looked up.
    """
    every = np.concatenate(hashed)
    hashed.clear()
    every.sort()
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
