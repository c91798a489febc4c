"""Where the promise lies in the plant's calendar."""

from __future__ import annotations

from features.times import HOUR
from tests.naive.events import NAN
from tests.naive.others import day_of, start_of_day
from tests.naive.registry import twin
from tests.naive.seen import Seen


@twin
def promise_weekday(seen: Seen) -> float:
    return NAN if seen.due is None else _weekday(day_of(seen.calendar, seen.due))


def _weekday(day: int) -> int:
    """0 for Monday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


@twin
def promise_hour(seen: Seen) -> float:
    return NAN if seen.due is None else (seen.due - start_of_day(seen.calendar, seen.due)) / HOUR


@twin
def working_days_to_promise(seen: Seen) -> float:
    if seen.due is None:
        return NAN
    days = range(day_of(seen.calendar, seen.as_of) + 1, day_of(seen.calendar, seen.due) + 1)
    return sum(_weekday(day) < 5 for day in days)
