from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from features.errors import InvalidEvents, InvalidRequest
from features.events import COLUMNS, TYPES, checked_events, read_events, validate_events, write_events
from features.events.columns import NO_DATE
from features.times import micros
from tests.support.stories import created, event, shipped, story


def raw(**says: object) -> dict[str, object]:
    row = {
        "event_id": "1",
        "source": "erp",
        "type": "order_line.created",
        "order_id": "A",
        "occurred_at": "2024-01-01T08:00:00Z",
        "recorded_at": "2024-01-01T08:00:00Z",
        "quantity": 5,
        "date": "2024-02-01",
    }
    return row | says


def faults(*rows: dict[str, object]) -> list[str]:
    return [str(fault) for fault in validate_events(pd.DataFrame(rows)).faults]


def test_all_faults_are_collected_with_row_column_value_and_rule() -> None:
    found = faults(
        raw(event_id="1", quantity="many", order_id=" "),
        raw(event_id="2"),
        raw(event_id="3", type="hold.placed", kind="moon", occurred_at="yesterday"),
        raw(event_id="4", type="order.made"),
        raw(event_id="5", occurred_at="1900-01-01", quantity=-2),
    )
    assert found == [
        "row 0: order_id must be given, got nothing",
        "row 0: quantity must be a number of at most 1e+10 in size, got 'many'",
        "row 2: occurred_at must be an ISO 8601 date or time, got 'yesterday'",
        "row 2: kind must be one of quality, material, engineering, credit, delivery, documents for hold.placed, "
        "got 'moon'",
        f"row 3: type must be one of {', '.join(TYPES)}, got 'order.made'",
        "row 4: occurred_at must lie between 2000-01-01 and 2200-01-01, got '1900-01-01'",
        "row 4: quantity must not be negative for order_line.created, got -2.0",
    ]


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_is_held_to_what_it_needs_to_its_words_and_to_its_sign(kind: str) -> None:
    rule, words = TYPES[kind], dict(TYPES[kind].words)
    lawful = raw(type=kind) | {column: may[-1] for column, may in words.items()}
    lacks = [lawful | {column: None} for column in rule.needs]
    strange = [lawful | {column: "moon"} for column in words]
    below = lawful | {"quantity": -1.0}
    expected = [f"{column} must be given for {kind}, got nothing" for column in rule.needs]
    expected += [f"{column} must be one of {', '.join(may)} for {kind}, got 'moon'" for column, may in words.items()]
    expected += [] if rule.signed else [f"quantity must not be negative for {kind}, got -1.0"]
    found = faults(*[row | {"event_id": str(place)} for place, row in enumerate([*lacks, *strange, below, lawful])])
    assert found == [f"row {row}: {says}" for row, says in enumerate(expected)]


def test_a_date_alone_is_the_end_of_that_day_in_the_plants_zone() -> None:
    berlin = validate_events(pd.DataFrame([raw()]), zone="Europe/Berlin")
    assert berlin.events["date"].iloc[0] == pd.Timestamp("2024-02-01T22:59:59.999999Z")
    assert berlin.assumptions == {"date given as a date alone: taken as the end of that day, Europe/Berlin": 1}


def test_moments_without_an_offset_are_local_time_of_the_plant_and_others_are_converted() -> None:
    told = pd.DataFrame([raw(occurred_at="2024-07-01T08:00:00+02:00", recorded_at="2024-07-01T09:00:00")])
    for zone, recorded in (("UTC", "2024-07-01T09:00:00Z"), ("America/Chicago", "2024-07-01T14:00:00Z")):
        events = checked_events(told, zone)
        assert events["occurred_at"].iloc[0] == pd.Timestamp("2024-07-01T06:00:00Z")
        assert events["recorded_at"].iloc[0] == pd.Timestamp(recorded)


