"""Weeks of the plant's calendar: from Monday to Monday."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from features.errors import InvalidRequest
from features.times import plant_calendar
from serving.plant_time import moment_of

EARLIEST_YEAR, LATEST_YEAR = 1971, 2199


@dataclass(frozen=True)
class Week:
    """A week at the plant.

    Attributes
    ----------
    monday : its first day
    begin, end : moments, microseconds; the end is now where the week is not over
    over : whether it is
    """

    monday: date
    begin: int
    end: int
    over: bool

    @property
    def window(self) -> tuple[int, int]:
        """After which moment, and up to which, something was recorded in it: its first instant is part of it."""
        return self.begin - 1, self.end if not self.over else self.end - 1


def find_week(text: str | None, now: int, zone: str) -> Week:
    """The week of a day, an ISO 8601 date; without one that of now, on a Monday the one before.

    Raises ``InvalidRequest`` for what is no date, and for a week that has not begun.
    """
    today = datetime.fromtimestamp(now / 1e6, UTC).astimezone(ZoneInfo(plant_calendar(zone).zone)).date()
    day = today - timedelta(days=int(today.weekday() == 0)) if text is None else _day(text)
    monday = day - timedelta(days=day.weekday())
    begin, end = (moment_of(one.isoformat(), zone, end=False) for one in (monday, monday + timedelta(days=7)))
    if begin >= now:
        raise InvalidRequest(f"a week must have begun, got that of {monday}")
    return Week(monday, begin, min(end, now), end <= now)


def weeks_before(week: Week, number: int, now: int, zone: str) -> list[Week]:
    """So many weeks that end with this one, the earliest first."""
    mondays = (week.monday - timedelta(days=7 * back) for back in range(number - 1, -1, -1))
    return [find_week(monday.isoformat(), now, zone) for monday in mondays]


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise InvalidRequest(f"a week must be given by one of its days, such as 2026-01-05, got {text[:20]!r}")
    return day
