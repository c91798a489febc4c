"""How long an order may be put off: not when it is late, and never into the working day before its promise."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from features.errors import InvalidRequest
from features.times import plant_calendar
from features.wording import ENGLISH, Dates


class Snooze(NamedTuple):
    """How long an order is put off. Moments are microseconds, ``None`` where only an event ends it.

    Attributes
    ----------
    until : what was agreed
    asked : what was asked for
    """

    until: int | None
    asked: int | None
    sentence: str

    @property
    def cut(self) -> bool:
        """Whether it ends earlier than was asked for."""
        return self.until != self.asked


def latest_snooze(due: int, zone: str) -> int:
    """The last moment, microseconds, before the working day (Monday to Friday) before a promise begins in a zone.

    >>> from features.times import isoformat, micros
    >>> isoformat(latest_snooze(micros("2026-01-05T16:00:00Z"), "UTC"))  # a Monday
    '2026-01-01T23:59:59.999999Z'
    """
    calendar = plant_calendar(zone)
    day = calendar.working_days_before(calendar.day(np.array([due])), 1)
    return int(calendar.starts_of(day)[0]) - 1


def agree_snooze(order_id: str, due: int | None, asked: int | None, now: int, zone: str) -> Snooze:
    """The snooze that an order with a due date may have; asked for until a moment that has come, it ends.

    Raises ``InvalidRequest`` where it is late, or where the working day before its promise has begun.
    """
    dates = Dates(now, ZoneInfo(plant_calendar(zone).zone), ENGLISH)
    if due is not None and due < now:
        was_due = f"{dates.day(due)}, {dates.distance(due)}"
        raise InvalidRequest(f"a late order cannot be snoozed: {order_id} was due {was_due}")
    if asked is not None and asked <= now:
        return Snooze(asked, asked, f"{order_id} is no longer snoozed")
    if due is None:
        return Snooze(asked, asked, _until(order_id, asked, dates))
    latest = latest_snooze(due, zone)
    back = f"{dates.day(latest + 1)}, the working day before its promise of {dates.day(due)}"
    if latest < now:
        gone = "has begun" if dates.same_day(latest + 1, now) else "is over"
        raise InvalidRequest(f"a snooze of {order_id} must end before {back}, and that day {gone}")
    if asked is not None and asked <= latest:
        return Snooze(asked, asked, _until(order_id, asked, dates))
    return Snooze(latest, asked, f"{_until(order_id, latest, dates)}, at the latest: it is back in the list on {back}")


def _until(order_id: str, until: int | None, dates: Dates) -> str:
    return f"{order_id} is snoozed {'until something happens' if until is None else end_of_snooze(until, dates)}"


def end_of_snooze(until: int, dates: Dates) -> str:
    """Until when a snooze lasts, a moment in microseconds, so that nobody can take its last day for that of its return.

    >>> from zoneinfo import ZoneInfo
    >>> from features.times import micros
    >>> dates = Dates(micros("2026-01-01T00:00:00Z"), ZoneInfo("UTC"), ENGLISH)
    >>> [end_of_snooze(micros(f"2026-01-{time}Z"), dates) for time in ("05T23:59:59", "06T00:00:00", "06T10:00:00")]
    ['to the end of Mon 5 Jan', 'to the end of Mon 5 Jan', 'until Tue 6 Jan 10:00']
    """
    last = dates.day(until - 1)
    return f"to the end of {last}" if last == dates.day(until - 1, time=False) else f"until {dates.day(until)}"
