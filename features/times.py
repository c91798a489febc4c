"""Moments as integers: microseconds since 1970-01-01 UTC, and the plant's calendar days.

Every time inside the engine is an ``int64`` count of microseconds, so that differences and sums are exact
and the same on every machine. ``NEVER`` stands for a missing moment.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from features.arrays import Ints
from features.errors import InvalidRequest

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NEVER = int(np.iinfo(np.int64).min)
EARLIEST = 0
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH = pd.Timestamp("1970-01-01", tz="UTC")
MICROSECOND = pd.Timedelta(1, unit="us")
LATEST = int((pd.Timestamp("2200-01-01", tz="UTC") - EPOCH) // MICROSECOND)


ISO_8601 = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2}|\d{8})"
    r"(?P<time>[T ]\d{2}:?\d{2}(:?\d{2}(\.\d{1,9})?)?(?P<offset> ?(Z|[+-]\d{2}(:?\d{2})?))?)?",
    re.ASCII,
)
"""A date of the calendar, alone or with a time of day. What people also write (now, 3/2/15, March) is not read."""
PLAIN = re.compile(r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{6}|\.\d{3})?Z", re.ASCII)
"""The form in which nearly all of them come."""


def micros(moment: Any) -> int:
    """Microseconds since the epoch of an ISO 8601 text or a datetime; without an offset it is UTC, not local time.

    >>> micros("1970-01-02")
    86400000000
    """
    value = _plain_micros(moment) if isinstance(moment, str) and PLAIN.fullmatch(moment) else _any_micros(moment)
    if not EARLIEST <= value < LATEST:
        raise InvalidRequest(f"a moment must lie between 1970-01-01 and 2200-01-01, got {moment!r}")
    return value


def _plain_micros(text: str) -> int:
    """Of the form that most have, without pandas."""
    try:
        return (datetime.fromisoformat(text) - BEGIN) // timedelta(microseconds=1)
    except ValueError as error:
        raise InvalidRequest(f"a moment must be an ISO 8601 date or time, got {text!r}") from error


def _any_micros(moment: Any) -> int:
    try:
        if isinstance(moment, str) and not ISO_8601.fullmatch(moment.strip()):
            raise ValueError(moment)
        stamp = pd.Timestamp(moment)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidRequest(f"a moment must be an ISO 8601 date or time, got {moment!r}") from error
    if not isinstance(stamp, pd.Timestamp):
        raise InvalidRequest(f"a moment must be an ISO 8601 date or time, got {moment!r}")
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return int((stamp - EPOCH) // MICROSECOND)


def isoformat(moment: int) -> str | None:
    """The moment as ISO 8601 in UTC, ``None`` for a missing one.

    >>> isoformat(86_400_000_000)
    '1970-01-02T00:00:00Z'
    """
    if moment == NEVER:
        return None
    whole = datetime.fromtimestamp(moment // SECOND, UTC).replace(microsecond=moment % SECOND)
    return whole.isoformat().replace("+00:00", "Z")


def timestamps(moments: Ints) -> pd.Series:
    """A UTC timestamp column from microseconds; missing moments become ``NaT``."""
    values = moments.astype("datetime64[us]")
    values[moments == NEVER] = np.datetime64("NaT")
    return pd.Series(values).dt.tz_localize("UTC")


class PlantCalendar:
    """The calendar days of a plant's time zone, looked up without a loop.

    Parameters
    ----------
    zone : an IANA time zone name. A day starts at local midnight, or at the first moment of the day where
        midnight is skipped.
    """

    def __init__(self, zone: str = "UTC") -> None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
            raise InvalidRequest(f"a zone must be an IANA time zone such as Europe/Berlin, got {zone!r}") from error
        days = pd.date_range("1969-12-31", "2200-01-03", freq="D", unit="us")
        starts = days.tz_localize(zone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")
        self.zone = zone
        self.starts: Ints = starts.as_unit("us").asi8.copy()

    def day(self, moments: Ints) -> Ints:
        """Days since 1970-01-01 on the plant's calendar, shape as given."""
        return self.starts.searchsorted(moments, side="right") - 2

    def end_of_day(self, moments: Ints) -> Ints:
        """The last microsecond of the day each moment falls in."""
        return self.starts[self.day(moments) + 2] - 1

    def start_of_day(self, moment: int) -> int:
        """The start of the day that a moment, microseconds, falls in."""
        return int(self.starts_of(self.day(np.array([moment])))[0])

    def starts_of(self, days: Ints) -> Ints:
        """The start of each day given as days since 1970-01-01."""
        return self.starts[days + 1]

    def localize(self, local: Ints) -> tuple[Ints, int, int]:
        """Moments of local time, (n,) microseconds as a clock on the wall shows them, in UTC.

        Returns them, and how many are skipped by that clock (taken as the first moment after the gap) and how many it
        shows twice (taken as the first of both). What lies more than a day before 1970 or after 2200 stays as it is.
        """
        given = (local >= EARLIEST - DAY) & (local < LATEST + DAY)
        shown = pd.DatetimeIndex(local[given].astype("datetime64[us]"))
        first, second = (
            shown.tz_localize(self.zone, ambiguous=np.full(len(shown), summer), nonexistent="shift_forward")
            for summer in (True, False)
        )
        moments = local.copy()
        moments[given] = first.tz_convert("UTC").tz_localize(None).as_unit("us").asi8
        skipped = int((first.tz_localize(None) != shown).sum())
        return moments, skipped, int((first != second).sum())

    @staticmethod
    def weekday(day: Ints) -> Ints:
        """0 for Monday to 6 for Sunday, of each day given as days since 1970-01-01."""
        return (day + 3) % 7

    @staticmethod
    def weekdays_until(day: Ints) -> Ints:
        """Mondays to Fridays up to each day, counted from the Monday before 1970-01-01."""
        since_monday = day + 3
        return since_monday // 7 * 5 + np.minimum(since_monday % 7 + 1, 5)

    @staticmethod
    def working_days_before(day: Ints, count: int) -> Ints:
        """The day that lies so many Mondays to Fridays before each day; the day itself for 0."""
        if count == 0:
            return day
        place = PlantCalendar.weekdays_until(day - 1) - count
        return place // 5 * 7 + place % 5 - 3

    @staticmethod
    def week(day: Ints) -> Ints:
        """Weeks since the Monday before 1970-01-01."""
        return (day + 3) // 7


@lru_cache(maxsize=32)
def plant_calendar(zone: str = "UTC") -> PlantCalendar:
    """The calendar of a zone, built once."""
    return PlantCalendar(zone)
