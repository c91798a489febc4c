"""The event table as columns of plain arrays, and how raw values become them.

Texts are objects with ``None`` where missing, numbers are floats with NaN, moments are ``int64`` microseconds with
``NEVER``. A frame, a file, and the events of a request take the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.events.schema import COLUMNS, DATE_ONLY, LARGEST, MOMENT, NUMBER, STRING
from features.times import EARLIEST, ISO_8601, LATEST, NEVER, Ints, PlantCalendar, timestamps

Mask = NDArray[np.bool_]
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Read:
    """One column read.

    Attributes
    ----------
    values : (n,) typed; missing where a value is wrong
    raw : (n,) as it was given
    wrong : what must hold, and where it does not
    assumed : what was taken for granted, and in how many rows
    """

    column: str
    values: NDArray[Any]
    raw: Any
    wrong: list[tuple[str, Mask]]
    assumed: dict[str, int] = field(default_factory=dict)


def read_column(column: str, raw: Any, n: int, calendar: PlantCalendar) -> Read:
    """Cast one raw column (a Series, an array of anything, or None) to what the event table holds."""
    kind = COLUMNS[column]
    if raw is None:
        return Read(column, _nothing(kind, n), None, [])
    if isinstance(raw, pd.Series):
        return _read_series(column, kind, raw.reset_index(drop=True), calendar)
    return _read_objects(column, kind, raw, calendar)


def _read_series(column: str, kind: str, raw: pd.Series, calendar: PlantCalendar) -> Read:
    if kind == MOMENT and isinstance(raw.dtype, pd.DatetimeTZDtype):
        return _checked_moments(column, _micros(pd.DatetimeIndex(raw).tz_convert("UTC")), raw)
    if kind == MOMENT and pd.api.types.is_datetime64_dtype(raw.dtype):
        read = _checked_moments(column, _micros(pd.DatetimeIndex(raw)), raw)
        return replace(read, assumed={_without_offset(column): int(raw.notna().sum())})
    if kind == NUMBER and pd.api.types.is_numeric_dtype(raw.dtype) and raw.dtype.kind in "iuf":
        values = raw.to_numpy(dtype=np.float64, na_value=np.nan)
        return _checked_numbers(column, values, raw, raw.notna().to_numpy(dtype=bool))
    if kind == STRING and raw.dtype == "str":
        stripped = raw.str.strip()
        return Read(column, _objects(stripped.where(stripped != "")), raw, [])
    return _read_objects(column, kind, _objects(raw), calendar)


def _read_objects(column: str, kind: str, raw: NDArray[np.object_], calendar: PlantCalendar) -> Read:
    texts = _texts(raw)
    if kind == STRING:
        return Read(column, texts, raw, [])
    if kind == NUMBER:
        given = ~is_none(texts)
        return _checked_numbers(column, _floats(texts), raw, given)
    return _read_moments(column, texts, raw, calendar)


def _floats(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    numbers = pd.to_numeric(texts, errors="coerce")
    return np.where(np.isin(texts.astype(str), ("True", "False")), np.nan, numbers.astype(np.float64))


def _texts(raw: NDArray[np.object_]) -> NDArray[np.object_]:
    """Every value as a stripped text, None where nothing is given."""
    texts = np.empty(len(raw), dtype=object)
    for place, value in enumerate(raw):
        if value is not None and value is not pd.NaT and value is not pd.NA and value == value:
            texts[place] = str(value).strip() or None
    return texts


def _read_moments(column: str, texts: NDArray[np.object_], raw: NDArray[np.object_], calendar: PlantCalendar) -> Read:
    matches = [None if text is None else ISO_8601.fullmatch(text) for text in texts]
    readable = ["" if match is None else match[0] for match in matches]
    moments = _micros(pd.to_datetime(readable, errors="coerce", utc=True, format="ISO8601"))
    date_only = np.fromiter((match is not None and not match["time"] for match in matches), bool, len(texts))
    naive = sum(1 for match in matches if match is not None and match["time"] and not match["offset"])
    inside = date_only & (moments >= EARLIEST) & (moments < LATEST)
    if inside.any():
        days = moments[inside] // 86_400_000_000
        start = DATE_ONLY[column] == "start"
        moments[inside] = calendar.starts_of(days) if start else calendar.starts_of(days + 1) - 1
    assumed = f"{column} given as a date alone: taken as the {DATE_ONLY[column]} of that day, {calendar.zone}"
    unread = ~is_none(texts) & (moments == NEVER)
    read = _checked_moments(column, moments, raw)
    wrong = [("be an ISO 8601 date or time", unread), *read.wrong]
    return Read(column, read.values, raw, wrong, {assumed: int(date_only.sum()), _without_offset(column): naive})


def _without_offset(column: str) -> str:
    return f"{column} given without an offset: taken as UTC"


def _checked_moments(column: str, moments: Ints, raw: Any) -> Read:
    outside = (moments != NEVER) & ~((moments >= EARLIEST) & (moments < LATEST))
    values = np.where(outside, NEVER, moments)
    return Read(column, values, raw, [("lie between 1970-01-01 and 2200-01-01", outside)])


def _checked_numbers(column: str, values: NDArray[np.float64], raw: Any, given: Mask) -> Read:
    with np.errstate(invalid="ignore"):
        wrong = given & ~(np.abs(values) <= LARGEST)
    must = f"be a number of at most {LARGEST:.0e} in size"
    return Read(column, np.where(wrong, np.nan, values), raw, [(must, wrong)])


def _micros(moments: pd.DatetimeIndex) -> Ints:
    naive = moments.tz_localize(None) if moments.tz is not None else moments
    values: Ints = naive.as_unit("us").asi8.copy()
    return values


def _objects(series: pd.Series) -> NDArray[np.object_]:
    objects: NDArray[np.object_] = series.astype(object).where(series.notna(), None).to_numpy()
    return objects


def is_none(texts: NDArray[np.object_]) -> Mask:
    """True where a text is missing."""
    return np.fromiter((text is None for text in texts), dtype=bool, count=len(texts))


def _nothing(kind: str, n: int) -> NDArray[Any]:
    if kind == STRING:
        return np.full(n, None, dtype=object)
    return np.full(n, np.nan) if kind == NUMBER else np.full(n, NEVER, dtype=np.int64)


def as_frame(columns: Columns, index: pd.Index | None = None) -> pd.DataFrame:
    """The event table as a frame: texts as ``str``, moments as UTC timestamps."""
    made: dict[str, Any] = {}
    for column, kind in COLUMNS.items():
        values = columns[column]
        if kind == MOMENT:
            made[column] = timestamps(values)
        else:
            made[column] = pd.Series(values, dtype="str" if kind == STRING else "float64")
    frame = pd.DataFrame(made)
    return frame if index is None else frame.set_index(index)


def as_columns(events: pd.DataFrame) -> Columns:
    """The columns of a validated event table."""
    made: Columns = {}
    for column, kind in COLUMNS.items():
        series = events[column]
        if kind == MOMENT:
            made[column] = _micros(pd.DatetimeIndex(series).tz_convert("UTC"))
        else:
            made[column] = _objects(series) if kind == STRING else series.to_numpy(dtype=np.float64)
    return made


def columns_of_rows(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Raw columns of raw rows: object arrays with None for what a row does not say."""
    made: Columns = {}
    for column in COLUMNS:
        values = np.empty(len(rows), dtype=object)
        values[:] = [row.get(column) for row in rows]
        made[column] = values
    return made
