"""A plant so regular that every window can be counted: an order a day, promised ten days later."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.support.stories import created, event, shipped, story

BOOKED_LATE, MOVED = "LATE", "MOVED"


def order_a_day(count: int, every: int = 3) -> list[dict[str, Any]]:
    """Order n is created on day n; it ships on day n + 9, and each so many-th on day n + 12, two days too late.

    It is looked at from midnight n + 0.5 on, and its outcome is settled on day n + 12 whatever became of it.
    """
    return [
        row
        for n in range(count)
        for row in (created(n, n + 10, order=f"{n:04}"), shipped(n + (12 if n % every == 0 else 9), 10, f"{n:04}"))
    ]


def across(day: float) -> list[dict[str, Any]]:
    """Two orders of which something else is known before a day than after it.

    ``LATE`` was promised for ten days before and missed by all that is known on the day: that it left in time is booked
    twenty days after it. ``MOVED`` was missed fifteen days before; five days after the day it is promised anew.
    """
    return [
        created(day - 20, day - 10, order=BOOKED_LATE),
        shipped(day - 11, 10, BOOKED_LATE, late=31),
        created(day - 25, day - 15, order=MOVED),
        event("commitment.changed", day + 5, MOVED, date=day + 30),
        shipped(day + 28, 10, MOVED),
    ]


def regular_plant(count: int, day: float) -> pd.DataFrame:
    """An order a day, and two that change across a day."""
    return story(*order_a_day(count), *across(day))
