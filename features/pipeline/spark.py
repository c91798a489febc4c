"""Events that live in a lake: the functions of ``features.pipeline.stream`` over Spark's partitions, identical rows.

Whole orders meet in a partition. The first pass validates each partition and adds up what its orders say about
others (a ``PartialContext``), tens of them at a time, so that the driver holds few; the second computes the signals
with the context of all. Nothing depends on how orders fall into partitions, so a task may run again anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from features.catalogue.plugins import enter_plugins, plugins
from features.catalogue.registry import catalogue
from features.context.context import Context, PartialContext
from features.errors import ClusterFailed, InvalidEvents, InvalidRequest, LibraryMissing
from features.events.text import BLANKS
from features.events.validation import SHOWN, Fault, checked, invalid, require_columns, validate_events
from features.history import History
from features.pipeline.computation import PART_EVENTS
from features.pipeline.partitions import PARTITION_EVENTS, used_twice
from features.pipeline.stream import computed_rows
from features.pipeline.table import RowRequest
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import plant_calendar

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

FAN = 64
"""So many parts are added up by one task before the driver sees them."""
WHERE = "the events"
PART_SCHEMA = pa.schema([("part", pa.binary()), ("faults", pa.list_(pa.string())), ("n_faults", pa.int64())])
PART_COLUMNS = "part binary, faults array<string>, n_faults bigint"
Batches = Iterator[pa.RecordBatch]
OverBatches = Callable[[Batches], Batches]


@dataclass(frozen=True)
class Plan:
    """The second pass, not yet run.

    Attributes
    ----------
    events : whole orders meet; partitions and rows come in the order of the orders' ids
    rows : from the events of a partition to its signals, sorted by order and moment
    partitions : how many
    """

    events: DataFrame
    rows: OverBatches
    partitions: int


def spark_signals(
    events: DataFrame,
    *,
    as_of: object = None,
    scheme: str | None = None,
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
    partitions: int | None = None,
) -> DataFrame:
    """Every signal of every open order, (n_points, 2 + n_signals), as ``features.pipeline.signal_table`` gives them.

    The first pass runs at once, the second when the result is used. ``events`` is read several times, so it must be the
    same each time.

    Parameters
    ----------
    events : the columns of the event table, rows in any order
    as_of, scheme, zone, policy : see ``features.pipeline.signal_table``
    partitions : of the result (default: about 500,000 events each)

    Returns
    -------
    order_id, as_of, and one double column a signal; partitions, and rows in them, come sorted by order and moment.

    Raises ``InvalidEvents`` and ``InvalidRequest`` as ``signal_table`` does, ``LibraryMissing`` where the executors
    lack this package, ``ClusterFailed`` when Spark gives up.
    """
    plan = planned(events, RowRequest.of(as_of, scheme, zone, policy), partitions)
    return plan.events.mapInArrow(plan.rows, row_columns())


def planned(events: DataFrame, request: RowRequest, partitions: int | None = None) -> Plan:
    """Run the first pass. Raises as ``spark_signals`` does."""
    require_columns(events.columns)
    if partitions is not None and partitions < 1:
        raise InvalidRequest(f"there must be at least one partition, got {partitions}")
    with in_words():
        count = partitions or -(-events.count() // PARTITION_EVENTS) or 1
        whole = _whole_part(events.repartition(count, trimmed("order_id")), count, request)
        _require_unique(events)
    request.require_recorded(whole.known_from)
    meeting = events.repartitionByRange(count, trimmed("order_id"))
    return Plan(meeting, _computing(packed(whole.to_arrow()), request), count)


def trimmed(column: str) -> Column:
    """A text as validation will read it, so that orders meet however their ids are padded."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.trim(F.col(column).cast("string"), F.lit(BLANKS))


@contextmanager
def in_words() -> Iterator[None]:
    """What Spark could not do, in a sentence instead of a stack trace."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        message = str(error)
        if "No module named 'features" in message:
            raise LibraryMissing("shiprisk must be installed where Spark's executors run, it is not there") from error
        raise ClusterFailed(f"Spark must finish what it is given, got: {_gist(message)}") from error


def _gist(message: str) -> str:
    """The line of a long message that tells most: the last one of Python's traceback, else the first."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    raised = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception"))]
    return next(iter(raised or lines), "nothing")


# -- the first pass --------------------------------------------------------------------------------------------


