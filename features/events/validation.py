"""Every fault of an event table, collected: row, column, value and what must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidEvents
from features.events.schema import COLUMNS, DATE_ONLY, LARGEST, MOMENT, NUMBER, REQUIRED, STRING, TYPES
from features.times import EARLIEST, LATEST, PlantCalendar, plant_calendar

Mask = NDArray[np.bool_]
DATE_PATTERN = r"\s*\d{4}-\d{2}-\d{2}\s*"


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold in one row (rows count from 0)."""

    row: int
    column: str
    value: str
    must: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.column} must {self.must}, got {self.value}"


@dataclass(frozen=True)
class Validated:
    """The rows that hold, the faults of those that do not, and what was taken for granted.

    Attributes
    ----------
    events : (n_valid, 20) frame with exactly the columns of the event table, index = row in the input
    faults : every fault of every rejected row
    duplicates : rows that repeat an earlier row word for word and are left out
    assumptions : what was assumed, with the number of rows
    """

    events: pd.DataFrame
    faults: list[Fault]
    duplicates: list[int]
    assumptions: dict[str, int]


def checked_events(frame: pd.DataFrame, zone: str = "UTC", where: str = "the events") -> pd.DataFrame:
    """The event table, or ``InvalidEvents`` that names every fault (the first twenty in words)."""
    result = validate_events(frame, zone)
    if result.faults:
        shown = "\n  ".join(str(fault) for fault in result.faults[:20])
        more = f"\n  and {len(result.faults) - 20:,} more" if len(result.faults) > 20 else ""
        raise InvalidEvents(f"{where}: {len(result.faults):,} values do not hold\n  {shown}{more}")
    return result.events.reset_index(drop=True)


def validate_events(frame: pd.DataFrame, zone: str = "UTC") -> Validated:
    """Cast a frame to the event table and judge every row by every rule.

    Raises ``InvalidEvents`` only for what no row can mend: a required column that is not there, or a column
    that the event table does not know.
    """
    _require_columns(frame)
    frame = frame.reset_index(drop=True)
    faults: list[Fault] = []
    assumptions: dict[str, int] = {}
    events = pd.DataFrame(index=frame.index)
    calendar = plant_calendar(zone)
    for column, kind in COLUMNS.items():
        raw = frame[column] if column in frame else pd.Series(np.nan, index=frame.index, dtype=object)
        if kind == STRING:
            events[column] = _strings(raw)
        elif kind == NUMBER:
            events[column] = _numbers(raw, faults)
        else:
            events[column] = _moments(raw, calendar, faults, assumptions)
    unread = {(fault.row, fault.column) for fault in faults}
    faults.extend(fault for fault in _faults_of_rows(events) if (fault.row, fault.column) not in unread)
    duplicates = _duplicates(events, faults)
    rejected = {fault.row for fault in faults}
    faults.sort(key=lambda fault: (fault.row, list(COLUMNS).index(fault.column)))
    keep = ~events.index.isin(rejected | set(duplicates))
    return Validated(events[keep], faults, [row for row in duplicates if row not in rejected], assumptions)


def _require_columns(frame: pd.DataFrame) -> None:
    missing = [column for column in REQUIRED if column not in frame]
    if missing:
        raise InvalidEvents(
            f"the event table must have the columns {', '.join(REQUIRED)}, "
            f"got {', '.join(map(str, frame.columns)) or 'none'}: {', '.join(missing)} missing"
        )
    unknown = [str(column) for column in frame if column not in COLUMNS]
    if unknown:
        raise InvalidEvents(
            f"the event table must have no other columns than {', '.join(COLUMNS)}, got also {', '.join(unknown)}"
        )


def _report(faults: list[Fault], bad: Mask, raw: pd.Series, must: str) -> None:
    faults.extend(Fault(int(row), str(raw.name), repr(raw.iloc[row]), must) for row in np.flatnonzero(bad))


def _strings(raw: pd.Series) -> pd.Series:
    text = raw.astype("str") if raw.notna().any() else pd.Series(pd.NA, index=raw.index, dtype="str")
    stripped = text.where(raw.notna()).str.strip()
    return stripped.where(stripped != "")


def _numbers(raw: pd.Series, faults: list[Fault]) -> pd.Series:
    values = pd.to_numeric(raw, errors="coerce").astype("float64")
    given = _given(raw)
    with np.errstate(invalid="ignore"):
        bad = given & ~(values.abs() <= LARGEST).to_numpy()
    _report(faults, bad, raw, f"be a number of at most {LARGEST:.0e} in size")
    return values.mask(bad)


