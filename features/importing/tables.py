"""Rows of Python values as typed columns, for sources that DuckDB does not read itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

MIDNIGHT = datetime.time.min
LARGEST_EXACT = 1e15
"""Whole numbers up to here are exact as a float."""


def column_type(kinds: Iterable[type], only_days: bool = False) -> pa.DataType:
    """What a column with values of these Python types is: of one kind if all are, else text."""
    types = frozenset(kinds)
    for of, becomes in (
        ({bool}, pa.bool_()),
        ({int}, pa.int64()),
        ({int, float}, pa.float64()),
        ({datetime.datetime}, pa.date32() if only_days else pa.timestamp("us")),
        ({datetime.time}, pa.time64("us")),
        ({bytes}, pa.binary()),
    ):
        if types and types <= of:
            return becomes
    return pa.string()


def are_days(values: Sequence[Any]) -> bool:
    """Whether all moments among the values are at midnight."""
    moments = (value for value in values if isinstance(value, datetime.datetime))
    return all(value == datetime.datetime.combine(value.date(), MIDNIGHT) for value in moments)


def column(values: Sequence[Any], kind: pa.DataType, only_days: bool = False) -> pa.Array:
    """(n,) values as a column of a type that ``column_type`` gave."""
    if pa.types.is_string(kind):
        return pa.array([as_text(value, only_days) for value in values], type=kind)
    if pa.types.is_date(kind):
        return pa.array([value and value.date() for value in values], type=kind)
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else float(value) for value in values], type=kind)
    return pa.array(values, type=kind)


def as_text(value: Any, only_days: bool = False) -> str | None:
    """A value in words: whole numbers without a fraction, moments in ISO 8601, where all are days without a time.

    >>> as_text(10.0), as_text(datetime.datetime(2024, 3, 20), only_days=True), as_text(True)
    ('10', '2024-03-20', 'true')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_EXACT:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if only_days else value.isoformat(sep=" ")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
