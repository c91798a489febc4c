"""The one clock. Everything below the edge takes its moment as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the current moment in microseconds since 1970-01-01 UTC."""


def system_clock() -> int:
    """Now, by the machine."""
    return time.time_ns() // 1000


def fixed_clock(moment: int) -> Clock:
    """A clock that stands, for a demo or a rehearsal."""
    return lambda: moment


class SteppedClock:
    """A clock that stands until it is set: for days that are gone through after the event.

    >>> clock = SteppedClock(0)
    >>> clock.moment = 3_600_000_000
    >>> clock()
    3600000000
    """

    def __init__(self, moment: int) -> None:
        self.moment = moment

    def __call__(self) -> int:
        """The moment it stands at, microseconds."""
        return self.moment