def _moments(raw: pd.Series, calendar: PlantCalendar, faults: list[Fault], assumptions: dict[str, int]) -> pd.Series:
    column = str(raw.name)
    if isinstance(raw.dtype, pd.DatetimeTZDtype):
        moments = raw.dt.tz_convert("UTC").dt.as_unit("us")
    elif pd.api.types.is_datetime64_dtype(raw.dtype):
        moments = raw.dt.tz_localize("UTC").dt.as_unit("us")
    else:
        moments = _parsed_moments(raw, column, calendar, assumptions)
    with np.errstate(invalid="ignore"):
        micros = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    given = _given(raw)
    absent = moments.isna().to_numpy(dtype=bool)
    _report(faults, given & absent, raw, "be an ISO 8601 date or time")
    outside = given & ~absent & ~((micros >= EARLIEST) & (micros < LATEST))
    _report(faults, outside, raw, "lie between 1970-01-01 and 2200-01-01")
    kept: pd.Series = moments.mask(outside)
    return kept


def _given(raw: pd.Series) -> Mask:
    """True where a value is given; a blank text is none."""
    given = raw.notna().to_numpy(dtype=bool)
    if pd.api.types.is_object_dtype(raw.dtype) or pd.api.types.is_string_dtype(raw.dtype):
        given = given & (raw.astype("str").str.strip() != "").fillna(False).to_numpy(dtype=bool)
    return given


def _parsed_moments(raw: pd.Series, column: str, calendar: PlantCalendar, assumptions: dict[str, int]) -> pd.Series:
    text = raw.astype("str").where(raw.notna())
    date_only = text.str.fullmatch(DATE_PATTERN).fillna(False).to_numpy(dtype=bool)
    parsed = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601").dt.as_unit("us")
    if date_only.any():
        days = parsed[date_only].dt.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
        known = (days >= 0) & (days < LATEST // 86_400_000_000)
        starts = calendar.starts_of(np.where(known, days, 0))
        ends = calendar.starts_of(np.where(known, days + 1, 1)) - 1
        moment = (starts if DATE_ONLY[column] == "start" else ends).astype("datetime64[us]")
        exact = pd.Series(moment, index=parsed[date_only].index).dt.tz_localize("UTC")
        parsed.loc[date_only] = exact.where(known, parsed[date_only])
        assumptions[
            f"{column} given as a date alone: taken as the {DATE_ONLY[column]} of that day, {calendar.zone}"
        ] = int(date_only.sum())
    return parsed


def _faults_of_rows(events: pd.DataFrame) -> Iterator[Fault]:
    for column in REQUIRED:
        if COLUMNS[column] == MOMENT:
            continue
        yield from _failing(events[column].isna(), events[column], "be given")
    for column in ("occurred_at", "recorded_at"):
        yield from _failing(events[column].isna(), events[column], "be given")
    known = events["type"].isin(list(TYPES))
    unknown = events["type"].notna() & ~known
    yield from _failing(unknown, events["type"], f"be one of {', '.join(TYPES)}")
    for name, spec in TYPES.items():
        of_type = events["type"] == name
        if not of_type.any():
            continue
        for column in spec.needs:
            yield from _failing(of_type & events[column].isna(), events[column], f"be given for {name}")
        for column, words in spec.words:
            wrong = of_type & events[column].notna() & ~events[column].isin(list(words))
            yield from _failing(wrong, events[column], f"be one of {', '.join(words)} for {name}")
        if not spec.signed:
            negative = of_type & (events["quantity"] < 0)
            yield from _failing(negative, events["quantity"], f"not be negative for {name}")


def _failing(bad: pd.Series, values: pd.Series, must: str) -> Iterator[Fault]:
    for row in np.flatnonzero(bad.fillna(False).to_numpy(dtype=bool)):
        yield Fault(int(row), str(values.name), _shown(values.iloc[row]), must)


def _shown(value: Any) -> str:
    return "nothing" if pd.isna(value) else repr(value.item() if isinstance(value, np.generic) else value)


def _duplicates(events: pd.DataFrame, faults: list[Fault]) -> list[int]:
    """Rows that repeat a row exactly; rows that reuse its id for something else are faults."""
    keyed = events["event_id"].notna() & events["source"].notna()
    repeated = keyed & events.duplicated(["source", "event_id"], keep=False)
    if not repeated.any():
        return []
    group = events[repeated]
    same = group.duplicated(list(COLUMNS), keep="first")
    variants = group[~same].groupby(["source", "event_id"], sort=False)["type"].transform("size")
    for row in variants.index[variants > 1]:
        must = f"be unique within source {events.at[row, 'source']!r} unless the whole event is the same"
        faults.append(Fault(int(row), "event_id", repr(events.at[row, "event_id"]), must))
    return [int(row) for row in group.index[same]]
