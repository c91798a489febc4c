"""Several files of events as one table: what stands in two of them, in one version or in two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import InvalidEvents
from features.events import checked_events, read_event_files, write_events
from features.events.files import EARLIER_VERSION, validate_event_files
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
