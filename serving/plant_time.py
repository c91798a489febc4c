"""Moments as callers write them, in the plant's zone."""

from __future__ import annotations

import numpy as np

from features.times import DAY, ISO_8601, micros, plant_calendar


def moment_of(text: str, zone: str, *, end: bool) -> int:
    """Microseconds of an ISO 8601 text; a date alone is the start or the end of that day in the plant's zone.

    >>> moment_of("1970-01-01", "UTC", end=True)
    86399999999
    """
    moment, match = micros(text), ISO_8601.fullmatch(text.strip())
    if match is None or match["time"]:
        return moment
    day = np.array([moment // DAY + end])
    return int(plant_calendar(zone).starts_of(day)[0]) - end