def _whole_part(events: DataFrame, partitions: int, request: RowRequest) -> PartialContext:
    parts = events.mapInArrow(_over(lambda table: [read_part(table, request.zone, request.policy)]), PART_COLUMNS)
    if partitions > FAN:
        parts = parts.repartition(-(-partitions // FAN)).mapInArrow(_over(lambda some: [add_up(some)]), PART_COLUMNS)
    some = parts.toArrow()
    if not len(some):
        raise InvalidEvents(f"{WHERE} must have at least one row, got none")
    row = add_up(some).to_pylist()[0]
    if row["n_faults"]:
        raise invalid(row["faults"], row["n_faults"], WHERE)
    return PartialContext.from_arrow(unpacked(row["part"]))


def read_part(events: pa.Table, zone: str, policy: OutcomePolicy = DEFAULT_POLICY) -> pa.RecordBatch:
    """One row ``FOUND``: what the orders of a partition add to the context, or their faults, the first in words."""
    judged = validate_events(events, zone)
    faults = sorted(_said(events, fault) for fault in judged.faults)
    if faults:
        return _part_row(None, faults, len(faults))
    history = History.of_columns(judged.columns, policy)
    return _part_row(PartialContext.of(history, plant_calendar(zone)), [], 0)


def add_up(parts: pa.Table) -> pa.RecordBatch:
    """One row of several."""
    rows = parts.to_pylist()
    n_faults = sum(row["n_faults"] for row in rows)
    if n_faults:
        return _part_row(None, sorted(fault for row in rows for fault in row["faults"]), n_faults)
    return _part_row(PartialContext.sum([PartialContext.from_arrow(unpacked(row["part"])) for row in rows]), [], 0)


def _part_row(part: PartialContext | None, faults: list[str], n_faults: int) -> pa.RecordBatch:
    payload = None if part is None else packed(part.to_arrow())
    return pa.RecordBatch.from_pylist(
        [{"part": payload, "faults": faults[:SHOWN], "n_faults": n_faults}], schema=PART_SCHEMA
    )


def _said(events: pa.Table, fault: Fault) -> str:
    """A fault by the event's id: a row of a partition has no number that its owner knows."""
    names = ("event_id", "source", "order_id")
    event_id, source, order = (str(events[name][fault.row].as_py()) for name in names)
    return f"event {event_id} of {source}, order {order}: {fault.column} must {fault.must}, got {fault.value}"


def _require_unique(events: DataFrame) -> None:
    """Raise ``InvalidEvents`` where events of two orders share an id; within a partition validation has seen to it."""
    from pyspark.sql import functions as F  # noqa: N812

    named = events.select(*(trimmed(name).alias(name) for name in ("source", "event_id", "order_id")))
    users = named.groupBy("source", "event_id").agg(F.min("order_id").alias("one"), F.max("order_id").alias("other"))
    for row in users.where("one != other").orderBy("source", "event_id").limit(1).collect():
        raise used_twice(WHERE, row["source"], row["event_id"], row["one"], row["other"])


# -- the second pass -------------------------------------------------------------------------------------------


def _computing(payload: bytes, request: RowRequest) -> OverBatches:
    """From events to rows. Spark broadcasts what this function carries, the context, once it is larger than 1 MB.

    It carries the names of the signals and the code of those from outside, too: an executor may have others.
    """

    names, carried = list(catalogue()), plugins()

    def rows(events: pa.Table) -> Iterator[pa.RecordBatch]:
        enter_plugins(carried)
        context = _context(payload, request.zone)
        columns = checked(validate_events(events, request.zone), WHERE).columns
        history = History.of_columns(columns, request.policy)
        for begin, end in history.parts(PART_EVENTS):
            some = history.part(begin, end)
            yield from computed_rows(some, request.points(some, context), context, threads=1, names=names).to_batches()

    return _over(rows)


@lru_cache(maxsize=1)
def _context(payload: bytes, zone: str) -> Context:
    """Made once by each of Spark's Python processes, which run many tasks."""
    return Context.sum([PartialContext.from_arrow(unpacked(payload))], plant_calendar(zone))


def row_columns() -> Any:
    """The columns of a table of signals, as Spark names them."""
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

    first = [StructField("order_id", StringType()), StructField("as_of", TimestampType())]
    return StructType(first + [StructField(name, DoubleType()) for name in catalogue()])


# -- what Spark carries ----------------------------------------------------------------------------------------


def _over(function: Callable[[pa.Table], Iterable[pa.RecordBatch]]) -> OverBatches:
    """For ``mapInArrow``: all batches of a partition as one table; an empty partition gives nothing."""

    def over(batches: Batches) -> Batches:
        given = [batch for batch in batches if batch.num_rows]
        if given:
            yield from function(pa.Table.from_batches(given))

    return over


def packed(table: pa.Table) -> bytes:
    """A table as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def unpacked(payload: bytes) -> pa.Table:
    """The table."""
    with pa.ipc.open_stream(payload) as reader:
        return reader.read_all()
