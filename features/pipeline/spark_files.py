"""The Spark engine for a command: a session, Parquet in, one sorted Parquet file or a folder out."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from features.catalogue.registry import catalogue
from features.errors import InvalidEvents, InvalidRequest, LibraryMissing
from features.events.files import INDEX_LEVEL
from features.events.schema import COLUMNS
from features.pipeline.spark import Batches, OverBatches, Plan, in_words, packed, planned, row_columns, unpacked
from features.pipeline.stream import Written, row_schema, write_tables
from features.pipeline.table import RowRequest
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.progress import Progress, no_progress

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PIECE_ROWS = 1 << 17
EVERY_SECONDS = 0.5
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
"""A folder named plant=007 speaks of the plant 007, not of a number."""
ON_THIS_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


@contextmanager
def spark_session(master: str | None = None) -> Iterator[SparkSession]:
    """A session of Spark, stopped at the end.

    Parameters
    ----------
    master : such as ``local[2]`` or ``spark://host:7077`` (default: as Spark is configured, else this machine)

    Raises ``LibraryMissing`` without PySpark or Java.
    """
    require_spark()
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    builder = SparkSession.builder.appName("shiprisk")
    settings = SETTINGS | ({"spark.master": master} if master else {})
    if master is not None and master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        settings |= ON_THIS_MACHINE
    try:
        session = builder.config(map=settings).getOrCreate()
    except PySparkRuntimeError as error:
        raise LibraryMissing(f"Spark must start, got: {error}. It needs Java 17 or later (JAVA_HOME)") from error
    try:
        yield session
    finally:
        session.stop()


def require_spark() -> None:
    """Raise ``LibraryMissing`` unless PySpark and Java are on this machine."""
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise LibraryMissing("the Spark engine needs PySpark: pip install 'shiprisk[spark]'") from error
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        raise LibraryMissing(
            f"the Spark engine needs Java 17 or later, got none {'in JAVA_HOME=' + home if home else 'on the PATH'}. "
            "Install it with the system's package manager: openjdk-17-jre-headless on Debian and Ubuntu"
        )


def spark_signal_file(
    session: SparkSession,
    events: str,
    out: str,
    *,
    as_of: object = None,
    scheme: str | None = None,
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
    partitions: int | None = None,
    progress: Progress = no_progress,
) -> Written:
    """Write every signal of every open order.

    Parameters
    ----------
    events : a Parquet file or a folder of them, wherever Spark can read
    out : a path that ends in ``.parquet``: one file on this machine, with the rows of
        ``features.pipeline.stream.signal_file``; else a folder, or a URL, that is not there yet; the executors
        write files into it that are sorted one after the other
    as_of, scheme, zone, policy, partitions : see ``features.pipeline.spark.spark_signals``
    progress : called with what is being done, tasks or partitions done, in all

    Raises as ``spark_signals`` does; ``InvalidRequest`` when the folder is there.
    """
    request = RowRequest.of(as_of, scheme, zone, policy)
    with watched(session, "reading what orders say about each other", progress):
        plan = planned(read_events(session, events), request, partitions)
    if out.endswith(".parquet") and "://" not in out:
        return _write_file(session, plan, Path(out), progress)
    return _write_folder(session, plan, out, progress)


def read_events(session: SparkSession, events: str) -> DataFrame:
    """The events of a file or a folder, of which only the schema is read yet.

    A folder plant=007 gives the column ``plant``; one that names no column of the event table is looked through.
    """
    from pyspark.errors import PySparkException

    try:
        frame = session.read.parquet(events)
        strange = [column for column in frame.columns if column not in COLUMNS]
        if strange:
            own = session.read.option("recursiveFileLookup", "true").parquet(events).columns
            frame = frame.drop(*(column for column in strange if column not in own or INDEX_LEVEL.fullmatch(column)))
        return frame
    except PySparkException as error:
        message = str(error).splitlines()[0]
        raise InvalidEvents(f"the events must be Parquet that Spark can read, got {events}: {message}") from error


@contextmanager
def watched(session: SparkSession, what: str, progress: Progress) -> Iterator[None]:
    """Tell how many tasks of Spark's running stage are done, until the work inside has ended."""
    tracker, ended = session.sparkContext.statusTracker(), threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY_SECONDS):
            for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
                if stage is not None:
                    progress(what, stage.numCompletedTasks, stage.numTasks)

    watcher = threading.Thread(target=watch, daemon=True)
    progress(what, 0, 1)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _write_folder(session: SparkSession, plan: Plan, out: str, progress: Progress) -> Written:
    from pyspark.errors import AnalysisException
    from pyspark.sql import Observation
    from pyspark.sql import functions as F  # noqa: N812

    counted = Observation()
    rows = plan.events.mapInArrow(plan.rows, row_columns()).observe(counted, F.count(F.lit(1)).alias("rows"))
    with watched(session, "computing signals", progress), in_words():
        try:
            rows.write.parquet(out, mode="errorifexists", compression="zstd")
        except AnalysisException as error:
            if error.getCondition() != "PATH_ALREADY_EXISTS":
                raise
            raise InvalidRequest(f"the output folder must not be there yet, got {out}") from error
    return Written(counted.get["rows"], len(catalogue()), plan.partitions)


def _write_file(session: SparkSession, plan: Plan, out: Path, progress: Progress) -> Written:
    """The rows are computed everywhere at once, kept on the executors' disks, and fetched partition by partition."""
    from pyspark import StorageLevel

    parts = plan.events.mapInArrow(_in_pieces(plan.rows, list(catalogue())), "piece binary").persist(
        StorageLevel.DISK_ONLY
    )
    try:
        with in_words():
            with watched(session, "computing signals", progress):
                pieces = parts.count()
            return write_tables(_fetched(parts, pieces, progress), out, plan.partitions)
    finally:
        parts.unpersist()


def _fetched(parts: DataFrame, pieces: int, progress: Progress) -> Iterator[pa.Table]:
    for done, row in enumerate(parts.toLocalIterator(prefetchPartitions=True), start=1):
        yield unpacked(bytes(row["piece"]))
        progress("writing signals", done, pieces)


def _in_pieces(rows: OverBatches, names: list[str]) -> OverBatches:
    """Rows many in one binary value; a partition without rows gives one, too, which says the columns."""

    def pieces(batches: Batches) -> Batches:
        given = False
        for table in _gathered(rows(batches)):
            given = True
            yield _piece(table)
        if not given:
            yield _piece(row_schema(names).empty_table())

    return pieces


def _piece(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"piece": [packed(table)]}, schema=pa.schema([("piece", pa.binary())]))


def _gathered(batches: Batches) -> Iterator[pa.Table]:
    """About ``PIECE_ROWS`` rows at a time."""
    some: list[pa.RecordBatch] = []
    for batch in batches:
        some.append(batch)
        if sum(one.num_rows for one in some) >= PIECE_ROWS:
            yield pa.Table.from_batches(some)
            some = []
    if some:
        yield pa.Table.from_batches(some)
