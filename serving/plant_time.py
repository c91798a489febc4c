"""Moments as callers write them, in the plant's zone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from features.errors import InvalidRequest
from features.events.columns import read_column
from features.times import DAY, ISO_8601, NEVER, micros, plant_calendar


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


@lru_cache(maxsize=4096)
def date_of(text: str, zone: str) -> int | None:
    """Microseconds of what is promised, planned or expected, read as an event's is; ``None`` where it stands for none.

    >>> date_of("2024-01-20", "UTC")
    1705795199999999
    >>> date_of("9999-12-31", "UTC")
    """
    read = read_column("date", [text], 1, plant_calendar(zone))
    for must, wrong in read.wrong:
        if wrong[0]:
            raise InvalidRequest(f"a date must {must}, got {text!r}")
    moment = int(read.values[0])
    return None if moment == NEVER else moment
