"""A ship date as a planner reads it: "most likely Thu 8 Jan; by Tue 13 Jan with 90 %"."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from features.times import PlantCalendar
from features.wording import ENGLISH, Dates, Language
from training.ship_date.curve import BEYOND

SURE = 0.9
"""The probability of the later of the two days that a sentence names."""


class ShipWording:
    """Says when an order ships, as seen from a moment, microseconds. Days are those since 1970-01-01."""

    def __init__(self, as_of: int, calendar: PlantCalendar, language: Language = ENGLISH) -> None:
        self._starts = calendar.starts
        self._dates = Dates(as_of, ZoneInfo(calendar.zone), language)

    def sentence(self, expected: int, sure: int, last: int, left: float, promised: int) -> str:
        """When it will most likely ship, by when it almost surely has, and how late that is.

        Parameters
        ----------
        expected : the day by which it is as likely as not that everything has shipped; ``BEYOND`` the last
        sure : the day by which everything has shipped with a probability of ``SURE``; ``BEYOND`` the last
        last, left : the last day asked about, and the probability that something is left after it
        """
        say, share = self._dates.language.say, self._dates.language.share
        if expected == BEYOND:
            return say("ship_date.later", day=self._with_delay("ship_date.late_at_least", last + 1, promised))
        day = self._with_delay("ship_date.late", expected, promised)
        if sure == BEYOND:
            return say("ship_date.open", day=day, last=self._day(last), share=share(left))
        if sure == expected:
            return say("ship_date.by_then", day=day, share=share(SURE))
        return say("ship_date.likely", day=day, sure=self._day(sure), share=share(SURE))

    def _with_delay(self, template: str, day: int, promised: int) -> str:
        late, text = day - promised, self._day(day)
        return self._dates.language.say(template, day=text, n=late) if late > 0 else text

    def _day(self, day: int) -> str:
        return self._dates.day(int(self._starts[day + 1]), time=False)
