"""Where the promise lies in the plant's calendar."""

import numpy as np

from features.catalogue import EITHER, signal
from features.known import Floats, Known
from features.times import NEVER


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
