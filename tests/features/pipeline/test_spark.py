"""The Spark engine on a cluster of separate processes: the same rows as the batch, and faults in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import features.pipeline.spark
from features.catalogue.registry import catalogue
from features.errors import ClusterFailed, InvalidEvents, InvalidRequest, LibraryMissing
from features.events import COLUMNS, write_events
from features.events.files import ARROW
from features.pipeline.spark import in_words, spark_signals
from features.pipeline.spark_files import require_spark, spark_session, spark_signal_file
from features.pipeline.stream import signal_file
from features.pipeline.table import signal_table
from features.policy import OutcomePolicy, OutcomeRules
from simulation import simulate
from tests.conftest import Home
from tests.features.conftest import FromOutside
from tests.support.plants import tiny
from tests.support.stories import created, shipped, story

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

REQUIRED = "spark" in os.environ.get("SHIPRISK_REQUIRE", "")
TWO_EXECUTORS = "local-cluster[2,1,1024]"
ZONE = "America/New_York"
SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For Java machines that end before it pays to compile for speed."""


def skip_without_spark() -> None:
    """Where SHIPRISK_REQUIRE names spark, a machine without it is a failure."""
    try:
        require_spark()
    except LibraryMissing as error:
        if REQUIRED:
            raise
        pytest.skip(str(error))


@pytest.mark.nightly
def test_the_command_writes_what_the_local_engine_writes(empty_home: Home) -> None:
    """It comes first, while no cluster is up."""
    skip_without_spark()
    home = replace(empty_home, environment=empty_home.environment | {"JAVA_TOOL_OPTIONS": SHORT_LIVED})
    asked = ("features", str(home.events), "--snapshots", "before=5", "--json")
    local = home.run(*asked, "--out", "local.parquet")
    done = home.run(*asked, "--out", "spark.parquet", "--engine", "spark", "--master", "local[2]", "--partitions", "2")
    assert done.returncode == 0, done.stderr
    said = [one.stdout.splitlines()[-1].replace("local.parquet", "spark.parquet") for one in (local, done)]
    assert said[0].replace('"partitions":1', '"partitions":2') == said[1]
    tables = [pd.read_parquet(home.folder / f"{name}.parquet") for name in ("local", "spark")]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory, compiled: None) -> Iterator[SparkSession]:
    """Executors are processes of their own, which start in a home of their own and find this package by its path."""
    skip_without_spark()
    import pyspark

    home = tmp_path_factory.mktemp("spark")
    for name in ("bin", "jars"):
        (home / name).symlink_to(Path(pyspark.__file__).parent / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(home))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("PYTHONPATH", str(Path(features.__file__).parents[1]))
        patch.setenv("JAVA_TOOL_OPTIONS", SHORT_LIVED)
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        with spark_session(TWO_EXECUTORS) as session:
            session.conf.set("spark.sql.shuffle.partitions", "2")
            yield session


@pytest.fixture(scope="session")
def year() -> pd.DataFrame:
    """Orders of a small plant, in no order."""
    return simulate(tiny(), 60, 60, 3).sample(frac=1, random_state=1).reset_index(drop=True)


def frame(spark: SparkSession, events: pd.DataFrame) -> DataFrame:
    return spark.createDataFrame(pa.Table.from_pandas(events[list(COLUMNS)], schema=ARROW, preserve_index=False))


def rows(signals: DataFrame) -> pd.DataFrame:
    table = signals.toArrow()
    utc = table["as_of"].cast(pa.timestamp("us", "UTC"))
    return table.set_column(1, "as_of", utc).to_pandas().astype({"order_id": "str"})


@pytest.mark.parametrize("partitions", [pytest.param(1, marks=pytest.mark.nightly), 2, 7])
def test_the_rows_are_those_of_the_batch(
    spark: SparkSession, year: pd.DataFrame, partitions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features.pipeline.spark, "FAN", 3)
    found = rows(spark_signals(frame(spark, year), scheme="all", zone=ZONE, partitions=partitions))
    assert len(found) > 1000
    pd.testing.assert_frame_equal(found, signal_table(year, scheme="all", zone=ZONE), check_exact=True)


def test_the_rows_follow_the_outcome_policy(spark: SparkSession, year: pd.DataFrame) -> None:
    policy = OutcomePolicy(OutcomeRules("first", earliest=1, late=1.0), zone=ZONE)
    asked = {"scheme": "daily", "zone": ZONE, "policy": policy}
    found = rows(spark_signals(frame(spark, year), partitions=2, **asked))
    whole = signal_table(year, **asked)
    pd.testing.assert_frame_equal(found, whole, check_exact=True)
    assert not whole.equals(signal_table(year, scheme="daily", zone=ZONE))


