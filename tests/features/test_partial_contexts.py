"""What orders say about others, in parts that travel and add up; orders that meet however their ids are padded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.context.context import Context, PartialContext
from features.errors import InvalidEvents
from features.events import write_events
from features.events.text import BLANKS
from features.history import History
from features.pipeline.spark import packed, unpacked
from features.pipeline.stream import signal_file
from features.pipeline.table import signal_table
from simulation import simulate
from tests.support.plants import tiny
from tests.support.stories import UTC, created, moment, story


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    return simulate(tiny(), 60, 60, 3)


def parts_of(events: pd.DataFrame, number: int) -> list[PartialContext]:
    place = events["order_id"].map({order: rank % number for rank, order in enumerate(events["order_id"].unique())})
    return [PartialContext.of(History.of(own), UTC) for _, own in events.groupby(place)]


def same(one: PartialContext, other: PartialContext) -> None:
    assert (one.known_from, one.known_until, list(one.tallies)) == (
        other.known_from,
        other.known_until,
        list(other.tallies),
    )
    for name, tally in one.tallies.items():
        for mine, theirs in zip(vars(tally).values(), vars(other.tallies[name]).values(), strict=True):
            np.testing.assert_array_equal(mine, theirs, strict=True)


def test_a_part_that_travels_arrives_as_it_was(year: pd.DataFrame) -> None:
    for part in (parts_of(year, 1)[0], PartialContext.of(History.of(story(created(0, 9))), UTC)):
        same(PartialContext.from_arrow(unpacked(packed(part.to_arrow()))), part)


def test_parts_add_up_however_they_are_grouped(year: pd.DataFrame) -> None:
    parts = parts_of(year, 5)
    whole = parts_of(year, 1)[0]
    same(PartialContext.sum(parts), PartialContext.sum([PartialContext.sum(parts[3:]), PartialContext.sum(parts[:3])]))
    same(PartialContext.sum(parts), whole)
    assert Context.sum(parts, UTC).to_json() == Context.of(History.of(year), UTC).to_json()


def test_a_part_knows_when_its_records_begin_and_end() -> None:
    part = PartialContext.of(History.of(story(created(1, 9), created(3, 9, order="B", late=2.0))), UTC)
    assert (part.known_from, part.known_until) == (moment(1), moment(5))


def test_blanks_are_what_python_strips() -> None:
    assert sorted(BLANKS) == [sign for sign in map(chr, range(sys.maxunicode + 1)) if sign.isspace()]


def test_orders_meet_in_a_partition_however_their_ids_are_padded(year: pd.DataFrame, tmp_path: Path) -> None:
    pads = np.array(["", " ", "\t", "\u3000", "\n "])[np.arange(len(year)) % 5]
    write_events(year.assign(order_id=pads + year["order_id"] + pads[::-1]), tmp_path / "events.parquet")
    written = signal_file(
        tmp_path / "events.parquet", tmp_path / "out.parquet", scheme="before=5", partition_events=200
    )
    assert written.partitions > 5
    found = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(found, signal_table(year, scheme="before=5"), check_exact=True)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    write_events(story(created(0, 9))[:0], tmp_path / "events.parquet")
    with pytest.raises(InvalidEvents, match="must have at least one row, got none in .*events.parquet"):
        signal_file(tmp_path / "events.parquet", tmp_path / "out.parquet", scheme="daily")
    assert not (tmp_path / "out.parquet").exists()
