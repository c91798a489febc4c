"""Where the promise lies in the plant's calendar."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER
from features.known.known import Known
from features.times import HOUR, NEVER


@signal(
    "calendar",
    "day of the week",
    EITHER,
    "the promise falls on a {value}",
    "nothing is promised",
)
def promise_weekday(known: Known) -> Floats:
    """Weekday of the promise on the plant's calendar, 0 for Monday to 6 for Sunday."""
    return np.where(known.due() != NEVER, known.context.calendar.weekday(known.due_day()), np.nan)


@signal("calendar", "hours", EITHER, "the promise ends at hour {value} of its day", "nothing is promised")
def promise_hour(known: Known) -> Floats:
    """Hours from the start of the promised day to the promise: the cut-off, on the plant's calendar."""
    due = known.due()
    return np.where(due != NEVER, (due - known.context.calendar.starts_of(known.due_day())) / HOUR, np.nan)


@signal(
    "calendar",
    "days",
    EITHER,
    "{value} working [day is|days are] left to the promise",
    "nothing is promised",
    topic="work",
)
def working_days_to_promise(known: Known) -> Floats:
    """Mondays to Fridays after today up to the promised day, on the plant's calendar, days."""
    calendar = known.context.calendar
    days = calendar.weekdays_until(known.due_day()) - calendar.weekdays_until(calendar.day(known.as_of))
    return np.where(known.due() != NEVER, np.maximum(days, 0), np.nan)
