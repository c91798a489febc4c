"""Moments as people say them: the weekday and the day in the plant's zone, and how far off that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property

from features.times import DAY
from features.wording.language import Language

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE_DAY = ("00:00", "23:59")
"""A moment at the end or the begin of a day stands for that day."""
MOST_OF_A_DAY = 23 / 24
"""Within one day no more is left than 23 hours: what is due today is not due in a day."""


@dataclass(frozen=True)
class Dates:
    """Says moments, microseconds, as seen from one of them."""

    as_of: int
    zone: tzinfo
    language: Language

    def day(self, moment: int, time: bool = True, year: bool = True) -> str:
        """The day, its year where that is another one and wanted, the time unless it is a whole day or not wanted."""
        local = self._local(moment)
        text = self.language.day(local, year=year and local.year != self._today.year)
        clock = f"{local:%H:%M}" if time else WHOLE_DAY[0]
        return text if clock in WHOLE_DAY else f"{text} {self.language.time_of_day(local)}"

    def written(self, day: date) -> str:
        """A date as days are written, its year where that is another one."""
        return self.language.day(day, year=day.year != self._today.year)

    def distance(self, moment: int) -> str:
        """How far off it is: "today", "5 days ago", "in 6 days"; counted in calendar days of the plant."""
        days = (self._local(moment).date() - self._today).days
        if abs(days) <= 1:
            return self.language.say(("distance.yesterday", "distance.today", "distance.tomorrow")[days + 1])
        return self.language.say("distance.ago" if days < 0 else "distance.in", n=abs(days))

    def between(self, early: int, late: int) -> str:
        """The time from one moment to a later one: in days of the calendar, on one day in hours, of which it has 23."""
        days = self.days_between(early, late)
        return self.language.duration(days if days else min((late - early) / DAY, MOST_OF_A_DAY))

    def days_between(self, early: int, late: int) -> int:
        """The days of the calendar from one moment to a later one."""
        return (self.date_of(late) - self.date_of(early)).days

    def date_of(self, moment: int) -> date:
        """The day of the plant's calendar that a moment falls on."""
        return self._local(moment).date()

    def same_day(self, one: int, other: int) -> bool:
        """Whether two moments fall on one day of the plant."""
        return self._local(one).date() == self._local(other).date()

    def after(self, days: float) -> int:
        """The moment so many days from now, microseconds."""
        return self.as_of + round(days * DAY)

    def _local(self, moment: int) -> datetime:
        local = self._locals.get(moment)
        if local is None:
            local = self._locals[moment] = (EPOCH + timedelta(microseconds=moment)).astimezone(self.zone)
        return local

    @cached_property
    def _locals(self) -> dict[int, datetime]:
        return {}

    @cached_property
    def _today(self) -> date:
        return self._local(self.as_of).date()
