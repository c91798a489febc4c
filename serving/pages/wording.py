"""Figures, dates and words as the pages show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from features.times import micros, plant_calendar
from features.wording import ENGLISH, Dates

NONE = "–"
STEPS = (0.25, 0.5, 0.75)
"""Where the four steps of risk begin; the words say what the colour says."""
STEP_WORDS = ("low", "raised", "high", "very high")
STATES = {
    "open": "open",
    "late": "late",
    "unpromised": "no promise yet",
    "shipped": "shipped",
    "cancelled": "cancelled",
}
DECISIONS = {
    "acknowledge": "acknowledged",
    "assign": "assigned",
    "snooze": "snoozed",
    "expedite": "expedited",
    "override": "overridden",
    "comment": "commented on",
}


@dataclass(frozen=True)
class PlantClock:
    """Says moments, ISO 8601 texts, in the plant's zone as seen from now (microseconds)."""

    now: int
    zone: str

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(plant_calendar(self.zone).zone)

    @cached_property
    def dates(self) -> Dates:
        """As the sentences say them."""
        return Dates(self.now, self._zone, ENGLISH)

    @property
    def today(self) -> date:
        """The day at the plant."""
        return self.local(self.now).date()

    def ahead(self, days: int) -> str:
        """The day so many days from today, as a form and an address have it."""
        return (self.today + timedelta(days=days)).isoformat()

    def local(self, moment: int) -> datetime:
        """A moment at the plant."""
        return datetime.fromtimestamp(moment / 1e6, self._zone)

    def day(self, text: str | None) -> str:
        """The weekday and the day."""
        return NONE if text is None else self.dates.day(micros(text), time=False)

    def day_of(self, form_day: str) -> str:
        """The weekday and the day of a date as a form has it."""
        noon = datetime.combine(date.fromisoformat(form_day), datetime.min.time(), self._zone) + timedelta(hours=12)
        return self.dates.day(round(noon.timestamp() * 1e6), time=False)

    def range_of(self, first: str, last: str | None) -> str:
        """Two days of forms in few words: the month once where it is the same; no end where the last is not known."""
        begin, end = (None if day is None else date.fromisoformat(day) for day in (first, last))
        words = [f"{day.day} {ENGLISH.months[day.month - 1]}" for day in (begin, end) if day is not None]
        if begin is None or end is None:
            return f"from {words[0]}"
        same = (begin.year, begin.month) == (end.year, end.month)
        return words[0] if begin == end else f"{begin.day if same else words[0]} to {words[1]}"

    def time(self, text: str | None) -> str:
        """The weekday, the day and the time, unless a whole day is meant."""
        return NONE if text is None else self.dates.day(micros(text))

    def distance(self, text: str | None) -> str:
        """How far off it is, in days of the plant's calendar."""
        return "" if text is None else self.dates.distance(micros(text))

    @property
    def moment(self) -> str:
        """Now: the weekday, the day, the year and the time."""
        local = self.local(self.now)
        weekday, month = ENGLISH.weekdays[local.weekday()], ENGLISH.months[local.month - 1]
        return f"{weekday} {local.day} {month} {local.year}, {local:%H:%M}"


def percent(share: float | None) -> str:
    """A risk: whole percents, and never a certainty that is none.

    >>> percent(0.836), percent(0.9999), percent(0.001), percent(1.0), percent(None)
    ('84 %', '>99 %', '<1 %', '100 %', '–')
    """
    if share is None:
        return NONE
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return ">99 %"
    return "<1 %" if whole == 0 and share > 0 else f"{whole} %"


def points(difference: float | None) -> str:
    """A difference of risks in points, with its sign.

    >>> points(0.31), points(-0.021), points(0.001), points(-0.004)
    ('+31', '−2', '+0.1', '−0.4')
    """
    if difference is None:
        return NONE
    shown = 100 * difference
    text = f"{abs(shown):.0f}" if abs(shown) >= 0.95 else f"{abs(shown):.1f}"
    return "0" if text == "0.0" else f"{'+' if shown > 0 else '−'}{text}"


def amount(value: float | None) -> str:
    """A value of money or a quantity.

    >>> amount(86400.0), amount(2.5), amount(None)
    ('86,400', '2.5', '–')
    """
    if value is None:
        return NONE
    return ENGLISH.number(value, 0 if abs(value) >= 1000 or value == int(value) else 1)


def days(count: int) -> str:
    """A number of days.

    >>> days(1), days(12)
    ('1 day', '12 days')
    """
    return f"{amount(count)} day{'' if count == 1 else 's'}"


def step_of(risk: float | None) -> int:
    """The step of the ramp, 0 to 3.

    >>> [step_of(risk) for risk in (None, 0.1, 0.25, 0.5, 0.75, 1.0)]
    [0, 0, 1, 2, 3, 3]
    """
    return 0 if risk is None else sum(risk >= step for step in STEPS)


def capitalised(text: str) -> str:
    """A sentence as it begins a line."""
    return text[:1].upper() + text[1:]


FILTERS: dict[str, Callable[..., Any]] = {
    "percent": percent,
    "points": points,
    "amount": amount,
    "days": days,
    "amount_whole": lambda value: amount(None if value is None else float(round(value))),
    "risk_step": step_of,
    "step_words": lambda risk: STEP_WORDS[step_of(risk)],
    "sentence": capitalised,
    "state_words": lambda state: STATES.get(state, state),
    "decision_words": lambda kind: DECISIONS.get(kind, kind),
}
