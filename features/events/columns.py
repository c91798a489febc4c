"""The event table as columns of plain arrays, and how raw values become them.

Texts are codes into their words (``features.events.text``), numbers are floats with NaN, moments are ``int64``
microseconds with ``NEVER``. A frame, a file, and the events of a request take the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.events.schema import COLUMNS, DATE_ONLY, LARGEST, MOMENT, NUMBER, STRING
from features.events.text import Coded, Distinct, code_arrow, code_objects, code_series, distinct_arrow, nothing
from features.times import EARLIEST, ISO_8601, LATEST, NEVER, Ints, PlantCalendar, timestamps

Mask = NDArray[np.bool_]
Columns = dict[str, Any]
"""By name: ``Coded`` for texts, (n,) arrays for the rest."""


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
    values: Any
    raw: Any
    wrong: list[tuple[str, Mask]]
    assumed: dict[str, int] = field(default_factory=dict)


def read_column(column: str, raw: Any, n: int, calendar: PlantCalendar) -> Read:
    """Cast one raw column (a Series, an Arrow column, an array of anything, or None) to what the event table holds."""
    kind = COLUMNS[column]
    if raw is None:
        return Read(column, _nothing(kind, n), None, [])
    if isinstance(raw, pa.ChunkedArray):
        if kind == STRING and (pa.types.is_integer(raw.type) or pa.types.is_decimal(raw.type)):
            raw = raw.cast(pa.string())  # before pandas makes floats of ids
        if kind == STRING and _is_text(raw.type):
            return Read(column, distinct_arrow(raw) if column == "event_id" else code_arrow(raw), raw, [])
        if kind == MOMENT and pa.types.is_timestamp(raw.type) and raw.type.tz is not None:
            whole = raw.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()).fill_null(NEVER)
            return _checked_moments(column, whole.to_numpy(), raw)
        raw = raw.to_pandas()
    if isinstance(raw, pd.Series):
        return _read_series(column, kind, raw.reset_index(drop=True), calendar)
    return _read_objects(column, kind, raw, calendar)


def _is_text(kind: pa.DataType) -> bool:
    text: bool = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    return text


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
        return Read(column, code_series(raw), raw, [])
    objects: NDArray[np.object_] = raw.astype(object).where(raw.notna(), None).to_numpy()
    return _read_objects(column, kind, objects, calendar)


def _read_objects(column: str, kind: str, raw: NDArray[np.object_], calendar: PlantCalendar) -> Read:
    if kind == NUMBER and all(type(value) is float or value is None for value in raw):
        given = np.fromiter((value is not None and value == value for value in raw), dtype=bool, count=len(raw))
        return _checked_numbers(column, raw.astype(np.float64), raw, given)
    coded = code_objects(raw, len(raw))
    if kind == STRING:
        return Read(column, coded, raw, [])
    if kind == NUMBER:
        return _checked_numbers(column, _floats(coded.texts()), raw, ~coded.missing)
    return _read_moments(column, coded.texts(), raw, calendar)


def _floats(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    numbers = pd.to_numeric(texts, errors="coerce")
    return np.where(np.isin(texts.astype(str), ("True", "False")), np.nan, numbers.astype(np.float64))


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
    unread = (moments == NEVER) & np.fromiter((text is not None for text in texts), dtype=bool, count=len(texts))
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


def _nothing(kind: str, n: int) -> Any:
    if kind == STRING:
        return nothing(n)
    return np.full(n, np.nan) if kind == NUMBER else np.full(n, NEVER, dtype=np.int64)


def as_frame(columns: Columns, index: pd.Index | None = None) -> pd.DataFrame:
    """The event table as a frame: texts as ``str``, moments as UTC timestamps."""
    made: dict[str, Any] = {}
    for column, kind in COLUMNS.items():
        values = columns[column]
        if kind == MOMENT:
            made[column] = timestamps(values)
        elif kind == STRING:
            made[column] = pd.Series(values.arrow().to_pandas(), dtype="str")
        else:
            made[column] = pd.Series(values, dtype="float64")
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
            made[column] = code_series(series) if kind == STRING else series.to_numpy(dtype=np.float64)
    return made


def take(columns: Columns, rows: NDArray[Any]) -> Columns:
    """Some rows of every column."""
    return {
        name: values.take(rows).used() if isinstance(values, Coded | Distinct) else values[rows]
        for name, values in columns.items()
    }


def columns_of_rows(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Raw columns of raw rows: object arrays with None for what a row does not say."""
    made: Columns = {}
    for column in COLUMNS:
        values = np.empty(len(rows), dtype=object)
        values[:] = [row.get(column) for row in rows]
        made[column] = values
    return made
