"""One signal: what it means, how its values read, how it is computed."""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from features.arrays import Floats
from features.known.known import Known

Compute = Callable[[Known], Floats]

RISES, FALLS, EITHER = 1, -1, 0

RATES = ("holds a week", "orders a day")
"""Units of which small values say something too."""

GROUPS = (
    "progress",
    "holds",
    "schedule",
    "commitment",
    "material",
    "quality",
    "readiness",
    "delivery",
    "information",
    "size",
    "calendar",
    "load",
    "track record",
)


@dataclass(frozen=True)
class Signal:
    """One column: what it means, and how it is computed from what was known.

    Attributes
    ----------
    name : the column, the name of the function
    unit : days, orders, share, ...
    direction : RISES if planners expect risk to rise with it, FALLS if to fall, EITHER if it depends
    definition : one sentence
    says : what a value tells a planner; ``{value}`` stands for the number, ``[day|days]`` for one or many
    negative : what a value below zero tells, said of its size; the same as ``says`` if empty
    absent : what a missing value tells
    topic : the story it belongs to, see ``features.catalogue.topics``
    """

    name: str
    group: str
    unit: str
    direction: int
    definition: str
    says: str
    absent: str
    compute: Compute
    negative: str = ""
    topic: str = ""

    def sentence(self, value: float) -> str:
        """What this value tells, as a planner would say it.

        >>> from features.catalogue.registry import catalogue
        >>> catalogue()["open_holds"].sentence(1.0)
        '1 hold is open'
        >>> catalogue()["planned_end_slack"].sentence(-2.0)
        'the plan ends 2 days after the promise'
        """
        if value != value:
            return self.absent
        words = self.negative if value < 0 and self.negative else self.says
        shown = self.shown(abs(value) if words == self.negative else value)
        return _of_number(words, shown in ("1", "-1")).replace("{value}", shown)

    def shown(self, value: float) -> str:
        """The number, rounded as its unit deserves.

        >>> from features.catalogue.registry import catalogue
        >>> catalogue()["partial_completion_ratio"].shown(0.25)
        '25 %'
        >>> catalogue()["promise_weekday"].shown(1.0)
        'Tuesday'
        """
        if self.unit == "share":
            return f"{value + 0.0:.0%}".replace("-0%", "0%").replace("%", " %")
        if self.unit == "day of the week":
            return day_name[int(value)]
        if 0 < abs(value) < 0.95 and self.unit in RATES:
            return f"{value:.2g}"
        rounded = round(value, 1) + 0.0
        if abs(rounded) >= 100 or rounded.is_integer():
            return f"{rounded:,.0f}"
        return f"{rounded:.1f}"


_NUMBERED = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")


@lru_cache(maxsize=1024)
def _of_number(words: str, one: bool) -> str:
    """The words for one, or for many."""
    return _NUMBERED.sub(r"\1" if one else r"\2", words)