def test_local_times_that_the_clock_skips_or_shows_twice_are_counted() -> None:
    """In Berlin 02:30 is no time on 31 March 2024, and two times on 27 October."""
    told = pd.DataFrame([raw(date="2024-03-31 02:30:00"), raw(event_id="2", date="2024-10-27 02:30:00")])
    result = validate_events(told, zone="Europe/Berlin")
    assert list(result.events["date"]) == [pd.Timestamp("2024-03-31T01:00:00Z"), pd.Timestamp("2024-10-27T00:30:00Z")]
    assert result.assumptions == {
        "date given without an offset: taken as local time, Europe/Berlin": 2,
        "date that the clocks of Europe/Berlin skipped: taken as the end of the gap": 1,
        "date that the clocks of Europe/Berlin showed twice: taken as the first of both": 1,
    }


NO_DATES = {
    "text": ["9999-12-31", "1970-01-01", "0001-01-01"],
    "text of a timestamp": ["9999-12-31 23:59:59.999999", "9999-12-31T00:00:00.000000001Z", "1970-01-01 00:00:00"],
    "timestamps": pd.Series([pd.Timestamp("9999-12-31 23:59:59"), pd.Timestamp("1900-01-01"), None]),
    "timestamps of a zone": pd.Series([pd.Timestamp("9999-12-31", tz="UTC"), pd.Timestamp(0, tz="UTC"), None]),
    "dates": [date(9999, 12, 31), date(1, 1, 1), date(1999, 12, 31)],
}


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Auckland"])
@pytest.mark.parametrize("form", NO_DATES)
def test_dates_that_stand_for_none_are_none(form: str, zone: str) -> None:
    told = pd.DataFrame([raw(event_id=str(number)) for number in range(3)]).assign(date=NO_DATES[form])
    result = validate_events(told, zone)
    assert result.faults == []
    assert result.events["date"].isna().all()
    assert result.assumptions == {NO_DATE: int(told["date"].notna().sum())}


@pytest.mark.parametrize(
    "value",
    [
        "1970-01-01T00:00:00Z",
        "1970-01-01",
        "1999-12-31T23:59:59.999999Z",
        "2200-01-01T00:00:00Z",
        pd.Timestamp(0, tz="UTC"),
    ],
)
@pytest.mark.parametrize("column", ["occurred_at", "recorded_at"])
def test_a_moment_that_stands_for_none_is_a_fault(column: str, value: object) -> None:
    """Systems write epoch zero where they do not know when."""
    found = faults(raw(date=None) | {column: value})
    assert found == [f"row 0: {column} must lie between 2000-01-01 and 2200-01-01, got {value!r}"]
    assert faults(raw(date=None, occurred_at="2000-01-01T00:00:00Z")) == []


def test_a_line_may_have_no_promise_but_a_promise_needs_its_date() -> None:
    found = faults(raw(date="9999-12-31"), raw(event_id="2", type="commitment.changed", date="9999-12-31"))
    assert found == ["row 1: date must be given for commitment.changed, got nothing"]


def test_a_fact_that_happens_long_after_it_is_recorded_is_a_fault() -> None:
    ahead = raw(type="goods.issued", date=None, occurred_at="2044-01-01T08:00:00Z")
    near = ahead | {"event_id": "2", "occurred_at": "2024-01-03T07:59:00Z"}
    planned = ahead | {"event_id": "3", "type": "delivery.planned", "date": "2044-01-01"}
    assert faults(ahead, near, planned) == [
        "row 0: occurred_at must lie at most two days after recorded_at (2024-01-01T08:00:00Z), "
        "as goods.issued is a fact, got 2044-01-01T08:00:00Z"
    ]


def test_a_goods_issue_states_its_quantity_or_that_all_that_was_left_went() -> None:
    silent = raw(type="goods.issued", quantity=None, date=None)
    assert faults(silent, silent | {"event_id": "2", "state": "complete"}) == [
        "row 0: quantity must be given for goods.issued, or state be complete: all of it left, got nothing"
    ]


def test_a_repeated_event_is_left_out_and_a_changed_one_is_a_fault() -> None:
    result = validate_events(pd.DataFrame([raw(), raw(), raw(event_id="2"), raw(event_id="2", quantity=6)]))
    assert result.duplicates == [1]
    assert list(result.events.index) == [0]
    assert {fault.row for fault in result.faults} == {2, 3}
    assert "must be unique within source 'erp' unless the whole event is the same" in str(result.faults[0])