def test_the_executors_have_signals_from_outside_that_are_not_theirs(
    spark: SparkSession, year: pd.DataFrame, from_outside: FromOutside
) -> None:
    """They have begun without the folder: its code comes with the work."""
    from_outside(
        "import numpy as np\n"
        "from features.catalogue import EITHER, signal\n"
        "@signal('size', 'days', EITHER, '{value} days')\n"
        "def twice_the_days(known):\n"
        '    """Twice the days to the promise, days."""\n'
        "    return 2 * known.days_until(known.due())\n"
    )
    found = rows(spark_signals(frame(spark, year), scheme="daily", partitions=2))
    pd.testing.assert_frame_equal(found, signal_table(year, scheme="daily"), check_exact=True)
    pd.testing.assert_series_equal(found["twice_the_days"], 2 * found["days_to_promise"], check_names=False)


def test_the_executors_are_other_processes(spark: SparkSession) -> None:
    def parent(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import features

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"process": [os.getpid()], "where": [features.__file__]})

    found = spark.range(4).repartition(2).mapInArrow(parent, "process long, where string").collect()
    assert os.getpid() not in {row["process"] for row in found}
    assert {row["where"] for row in found} == {features.__file__}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_one_moment_whatever_the_zone_of_the_session(spark: SparkSession, year: pd.DataFrame, zone: str) -> None:
    as_of = "2025-02-01T10:00:00+05:30"
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        found = rows(spark_signals(frame(spark, year), as_of=as_of))
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert len(found) > 5
    pd.testing.assert_frame_equal(found, signal_table(year, as_of=as_of), check_exact=True)


def test_orders_meet_however_their_ids_are_padded(spark: SparkSession, year: pd.DataFrame) -> None:
    pads = np.array(["", " ", "\t", "\u3000", "\n "])[np.arange(len(year)) % 5]
    padded = year.assign(order_id=pads + year["order_id"] + pads[::-1])
    found = rows(spark_signals(frame(spark, padded), scheme="before=5", partitions=7))
    pd.testing.assert_frame_equal(found, signal_table(year, scheme="before=5"), check_exact=True)


def test_nothing_open_is_a_table_without_rows(spark: SparkSession) -> None:
    done = frame(spark, story(created(0, 9), shipped(1)))
    found = rows(spark_signals(done, as_of="2024-02-01", partitions=3))
    assert (len(found), list(found)) == (0, ["order_id", "as_of", *catalogue()])


# -- what does not hold ----------------------------------------------------------------------------------------


def test_faults_are_told_with_the_ids_of_their_events(
    spark: SparkSession, year: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features.pipeline.spark, "FAN", 2)
    broken = year.assign(type=year["type"].where(year.index % 10 != 0, "order.lost"))
    one = broken[broken["type"] == "order.lost"].sort_values("event_id").iloc[0]
    n_faults = (broken["type"] == "order.lost").sum()
    with pytest.raises(InvalidEvents) as raised:
        spark_signals(frame(spark, broken), scheme="daily", partitions=3)
    said = str(raised.value)
    assert said.startswith(f"the events: {n_faults} values do not hold\n")
    assert f"event {one['event_id']} of {one['source']}, order {one['order_id']}: type must be one of" in said
    assert "got 'order.lost'" in said
    assert said.endswith(f"and {n_faults - 20} more")


def test_an_id_belongs_to_one_order(spark: SparkSession) -> None:
    told = [created(0, 9, order=f"O{number}", event_id=f"e{number % 7}") for number in range(8)]
    events = pd.concat([story(row) for row in told])
    with pytest.raises(InvalidEvents, match="event_id must be unique within source 'test' unless the whole event"):
        spark_signals(frame(spark, events), scheme="daily", partitions=8)
    of_two_systems = events.assign(source=[f"s{number}" for number in range(8)])
    assert len(rows(spark_signals(frame(spark, of_two_systems), scheme="events", partitions=8))) == 8


def test_the_same_event_again_changes_nothing(spark: SparkSession, year: pd.DataFrame) -> None:
    found = rows(spark_signals(frame(spark, pd.concat([year, year[:50]])), scheme="before=5", partitions=3))
    pd.testing.assert_frame_equal(found, signal_table(year, scheme="before=5"), check_exact=True)


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"as_of": "1999-01-01"}, InvalidRequest, "as_of must not be before the first record (2024-01-01T12:00:00Z)"),
        ({"as_of": "2024-02-01", "scheme": "daily"}, InvalidRequest, "must be given, got both or none"),
        ({"scheme": "hourly"}, InvalidRequest, "decision points must be daily, events, all"),
        ({"scheme": "daily", "zone": "Mars"}, InvalidRequest, "must be an IANA time zone"),
        ({"scheme": "daily", "partitions": 0}, InvalidRequest, "at least one partition, got 0"),
    ],
)
def test_what_cannot_be_asked(spark: SparkSession, asked: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error) as raised:
        spark_signals(frame(spark, story(created(0, 9))), **asked)
    assert said in str(raised.value)


