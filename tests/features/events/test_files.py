"""Several files of events as one table: what stands in two of them, in one version or in two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import InvalidEvents
from features.events import checked_events, read_event_files, read_events, write_events
from features.events.files import EARLIER_VERSION, validate_event_files
from features.pipeline.stream import signal_file
from tests.support.stories import at, created, event, shipped, story


def record(quantity: float, recorded: float, **says: Any) -> dict[str, Any]:
    """One goods issue of day 8, as an export of a later day has it."""
    return shipped(8, quantity, event_id="GI-1", source="wms", late=recorded - 8, **says)


def folder(path: Path, *files: list[dict[str, Any]]) -> Path:
    """A folder of one Parquet file an export, named in the order given."""
    for number, rows in enumerate(files):
        write_events(story(*rows), path / f"{number}.parquet")
    return path


def read(path: Path) -> tuple[list[tuple[str, float]], dict[str, int]]:
    """The id and quantity of what is read, and the assumptions."""
    found = validate_event_files([path])
    frame = read_event_files([path])
    pd.testing.assert_frame_equal(frame, found.events.reset_index(drop=True))
    return list(zip(frame["event_id"], frame["quantity"], strict=True)), found.assumptions


@pytest.mark.parametrize("files", [[6.0, 10.0], [10.0, 6.0]])
def test_of_two_versions_of_a_record_the_one_recorded_later_counts(tmp_path: Path, files: list[float]) -> None:
    """Six were booked on day 9, corrected to ten on day 12; the order of the files says nothing."""
    days = {6.0: 9.0, 10.0: 12.0}
    exports = [[record(quantity, days[quantity])] for quantity in files]
    rows, assumptions = read(folder(tmp_path, [created(0, 10)], *exports))
    assert rows == [("e000", 10.0), ("GI-1", 10.0)]
    assert assumptions == {EARLIER_VERSION: 1}
    assert read_event_files([tmp_path])["recorded_at"].tolist() == [at(0), at(12)]


def test_of_three_versions_two_are_counted_as_earlier_ones(tmp_path: Path) -> None:
    rows, assumptions = read(folder(tmp_path, *([record(quantity, 9 + quantity)] for quantity in (2.0, 1.0, 3.0))))
    assert (rows, assumptions) == ([("GI-1", 3.0)], {EARLIER_VERSION: 2})


def test_a_record_that_stands_in_two_files_word_for_word_is_no_version(tmp_path: Path) -> None:
    assert read(folder(tmp_path, [record(6, 9)], [record(6, 9)])) == ([("GI-1", 6.0)], {})


def test_the_same_id_of_two_sources_is_two_records(tmp_path: Path) -> None:
    rows, assumptions = read(folder(tmp_path, [record(6, 9)], [record(4, 10) | {"source": "mes"}]))
    assert (rows, assumptions) == ([("GI-1", 6.0), ("GI-1", 4.0)], {})


def test_two_versions_recorded_at_the_same_moment_are_a_fault(tmp_path: Path) -> None:
    """An earlier one beside them changes nothing."""
    with pytest.raises(InvalidEvents, match=r"the 2 files together: .*\n.*event_id must be unique within source 'wms'"):
        read_event_files([folder(tmp_path, [record(6, 9)], [record(10, 9)])])
    with pytest.raises(InvalidEvents, match="the 3 files together"):
        read_event_files([folder(tmp_path, [record(6, 9)], [record(10, 9)], [record(1, 8.5)])])


def test_two_versions_in_one_file_or_one_table_are_a_fault(tmp_path: Path) -> None:
    two = pd.concat([story(record(6, 9)), story(record(10, 12))], ignore_index=True)
    with pytest.raises(InvalidEvents, match="must be unique within source 'wms' unless the whole event is the same"):
        checked_events(two)
    write_events(two, tmp_path / "0.parquet")
    for other in ([], [event("hold.placed", 1, kind="credit", event_id="H-1")]):
        if other:
            write_events(story(*other), tmp_path / "1.parquet")
        with pytest.raises(InvalidEvents, match=r"0\.parquet: 2 values do not hold"):
            read_event_files([tmp_path])


# -- what pandas writes --------------------------------------------------------------------------------------------


def one_order() -> pd.DataFrame:
    return story(created(0, 9), event("hold.placed", 1, kind="quality", reference="H"), shipped(8, 10))


@pytest.mark.parametrize(
    "change",
    [
        lambda events: events.iloc[[2, 0, 1]],
        lambda events: pd.concat([events[events["type"] != "hold.placed"], events[events["type"] == "hold.placed"]]),
        lambda events: events.set_index("event_id"),
        lambda events: events.set_index(["order_id", "recorded_at"], drop=True),
    ],
    ids=["sample", "filter", "set_index", "two levels"],
)
def test_what_pandas_writes_with_its_index_is_read(tmp_path: Path, change: Any) -> None:
    """A nameless index says nothing; one that is a column of the event table is that column."""
    path = tmp_path / "events.parquet"
    change(one_order()).to_parquet(path)
    read = read_events(path).sort_values("event_id", ignore_index=True)
    expected = checked_events(one_order()).sort_values("event_id", ignore_index=True)
    pd.testing.assert_frame_equal(read, expected)
    signals = tmp_path / "signals.parquet"
    assert signal_file(path, signals, scheme="daily").rows > 0
    in_parts = tmp_path / "in_parts.parquet"
    assert signal_file(path, in_parts, scheme="daily", partition_events=1).partitions == 1
    assert pd.read_parquet(in_parts).equals(pd.read_parquet(signals))


def test_a_column_of_that_name_that_is_no_index_is_not_overlooked(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    one_order().assign(__index_level_0__=1).to_parquet(path, index=False)
    with pytest.raises(InvalidEvents, match="got also __index_level_0__"):
        read_events(path)


def test_an_unknown_column_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    one_order().assign(orderid=1, colour=2).to_parquet(path)
    with pytest.raises(InvalidEvents, match=r"got also orderid \(did you mean order_id\?\), colour$"):
        read_events(path)
