"""From a file of events to a file of signals, whatever their size: whole orders pass through in partitions.

The first pass adds up what the orders say about each other (the context), the second computes the signals. Rows come
out sorted by order and moment; the same rows, bit for bit, as from one piece.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue.registry import catalogue
from features.context.context import Context, PartialContext
from features.decision_points import DecisionPoints
from features.errors import InvalidRequest
from features.events.validation import Validated, checked
from features.history import History
from features.parallel import CORES, side_by_side
from features.pipeline.computation import compute
from features.pipeline.partitions import (
    PARTITION_EVENTS,
    Partition,
    ids_of,
    partitions,
    require_unique,
)
from features.pipeline.table import RowRequest
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.progress import Progress, no_progress
from features.times import PlantCalendar

MOST_AT_A_TIME = 4
"""Partitions held in memory, however many cores there are."""
Chooser = Callable[[History], DecisionPoints]


@dataclass(frozen=True)
class Written:
    """What was written: rows, signals a row, and in how many partitions the events passed."""

    rows: int
    signals: int
    partitions: int


def signal_file(
    events: Path,
    out: Path,
    *,
    as_of: object = None,
    scheme: str | None = None,
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
    progress: Progress = no_progress,
    partition_events: int = PARTITION_EVENTS,
) -> Written:
    """Write every signal of every open order to a Parquet file, with memory bounded by the size of a partition.

    Parameters
    ----------
    events : Parquet file of events, in any order
    as_of, scheme, zone, policy : see ``features.pipeline.signal_table``
    progress : called with what is being done, partitions done, partitions in all
    partition_events : about so many events are held in memory at a time, for each core

    Raises ``InvalidEvents`` and ``InvalidRequest`` as ``signal_table`` does; no file is left behind then.
    """
    request = RowRequest.of(as_of, scheme, zone, policy)
    if out.is_dir() or out.resolve() == events.resolve():
        raise InvalidRequest(f"the output must be a file other than the events, got {out}")
    with tempfile.TemporaryDirectory(prefix="shiprisk-") as folder:
        parts = partitions(events, Path(folder), zone, partition_events, progress)
        context, first = context_of(parts, request.calendar, progress, policy)
        request.require_recorded(first)
        tables = tables_of(parts, context, lambda history: request.points(history, context), progress, policy)
        return write_tables(tables, out, len(parts))


def context_of(
    parts: list[Partition],
    calendar: PlantCalendar,
    progress: Progress = no_progress,
    policy: OutcomePolicy = DEFAULT_POLICY,
) -> tuple[Context, int]:
    """The context of all orders, and the first moment recorded."""

    def read(part: Partition) -> tuple[PartialContext | None, np.ndarray, Validated]:
        judged = part.judged()
        if judged.faults:
            return None, np.zeros(0, dtype=np.uint64), judged
        ids = ids_of(judged.columns) if len(parts) > 1 else np.zeros(0, dtype=np.uint64)
        part_context = PartialContext.of(History.of_columns(judged.columns, policy), calendar)
        return part_context, ids, replace(judged, columns={})

    contexts, hashed, faults = [], [], []
    one_by_one = side_by_side(read, parts, threads=min(CORES, MOST_AT_A_TIME))
    for done, (one, ids, judged) in enumerate(one_by_one, start=1):
        contexts += [] if one is None else [one]
        hashed.append(ids)
        faults += judged.faults
        progress("reading what orders say about each other", done, len(parts))
    checked(replace(judged, faults=sorted(faults, key=lambda fault: fault.row)), str(parts[0].origin))
    require_unique(parts, hashed)
    whole = PartialContext.sum(contexts)
    return Context.sum([whole], calendar, policy=policy), whole.known_from


def tables_of(
    parts: list[Partition],
    context: Context,
    choose: Chooser,
    progress: Progress = no_progress,
    policy: OutcomePolicy = DEFAULT_POLICY,
) -> Iterator[pa.Table]:
    """order_id, as_of and one column a signal, a table a partition."""
    for done, part in enumerate(parts, start=1):
        history = History.of_columns(part.columns(), policy)
        yield computed_rows(history, choose(history), context)
        progress("computing signals", done, len(parts))


def computed_rows(
    history: History,
    points: DecisionPoints,
    context: Context,
    threads: int = CORES,
    names: list[str] | None = None,
) -> pa.Table:
    """order_id, as_of and one column a signal, (n_points, 2 + n_signals); every signal where none are named."""
    names = list(catalogue()) if names is None else names
    return signal_rows(history, points, compute(history, points, context, names, threads=threads), names)


def signal_rows(history: History, points: DecisionPoints, values: np.ndarray, names: list[str]) -> pa.Table:
    """Decision points and their signals as an Arrow table."""
    orders = pa.array(history.order_ids, type=pa.string()).take(pa.array(points.order))
    moments = pa.array(points.as_of).cast(pa.timestamp("us", "UTC"))
    columns = [pa.array(values[:, place]) for place in range(len(names))]
    return pa.table([orders, moments, *columns], schema=row_schema(names))


def row_schema(names: Iterable[str]) -> pa.Schema:
    """order_id, as_of and one column a signal."""
    first = [("order_id", pa.string()), ("as_of", pa.timestamp("us", "UTC"))]
    return pa.schema([*first, *((name, pa.float64()) for name in names)])


def write_tables(tables: Iterator[pa.Table], out: Path, n_parts: int) -> Written:
    """All tables into one file, which is there only when it is whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = 0
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        unfinished = Path(folder) / out.name
        with ExitStack() as stack:
            writer = None
            for table in tables:
                if writer is None:
                    opened = pq.ParquetWriter(unfinished, table.schema, compression="zstd", compression_level=1)
                    writer = stack.enter_context(opened)
                writer.write_table(table)
                rows += len(table)
        if writer is not None:
            unfinished.replace(out)
    return Written(rows, len(catalogue()), n_parts)
