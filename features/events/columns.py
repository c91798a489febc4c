"""The event table as columns of plain arrays, and how raw values become them.

Texts are codes into their words (``features.events.text``), numbers are floats with NaN, moments are ``int64``
microseconds with ``NEVER``. A frame, a file, and the events of a request take the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.arrays import Ints, Mask
from features.events.iso8601 import DATE, plain_moments, timed_moments
from features.events.schema import COLUMNS, DATE_ONLY, LARGEST, MOMENT, NUMBER, STRING, WHOLE
from features.events.text import (
    TEXT_OR_NONE,
    Coded,
    Distinct,
    code_arrow,
    code_objects,
    code_series,
    distinct_arrow,
    nothing,
)
from features.jit import compiled
from features.times import DAY, ISO_8601, LATEST, NEVER, PlantCalendar, micros, timestamps

FLOAT_OR_NONE = {float, type(None)}
NUMBER_MUST = f"be a number of at most {LARGEST:.0e} in size"
WHOLE_MUST = "be a whole number of at most 18 digits"
LARGEST_WHOLE = 10**18
WHOLE_TEXT = re.compile(r"([+-]?\d{1,18})(?:\.0*)?", re.ASCII)
LONGEST_NAIVE = len("2024-01-31T08:00:00.123456")
BELOW_MICROS = re.compile(r"(?<=\.\d{6})\d+", re.ASCII)
"""Digits of a fraction of a second that no moment has; with them pandas reads no year after 2262."""
Columns = dict[str, Any]
"""By name: ``Coded`` for texts, (n,) arrays for the rest."""


EARLIEST_MOMENT = micros("2000-01-01")
NO_DATE = "date before 2000 or after 2200: taken as no date"
"""Systems write 1970-01-01 or 9999-12-31 where they have none."""
MOMENT_MUST = "lie between 2000-01-01 and 2200-01-01"


class Read(NamedTuple):
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
    wrong: Sequence[tuple[str, Mask]] = ()
    assumed: Mapping[str, int] = MappingProxyType({})


def read_column(column: str, raw: Any, n: int, calendar: PlantCalendar) -> Read:
    """Cast one raw column (a Series, an Arrow column, a list of anything, or None) to what the event table holds."""
    kind = COLUMNS[column]
    if raw is None:
        return Read(column, _nothing(kind, n), None)
    if isinstance(raw, pa.ChunkedArray):
        if raw.null_count == n and column != "event_id":
            return Read(column, _nothing(kind, n), raw)
        if kind == WHOLE and pa.types.is_signed_integer(raw.type):
            whole = raw.cast(pa.int64()).fill_null(NEVER).to_numpy()
            return _checked_whole(column, whole, raw, raw.is_valid().to_numpy())
        if kind == STRING and (pa.types.is_integer(raw.type) or pa.types.is_decimal(raw.type)):
            raw = raw.cast(pa.string())  # before pandas makes floats of ids
        if kind == STRING and _is_text(raw.type):
            return Read(column, distinct_arrow(raw) if column == "event_id" else code_arrow(raw), raw)
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
        moments, counts = _localized(column, _micros(pd.DatetimeIndex(raw)), calendar)
        read = _checked_moments(column, moments, raw)
        return read._replace(assumed={**read.assumed, **counts})
    if kind == NUMBER and pd.api.types.is_numeric_dtype(raw.dtype) and raw.dtype.kind in "iuf":
        values = raw.to_numpy(dtype=np.float64, na_value=np.nan)
        return _checked_numbers(column, values, raw, raw.notna().to_numpy(dtype=bool))
    if kind == WHOLE and pd.api.types.is_integer_dtype(raw.dtype):
        given = raw.notna().to_numpy(dtype=bool)
        return _checked_whole(column, raw.to_numpy(dtype=np.int64, na_value=NEVER), raw, given)
    if kind == STRING and raw.dtype == "str":
        return Read(column, code_series(raw), raw)
    return _read_objects(column, kind, raw.astype(object).where(raw.notna(), None).tolist(), calendar)


def _read_objects(column: str, kind: str, raw: Sequence[Any], calendar: PlantCalendar) -> Read:
    if kind == MOMENT:
        return _read_moments(column, raw, calendar)
    if kind == NUMBER and set(map(type, raw)) <= FLOAT_OR_NONE:
        values = np.array(raw, dtype=np.float64)
        return _checked_numbers(column, values, raw, ~np.isnan(values))
    coded = code_objects(raw, len(raw))
    if kind == STRING:
        return Read(column, coded, raw)
    if kind == WHOLE:
        return _checked_whole(column, _whole(coded), raw, ~coded.missing)
    return _checked_numbers(column, _floats(coded.texts()), raw, ~coded.missing)


def _floats(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    numbers = pd.to_numeric(texts, errors="coerce")
    return np.where(np.isin(texts.astype(str), ("True", "False")), np.nan, numbers.astype(np.float64))


def _read_moments(column: str, raw: Sequence[Any], calendar: PlantCalendar) -> Read:
    if set(map(type, raw)) <= TEXT_OR_NONE:
        moments, all_timed = timed_moments([text or "" for text in raw])
        if all_timed:
            return _checked_moments(column, moments, raw)
    return _read_any_moments(column, raw, calendar)


def _read_any_moments(column: str, raw: Sequence[Any], calendar: PlantCalendar) -> Read:
    plain = [value if type(value) is str else "" for value in raw]
    moments = plain_moments(plain)
    date_only = np.fromiter(map(len, plain), dtype=np.int64, count=len(plain)) == DATE
    date_only &= moments != NEVER
    rest = [row for row in np.flatnonzero(moments == NEVER).tolist() if raw[row] is not None]
    unread, local = np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    if rest:
        moments[rest], date_only[rest], unread[rest], local[rest] = _other_moments([raw[row] for row in rest])
    of_local: dict[str, int] = {}
    if local.any():
        moments[local], of_local = _localized(column, moments[local], calendar)
    inside = date_only & is_dated(moments)
    if inside.any():
        days = moments[inside] // DAY
        start = DATE_ONLY[column] == "start"
        moments[inside] = calendar.starts_of(days) if start else calendar.starts_of(days + 1) - 1
    assumed = f"{column} given as a date alone: taken as the {DATE_ONLY[column]} of that day, {calendar.zone}"
    read = _checked_moments(column, moments, raw)
    wrong = [("be an ISO 8601 date or time", unread), *read.wrong]
    return Read(column, read.values, raw, wrong, {**read.assumed, assumed: int(inside.sum()), **of_local})


def _other_moments(raw: list[Any]) -> tuple[Ints, Mask, Mask, Mask]:
    """Moments in any form of ISO 8601; which are dates alone, which cannot be read, and which have no offset."""
    texts = code_objects(raw, len(raw)).texts()
    matches = [None if text is None else ISO_8601.fullmatch(text) for text in texts]
    readable = ["" if match is None else _to_micros(match[0]) for match in matches]
    moments = _micros(pd.to_datetime(readable, errors="coerce", utc=True, format="ISO8601"))
    date_only = np.fromiter((match is not None and not match["time"] for match in matches), bool, len(texts))
    local = [match is not None and match["time"] is not None and match["offset"] is None for match in matches]
    unread = (moments == NEVER) & np.fromiter((text is not None for text in texts), dtype=bool, count=len(texts))
    return moments, date_only, unread, np.array(local, dtype=bool)


def _to_micros(text: str) -> str:
    return BELOW_MICROS.sub("", text) if len(text) > LONGEST_NAIVE else text


def _localized(column: str, local: Ints, calendar: PlantCalendar) -> tuple[Ints, dict[str, int]]:
    """Moments that were given without an offset in UTC, and what that took for granted."""
    moments, skipped, twice = calendar.localize(local)
    given = is_dated(moments)
    return moments, {
        f"{column} given without an offset: taken as local time, {calendar.zone}": int(given.sum()),
        f"{column} that the clocks of {calendar.zone} skipped: taken as the end of the gap": skipped,
        f"{column} that the clocks of {calendar.zone} showed twice: taken as the first of both": twice,
    }


def _checked_moments(column: str, moments: Ints, raw: Any) -> Read:
    outside = _outside(moments, EARLIEST_MOMENT, LATEST)
    values = np.where(outside, NEVER, moments)
    if column == "date":
        return Read(column, values, raw, assumed={NO_DATE: int(outside.sum())})
    return Read(column, values, raw, [(MOMENT_MUST, outside)])


def is_dated(moments: Ints) -> Mask:
    """(n,) True where a moment is of the years that records have: what lies outside them stands for none."""
    return np.asarray((moments >= EARLIEST_MOMENT) & (moments < LATEST))


@compiled
def _outside(moments: Ints, earliest: int, latest: int) -> Mask:
    """(n,) True where a moment is given that does not lie in [earliest, latest)."""
    out = np.empty(len(moments), dtype=np.bool_)
    for i in range(len(moments)):
        out[i] = moments[i] != NEVER and not earliest <= moments[i] < latest
    return out


def _checked_numbers(column: str, values: NDArray[np.float64], raw: Any, given: Mask) -> Read:
    wrong = given & ~(np.abs(values) <= LARGEST)
    if not wrong.any():
        return Read(column, values, raw)
    return Read(column, np.where(wrong, np.nan, values), raw, [(NUMBER_MUST, wrong)])


def _whole(coded: Coded) -> Ints:
    """(n,) whole numbers from texts such as 12 and 12.0: beyond the largest for other texts, NEVER for none."""
    of_word = [int(match[1]) if (match := WHOLE_TEXT.fullmatch(word)) else LARGEST_WHOLE + 1 for word in coded.words]
    return np.array([*of_word, NEVER], dtype=np.int64)[coded.codes]


def _checked_whole(column: str, values: Ints, raw: Any, given: Mask) -> Read:
    wrong = given & ~((values > -LARGEST_WHOLE) & (values < LARGEST_WHOLE))
    return Read(column, np.where(wrong | ~given, NEVER, values), raw, [(WHOLE_MUST, wrong)])


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
    by_name: dict[str, Any] = {}
    for column, kind in COLUMNS.items():
        values = columns[column]
        if kind == MOMENT:
            by_name[column] = timestamps(values)
        elif kind == STRING:
            by_name[column] = pd.Series(values.arrow().to_pandas(), dtype="str")
        elif kind == WHOLE:
            by_name[column] = pd.Series(pd.arrays.IntegerArray(values.copy(), values == NEVER))
        else:
            by_name[column] = pd.Series(values, dtype="float64")
    frame = pd.DataFrame(by_name)
    return frame if index is None else frame.set_index(index)


def as_columns(events: pd.DataFrame) -> Columns:
    """The columns of a validated event table."""
    by_name: Columns = {}
    for column, kind in COLUMNS.items():
        series = events[column]
        if kind == MOMENT:
            by_name[column] = _micros(pd.DatetimeIndex(series).tz_convert("UTC"))
        elif kind == WHOLE:
            by_name[column] = series.to_numpy(dtype=np.int64, na_value=NEVER)
        else:
            by_name[column] = code_series(series) if kind == STRING else series.to_numpy(dtype=np.float64)
    return by_name


def take(columns: Columns, rows: NDArray[Any]) -> Columns:
    """Some rows of every column."""
    return {
        name: values.take(rows).used() if isinstance(values, Coded | Distinct) else values[rows]
        for name, values in columns.items()
    }
