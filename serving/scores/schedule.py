"""When an order is scored again if nothing happens."""

from __future__ import annotations

import numpy as np

from features.times import SECOND, PlantCalendar, plant_calendar
from serving.settings import Settings

LATE_AFTER = 1
"""Microseconds after its promise at which an order is late."""


def next_score(as_of: int, state: str, due: int | None, settings: Settings, *, dates_late: bool = False) -> int | None:
    """When an order is scored again if nothing happens: at the tick, the start of day, or when it falls late.

    A late order is at the start of day, if it has a ship date (``dates_late``).
    """
    if state != "open" and not (state == "late" and dates_late):
        return None
    calendar = plant_calendar(settings.zone)
    start, end = _day_of(calendar, as_of)
    if state == "late":
        return end
    tick = settings.tick * SECOND
    next_tick = start + ((as_of - start) // tick + 1) * tick if tick else end
    return min(next_tick, end, LATE_AFTER + due if due is not None and due >= as_of else end)


def _day_of(calendar: PlantCalendar, moment: int) -> tuple[int, int]:
    """The start of a moment's day and that of the next."""
    day = calendar.day(np.array([moment]))
    return int(calendar.starts_of(day)[0]), int(calendar.starts_of(day + 1)[0])
