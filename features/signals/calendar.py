"""Where the promise lies in the plant's calendar."""

import numpy as np

from features.catalogue import EITHER, signal
from features.known import Floats, Known
from features.times import HOUR, NEVER, Ints


@signal(
    "calendar",
    "day of the week",
    EITHER,
    "the promise falls on a {value}",
    "nothing is promised",
)
def promise_weekday(known: Known) -> Floats:
    """Weekday of the promise on the plant's calendar, 0 for Monday to 6 for Sunday."""
    due = known.due()
    return np.where(due != NEVER, known.context.calendar.weekday(np.maximum(due, 0)), np.nan)


@signal("calendar", "hours", EITHER, "the promise ends at hour {value} of its day", "nothing is promised")
def promise_hour(known: Known) -> Floats:
    """Hours from the start of the promised day to the promise: the cut-off, on the plant's calendar."""
    due = known.due()
    moment = np.where(due != NEVER, due, 0)
    return np.where(due != NEVER, (moment - known.context.calendar.start_of_day(moment)) / HOUR, np.nan)


@signal("calendar", "days", EITHER, "{value} working [day is|days are] left to the promise", "nothing is promised")
def working_days_to_promise(known: Known) -> Floats:
    """Mondays to Fridays after today up to the promised day, on the plant's calendar, days."""
    due, calendar = known.due(), known.context.calendar
    last, today = calendar.day(np.where(due != NEVER, due, 0)), calendar.day(known.as_of)
    days = np.maximum(_weekdays_until(last) - _weekdays_until(today), 0)
    return np.where(due != NEVER, days.astype(np.float64), np.nan)


def _weekdays_until(day: Ints) -> Ints:
    """Mondays to Fridays up to a day, counted from the Monday before 1970-01-01."""
    since_monday = day + 3
    return since_monday // 7 * 5 + np.minimum(since_monday % 7 + 1, 5)
