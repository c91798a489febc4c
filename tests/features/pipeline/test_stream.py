"""Files of any size: the same rows in one piece and in many, and errors that name the file's own rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import decision_points
from features.engine.prefix_sums import running_count
from features.errors import InvalidEvents, InvalidRequest
from features.events import read_events, validate_events, write_events
from features.events.files import ARROW
from features.events.schema import COLUMNS
from features.history import History
from features.parallel import side_by_side
from features.pipeline.computation import compute
from features.pipeline.stream import signal_file
from features.pipeline.table import signal_table
from features.policy import OutcomePolicy, OutcomeRules
from features.source import written_code
from tests.support.histories import Row, histories
from tests.support.stories import UTC, created, event, shipped, story


def written(rows: list[dict[str, Any]] | pd.DataFrame, path: Path) -> Path:
    write_events(rows if isinstance(rows, pd.DataFrame) else story(*rows), path)
    return path


def three_orders() -> list[dict[str, Any]]:
    return [
        row for order in "ABC" for row in (created(0, 20, order=order), event("hold.placed", 3, order, kind="credit"))
    ]


@given(histories())
@settings(max_examples=25)
def test_partitions_give_the_rows_of_one_piece(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    folder = tmp_path_factory.mktemp("stream")
    events = written(story(*rows), folder / "events.parquet")
    whole = signal_table(read_events(events), scheme="all")
    for size in (1, 7):
        signal_file(events, folder / "out.parquet", scheme="all", partition_events=size)
        pd.testing.assert_frame_equal(pd.read_parquet(folder / "out.parquet"), whole, check_exact=True)


def test_partitions_follow_the_outcome_policy(tmp_path: Path) -> None:
    """By the first promise the orders are late on day 11, when by the last they are still looked at."""
    moved = [event("commitment.changed", 5, order, date=40, actor="plant") for order in "ABC"]
    later = [event("hold.released", 30, order, kind="credit") for order in "ABC"]
    events = written([created(0, 10, order=order) for order in "ABC"] + moved + later, tmp_path / "events.parquet")
    policy = OutcomePolicy(OutcomeRules("first"))
    whole = signal_table(read_events(events), scheme="daily", policy=policy)
    assert 0 < len(whole) < len(signal_table(read_events(events), scheme="daily"))
    signal_file(events, tmp_path / "out.parquet", scheme="daily", policy=policy, partition_events=1)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out.parquet"), whole, check_exact=True)


def test_a_plant_in_partitions(plant: pd.DataFrame, tmp_path: Path) -> None:
    events = written(plant.sample(frac=1, random_state=1), tmp_path / "events.parquet")
    told: list[tuple[str, int, int]] = []
    done = signal_file(
        events,
        tmp_path / "deep" / "out.parquet",
        scheme="before=5",
        partition_events=500,
        progress=lambda *said: told.append(said),
    )
    rows = pd.read_parquet(tmp_path / "deep" / "out.parquet")
    pd.testing.assert_frame_equal(rows, signal_table(plant, scheme="before=5"), check_exact=True)
    assert (done.rows, done.signals) == (len(rows), len(catalogue()))
    assert done.partitions > 3
    assert told[-1] == ("computing signals", done.partitions, done.partitions)
    assert {what for what, _, _ in told} == {
        "splitting",
        "reading what orders say about each other",
        "computing signals",
    }
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out.parquet"]


def test_faults_of_all_partitions_are_named_at_once_by_the_rows_of_the_file(tmp_path: Path) -> None:
    rows = three_orders()
    rows[1]["kind"], rows[5]["kind"] = "weird", None
    raw = [{"event_id": f"e{n}", "source": "test"} | row for n, row in enumerate(rows)]
    table = pa.Table.from_pandas(pd.DataFrame(raw).reindex(columns=list(COLUMNS)), schema=ARROW, preserve_index=False)
    pq.write_table(table, tmp_path / "events.parquet")
    with pytest.raises(InvalidEvents) as error:
        signal_file(tmp_path / "events.parquet", tmp_path / "out.parquet", scheme="daily", partition_events=1)
    said = str(error.value)
    assert "2 values do not hold" in said
    assert said.index("row 1: kind must be one of") < said.index("row 5: kind must be given")
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]


def test_an_id_used_by_orders_of_two_partitions_is_named(tmp_path: Path) -> None:
    rows = three_orders()
    rows[0]["event_id"] = rows[4]["event_id"] = "twice"
    raw = [{"event_id": f"e{n}", "source": "test"} | row for n, row in enumerate(rows)]
    table = pa.Table.from_pandas(pd.DataFrame(raw).reindex(columns=list(COLUMNS)), schema=ARROW, preserve_index=False)
    pq.write_table(table, tmp_path / "events.parquet")
    with pytest.raises(InvalidEvents, match="unique within source 'test'.*got 'twice' for the orders 'A' and 'C'"):
        signal_file(tmp_path / "events.parquet", tmp_path / "out.parquet", scheme="daily", partition_events=1)


def test_a_name_with_brackets_is_that_file(tmp_path: Path) -> None:
    written(three_orders(), tmp_path / "events1.parquet")
    events = written(three_orders()[:2], tmp_path / "events[1].parquet")
    signal_file(events, tmp_path / "out.parquet", as_of="2024-01-05", partition_events=1)
    assert list(pd.read_parquet(tmp_path / "out.parquet")["order_id"]) == ["A"]


def test_the_events_are_never_written_over(tmp_path: Path) -> None:
    events = written(three_orders(), tmp_path / "events.parquet")
    with pytest.raises(InvalidRequest, match="a file other than the events"):
        signal_file(events, events, scheme="daily")
    with pytest.raises(InvalidRequest, match="a file other than the events"):
        signal_file(events, tmp_path, scheme="daily")
    assert len(read_events(events)) == 6


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    events = written(three_orders(), tmp_path / "events.parquet")
    content = bytearray(events.read_bytes())
    content[4:400] = bytes(396)
    events.write_bytes(bytes(content))
    with pytest.raises(InvalidEvents, match="must be a Parquet file, got .*events.parquet"):
        signal_file(events, tmp_path / "out.parquet", scheme="daily")


@pytest.mark.parametrize("kind", ["uint8", "int64", "unused", "repeated", "null word"])
def test_dictionaries_of_other_writers_say_the_same(kind: str) -> None:
    table = pa.Table.from_pandas(story(*three_orders()), schema=ARROW, preserve_index=False)
    words = {"unused": ["A", "B", "C", "gone"], "repeated": ["A", "B", "C", "A"], "null word": ["A", "B", "C", None]}
    codes = [0, 0, 1, 1, 2, 2] if kind != "repeated" else [0, 3, 1, 1, 2, 2]
    width = {"uint8": pa.uint8(), "int64": pa.int64()}.get(kind, pa.int32())
    orders = pa.DictionaryArray.from_arrays(pa.array(codes, width), pa.array(words.get(kind, ["A", "B", "C"])))
    table = table.set_column(table.schema.get_field_index("order_id"), "order_id", orders)
    ids = table.column("event_id").dictionary_encode()
    table = table.set_column(table.schema.get_field_index("event_id"), "event_id", ids)
    history = History.of_columns(validate_events(table).columns)
    assert list(history.order_ids) == ["A", "B", "C"]
    assert history.first.tolist() == [0, 2, 4, 6]


def test_parts_in_threads_give_what_one_piece_gives(plant: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History.of(plant)
    context = Context.of(history, UTC)
    points = decision_points(history, "all", UTC)
    whole = compute(history, points, context)
    monkeypatch.setattr("features.pipeline.computation.PART_EVENTS", 300)
    by = np.random.default_rng(1).permutation(len(points))
    done: list[int] = []
    parts = compute(history, points.take(by), context, progress=lambda _what, now, _all: done.append(now), threads=3)
    np.testing.assert_array_equal(parts, whole[by])
    assert done == sorted(done)
    assert done[-1] == len(points)


def test_jobs_side_by_side_come_back_in_their_order() -> None:
    assert list(side_by_side(lambda n: n * n, range(9), threads=3)) == [n * n for n in range(9)]


def test_machine_code_is_kept_under_the_code_it_was_made_from() -> None:
    import hashlib

    place = running_count.stats.cache_path  # type: ignore[attr-defined]
    assert hashlib.sha256(written_code()).hexdigest()[:16] in place


def test_an_empty_reply_is_an_empty_table(tmp_path: Path) -> None:
    events = written([created(0, 5), shipped(1, 10)], tmp_path / "events.parquet")
    signal_file(events, tmp_path / "out.parquet", as_of="2024-01-04")
    assert pd.read_parquet(tmp_path / "out.parquet").shape == (0, 2 + len(catalogue()))