def test_a_reversal_may_be_negative() -> None:
    assert len(story(created(0, 5), shipped(1, 10), shipped(1, -10))) == 3


def test_missing_and_unknown_columns_say_what_was_got() -> None:
    with pytest.raises(InvalidEvents, match="must have the columns event_id.*got quantity: event_id, source"):
        validate_events(pd.DataFrame({"quantity": [1.0]}))
    with pytest.raises(InvalidEvents, match="each once, got also colour"):
        validate_events(pd.DataFrame([raw(colour="red")]))
    renamed = pd.DataFrame([raw()]).rename(columns={"recorded_at": "recordedAt"})
    with pytest.raises(InvalidEvents, match=r"recorded_at missing; recordedAt \(did you mean recorded_at\?\)$"):
        validate_events(renamed)


def test_ids_may_stand_in_the_index_as_in_parquet(tmp_path: Path) -> None:
    events = story(created(0, 5), shipped(1, 10))
    indexed = events.set_index("event_id")
    pd.testing.assert_frame_equal(checked_events(indexed), events)
    indexed.to_parquet(tmp_path / "e.parquet")
    pd.testing.assert_frame_equal(read_events(tmp_path / "e.parquet"), events)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_what_is_written_is_read(tmp_path: Path, ending: str) -> None:
    events = story(
        created(0, 5.25, 12.345678, line="007", customer='Ä, "B"', value=0.1),
        event("hold.placed", 1.000001, kind="quality", reference="h", reason="true"),
    )
    write_events(events, tmp_path / f"e.{ending}")
    pd.testing.assert_frame_equal(read_events(tmp_path / f"e.{ending}"), events)
    assert list(events.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.parquet", None, "which is not there"),
        ("empty.parquet", b"", "which is empty"),
        ("text.parquet", b"hello", "must be a Parquet or CSV file"),
        ("header.csv", b"event_id,source,type,order_id,occurred_at,recorded_at\n", "at least one row"),
    ],
)
def test_a_file_that_is_no_table_says_so(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidEvents, match=said):
        read_events(tmp_path / name)


@pytest.mark.parametrize("text", ["now", "today", "10:00", "March 2015", "01/02/2015", "2015-03", "2015", "2015-02-30"])
def test_what_is_no_iso_8601_date_is_rejected(text: str) -> None:
    assert faults(raw(date=text)) == [f"row 0: date must be an ISO 8601 date or time, got {text!r}"]
    with pytest.raises(InvalidRequest, match="must be an ISO 8601 date or time"):
        micros(text)


def test_a_compact_date_is_a_date() -> None:
    result = validate_events(pd.DataFrame([raw(date="20240201")]))
    assert result.events["date"].iloc[0] == pd.Timestamp("2024-02-01T23:59:59.999999Z")


@pytest.mark.parametrize("value", [True, "many", "True", float("inf"), 1e11, pd.Timedelta(1), "1 000"])
def test_what_is_no_number_is_rejected(value: object) -> None:
    assert "quantity must be a number of at most 1e+10 in size" in faults(raw(quantity=value))[0]


def test_moments_without_an_offset_are_counted_as_assumed() -> None:
    result = validate_events(pd.DataFrame([raw(occurred_at="2024-01-01 08:00")]))
    assert result.assumptions["occurred_at given without an offset: taken as local time, UTC"] == 1


def test_ids_that_are_numbers_stay_what_they_are(tmp_path: Path) -> None:
    big = 9007199254740993
    frame = pd.DataFrame([raw(order_id=big), raw(event_id="2", order_id=big + 1)])
    frame["line_id"] = pd.array([10, None], dtype="Int64")
    frame["order_id"] = frame["order_id"].astype("int64")
    frame.to_parquet(tmp_path / "e.parquet")
    events = read_events(tmp_path / "e.parquet")
    assert list(events["order_id"]) == [str(big), str(big + 1)]
    assert events["line_id"].iloc[0] == "10"


def test_moments_are_exact_to_the_microsecond() -> None:
    assert micros("2024-01-01T00:00:00.000001Z") - micros("2024-01-01") == 1
