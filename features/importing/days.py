"""Dates that are days although they came as moments: systems export 20 March as 2024-03-20 00:00:00."""

from __future__ import annotations

import numpy as np

from features.arrays import Ints
from features.events.columns import Columns
from features.times import NEVER, PlantCalendar

MOSTLY = 0.5
"""Where more than this share of an event type's dates stands at midnight, but not all, the report names it."""


def as_days(columns: Columns, calendar: PlantCalendar) -> tuple[Ints, dict[str, int]]:
    """(n_events,) the column ``date``, with the end of the day where an event type states days; and what was assumed.

    An event type states days when each of its dates stands at the plant's midnight, or is the end of a day already
    because it was given without a time.
    """
    types, dates = columns["type"], columns["date"].copy()
    given = np.flatnonzero(dates != NEVER)
    moments, codes = dates[given], types.codes[given]
    ends = calendar.end_of_day(moments)
    midnight = moments == calendar.starts_of(calendar.day(moments))
    n_given, n_midnight, n_days = (
        np.bincount(codes[of], minlength=types.n_words) for of in (slice(None), midnight, midnight | (moments == ends))
    )
    states_days = (n_midnight > 0) & (n_days == n_given)
    moved = midnight & states_days[codes]
    dates[given[moved]] = ends[moved]
    assumed = {}
    for code in np.flatnonzero(n_midnight):
        where = f"date of {types.words[code]} at midnight, {calendar.zone},"
        if states_days[code]:
            assumed[f"{where} wherever it is given: taken as a day, its end is meant"] = int(n_midnight[code])
        elif n_midnight[code] > MOSTLY * n_given[code]:
            assumed[f"{where} in most rows but not in all: taken as that moment"] = int(n_midnight[code])
    return dates, assumed