def test_what_is_no_event_table(spark: SparkSession) -> None:
    events = frame(spark, story(created(0, 9)))
    with pytest.raises(InvalidEvents, match="got also mood"):
        spark_signals(events.withColumn("mood", events["order_id"]), scheme="daily")
    with pytest.raises(InvalidEvents, match="recorded_at missing"):
        spark_signals(events.drop("recorded_at"), scheme="daily")
    for partitions in (None, 2):
        with pytest.raises(InvalidEvents, match="must have at least one row, got none"):
            spark_signals(events.where("false"), scheme="daily", partitions=partitions)


def test_what_spark_cannot_do_is_a_sentence(spark: SparkSession) -> None:
    def absent(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        raise ModuleNotFoundError("No module named 'features'")

    with pytest.raises(LibraryMissing, match="must be installed where Spark's executors run"), in_words():
        spark.range(1).mapInArrow(absent, "id long").collect()
    with pytest.raises(ClusterFailed, match="Spark must finish what it is given, got: .*surely_not_there"), in_words():
        spark.range(1).selectExpr("surely_not_there")


def test_without_java_or_pyspark_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without_spark()
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(LibraryMissing, match="needs Java 17 or later, got none in JAVA_HOME=/nowhere"):
        require_spark()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LibraryMissing, match="got none on the PATH. Install it"):
        require_spark()
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(LibraryMissing, match="needs PySpark: pip install 'shiprisk"):
        require_spark()


# -- files -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, year: pd.DataFrame) -> Path:
    """The year as a folder of three files."""
    folder = tmp_path_factory.mktemp("lake")
    for number in range(3):
        write_events(year[number::3], folder / f"{number}.parquet")
    return folder


def test_one_file_has_the_rows_and_columns_of_the_local_engine(
    spark: SparkSession, lake: Path, year: pd.DataFrame, tmp_path: Path
) -> None:
    heard: list[tuple[str, int, int]] = []
    write_events(year, tmp_path / "events.parquet")
    signal_file(tmp_path / "events.parquet", tmp_path / "local.parquet", scheme="daily", zone=ZONE)
    written = spark_signal_file(
        spark, str(lake), str(tmp_path / "spark.parquet"), scheme="daily", zone=ZONE, partitions=4,
        progress=lambda *said: heard.append(said),
    )  # fmt: skip
    local, found = pq.read_table(tmp_path / "local.parquet"), pq.read_table(tmp_path / "spark.parquet")
    assert found.schema.equals(local.schema)
    pd.testing.assert_frame_equal(found.to_pandas(), local.to_pandas(), check_exact=True)
    assert (written.rows, written.signals, written.partitions) == (len(local), len(catalogue()), 4)
    assert heard[-1][0] == "writing signals"
    assert all(0 <= done <= parts for _, done, parts in heard)


def test_a_folder_has_sorted_files_and_is_never_overwritten(
    spark: SparkSession, lake: Path, year: pd.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "signals"
    written = spark_signal_file(spark, str(lake), str(out), scheme="before=5", partitions=3)
    found = pd.concat(pd.read_parquet(path) for path in sorted(out.glob("*.parquet"))).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, signal_table(year, scheme="before=5"), check_exact=True)
    assert written.rows == len(found)
    with pytest.raises(InvalidRequest, match="the output folder must not be there yet"):
        spark_signal_file(spark, str(lake), str(out), scheme="before=5")


def test_a_folder_that_names_a_plant_gives_it_and_others_are_looked_through(
    spark: SparkSession, year: pd.DataFrame, tmp_path: Path
) -> None:
    for number in range(2):
        folder = tmp_path / f"dt=2025-01-0{number + 1}" / "plant=007"
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pandas(year[number::2], schema=ARROW).drop_columns("plant"), folder / "e.parquet")
    spark_signal_file(spark, str(tmp_path), str(tmp_path / "signals/all.parquet"), scheme="before=5", partitions=2)
    found = pd.read_parquet(tmp_path / "signals" / "all.parquet")
    pd.testing.assert_frame_equal(found, signal_table(year.assign(plant="007"), scheme="before=5"), check_exact=True)


def test_a_lake_that_is_not_there(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InvalidEvents, match="must be Parquet that Spark can read, got .*nowhere"):
        spark_signal_file(spark, str(tmp_path / "nowhere"), str(tmp_path / "out.parquet"), scheme="daily")


def test_the_command_says_what_does_not_go_together(empty_home: Home) -> None:
    home = empty_home
    asked = ("features", str(home.events), "--snapshots", "daily")
    refused = home.run(*asked, "--master", "local[2]")
    assert (refused.returncode, "must go with --engine spark" in refused.stderr) == (2, True)
    refused = home.run(*asked, "--engine", "spark", "--out", "out.csv")
    assert (refused.returncode, "must end in .parquet, or be a folder" in refused.stderr) == (2, True)
