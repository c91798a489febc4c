"""The compiled reader of moments says what pandas says, or leaves the text to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.events.columns import read_column
from features.events.iso8601 import plain_moments
from features.times import ISO_8601, NEVER, micros, plant_calendar

TWO = st.integers(0, 99).map(lambda number: f"{number:02}")


@st.composite
def texts(draw: Any) -> str:
    """Texts that are moments, or nearly."""
    year = draw(st.sampled_from(["1969", "1970", "2000", "2024", "2100", "2199", "2200"]))
    day = f"{year}-{draw(st.integers(0, 13)):02}-{draw(st.integers(0, 32)):02}"
    hour, minute = draw(st.integers(0, 24)), draw(st.integers(0, 60))
    time = f"{draw(st.sampled_from('TTT x'))}{hour:02}:{minute:02}:{draw(TWO)}"
    fraction = draw(st.sampled_from(["", ".", ".5", ".123456", ".1234567", ".12a"]))
    offset = draw(st.sampled_from(["Z", "z", "", " Z", "+02:00", "-05:30", "+24:00", "+00:60", "+0200", "Z "]))
    return draw(st.sampled_from([day, day + time + offset, day + time + fraction + offset]))


@given(st.lists(texts(), min_size=1, max_size=20))
@example(["2024-02-29T23:59:59.000001-23:59", "2100-02-29", "2024-02-29", "1970-01-01T00:00:00+00:01"])
def test_what_is_read_is_what_pandas_reads(said: list[str]) -> None:
    readable = [text if ISO_8601.fullmatch(text) else "" for text in said]
    theirs = pd.to_datetime(readable, errors="coerce", utc=True, format="ISO8601")
    expected = theirs.tz_localize(None).as_unit("us").asi8
    found = plain_moments(said)
    np.testing.assert_array_equal(found[found != NEVER], expected[found != NEVER])


def test_what_systems_write_is_read_without_pandas() -> None:
    said = ["2024-01-31T08:00:00Z", "2024-01-31T08:00:00.5+02:00", "2024-01-31", "2024-02-29T08:00:00.123456-05:30"]
    assert plain_moments(said).tolist() == [micros(text) for text in said]


@pytest.mark.parametrize("said", ["", "now", "2024-1-31", "２024-01-31", "2024-01-31T08:00Z", "2024-01-31T08:00:00"])
def test_other_forms_are_left_to_pandas(said: str) -> None:
    assert plain_moments([said, ""]).tolist() == [NEVER, NEVER]


def test_forms_may_be_mixed_in_a_column() -> None:
    raw = ["2024-01-31T08:00:00Z", None, " 2024-01-31 ", "20240131T0800", "soon", pd.Timestamp("2024-01-31T09:00Z")]
    read = read_column("date", raw, len(raw), plant_calendar("Europe/Berlin"))
    end = micros("2024-01-31T23:00:00Z") - 1
    expected = [micros(raw[0]), NEVER, end, micros("2024-01-31T07:00:00Z"), NEVER, micros(raw[5])]
    assert read.values.tolist() == expected
    assert read.wrong[0][1].tolist() == [False, False, False, False, True, False]
    assert {what: rows for what, rows in read.assumed.items() if rows} == {
        "date given as a date alone: taken as the end of that day, Europe/Berlin": 1,
        "date given without an offset: taken as local time, Europe/Berlin": 1,
    }
