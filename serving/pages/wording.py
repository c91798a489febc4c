"""Figures, dates and words as the pages show them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from features.times import micros, plant_calendar
from features.wording import ENGLISH, Dates
from features.wording.language import at_a_clause
from serving.scores.decision_state import PAST
from serving.scores.services import Services
from serving.scores.snooze import end_of_snooze

NONE = "–"
MOST_OF_A_ROW = 100
"""Characters of the second reason of a row."""
STEPS = (25, 50, 75)
"""Whole percents at which the steps of risk begin; the words say what the colour says."""
STEP_WORDS = ("low", "raised", "high", "very high")
STATES = {
    "open": "open",
    "late": "late",
    "unpromised": "no promise yet",
    "shipped": "shipped",
    "cancelled": "cancelled",
}
DECISIONS = PAST
"""By the kind of decision, what somebody did, and ..."""
DECIDED = {**PAST, "override": "overridden"}
"""... what was done to an order."""


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

    def is_past(self, moment: str) -> bool:
        """Whether a moment has come."""
        return micros(moment) <= self.now

    def local(self, moment: int) -> datetime:
        """A moment at the plant."""
        return datetime.fromtimestamp(moment / 1e6, self._zone)

    def day(self, text: str | None) -> str:
        """The weekday and the day."""
        return NONE if text is None else self.dates.day(micros(text), time=False)

    def day_of(self, form_day: str) -> str:
        """The weekday and the day of a date as a form has it."""
        return self.dates.day(self._noon(date.fromisoformat(form_day)), time=False)

    def tick(self, moment: int) -> str:
        """A day on an axis, microseconds; axes are weeks long, so no year is said."""
        return self.dates.day(moment, time=False, year=False)

    def tick_of(self, day: date) -> str:
        """A date on an axis."""
        return self.tick(self._noon(day))

    def _noon(self, day: date) -> int:
        noon = datetime.combine(day, datetime.min.time(), self._zone) + timedelta(hours=12)
        return round(noon.timestamp() * 1e6)

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

    def snooze_end(self, text: str) -> str:
        """Until when a snooze lasts."""
        return end_of_snooze(micros(text), self.dates)

    def machine_time(self, text: str) -> str:
        """A moment that the machine's own clock gave; one that lies after the page's clock says so, with its year."""
        if micros(text) <= self.now:
            return self.time(text)
        return f"{self.tick(micros(text))} {self.local(micros(text)).year} by the machine's clock"

    def distance(self, text: str | None) -> str:
        """How far off it is, in days of the plant's calendar."""
        return "" if text is None else self.dates.distance(micros(text))

    @property
    def moment(self) -> str:
        """Now: the weekday, the day, the year and the time."""
        local = self.local(self.now)
        weekday, month = ENGLISH.weekdays[local.weekday()], ENGLISH.months[local.month - 1]
        return f"{weekday} {local.day} {month} {local.year}, {local:%H:%M}"


def plant_clock(services: Services) -> PlantClock:
    """The plant's clock now."""
    return PlantClock(services.clock(), services.settings.zone)


def whole_percent(share: float) -> int:
    """What is shown of a share, and what colours, words and differences follow.

    >>> whole_percent(0.746), whole_percent(0.754)
    (75, 75)
    """
    return round(100 * share)


def shown_change(before: float | None, after: float | None) -> float | None:
    """The difference of two risks as they are shown, so that it adds up before the reader's eyes.

    >>> shown_change(0.334, 0.526), shown_change(None, 0.5)
    (0.2, None)
    """
    return None if before is None or after is None else (whole_percent(after) - whole_percent(before)) / 100


def change(before: float | None, after: float | None) -> str:
    """The difference of two shown risks in words; a change that the whole percents do not show is less than one.

    >>> change(0.334, 0.526), change(0.99, 0.986), change(0.5, 0.5), change(None, 0.5)
    ('+20', '<1', '0', '–')
    """
    difference = shown_change(before, after)
    return "<1" if difference == 0 and before != after else points(difference)


def percent(share: float | None) -> str:
    """A risk: whole percents, and never a certainty that is none.

    >>> percent(0.836), percent(0.9999), percent(0.001), percent(1.0), percent(None)
    ('84 %', '>99 %', '<1 %', '100 %', '–')
    """
    if share is None:
        return NONE
    whole = whole_percent(share)
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

    >>> amount(86400.0), amount(2.5), amount(-0.1), amount(None)
    ('86,400', '2.5', '−0.1', '–')
    """
    if value is None:
        return NONE
    return ENGLISH.number(value, 0 if abs(value) >= 1000 or value == int(value) else 1).replace("-", "−")


def days(count: int) -> str:
    """A number of days.

    >>> days(1), days(12)
    ('1 day', '12 days')
    """
    return f"{amount(count)} day{'' if count == 1 else 's'}"


def step_of(risk: float | None) -> int:
    """The step of the ramp, 0 to 3.

    It follows the percent that is shown, so that 75 % has one colour and one word.

    >>> [step_of(risk) for risk in (None, 0.1, 0.25, 0.5, 0.746, 0.75, 1.0)]
    [0, 0, 1, 2, 3, 3, 3]
    """
    return 0 if risk is None else sum(whole_percent(risk) >= step for step in STEPS)


def with_minus(sentence: str) -> str:
    """A sentence of points with the sign that pages use.

    >>> with_minus("-12 points: casting has come (-11), hold Q-5 (-0.1)")
    '−12 points: casting has come (−11), hold Q-5 (−0.1)'
    """
    return re.sub(r"(^|\()-(?=\d)", r"\1−", sentence)


def capitalised(text: str) -> str:
    """A sentence as it begins a line."""
    return text[:1].upper() + text[1:]


def clause(text: str) -> str:
    """What a row shows of a reason after its first: whole clauses, as many as fit.

    >>> clause("steel is missing, due Fri 2 Jan; after it 7 days are left to the promise, and then" + " much more" * 9)
    'steel is missing, due Fri 2 Jan; after it 7 days are left to the promise…'
    """
    return at_a_clause(text, MOST_OF_A_ROW)


FILTERS: dict[str, Callable[..., Any]] = {
    "percent": percent,
    "points": points,
    "with_minus": with_minus,
    "change_to": change,
    "amount": amount,
    "days": days,
    "amount_whole": lambda value: amount(None if value is None else float(round(value))),
    "risk_step": step_of,
    "step_words": lambda risk: STEP_WORDS[step_of(risk)],
    "sentence": capitalised,
    "clause": clause,
    "state_words": lambda state: STATES.get(state, state),
    "decision_words": lambda kind: DECISIONS.get(kind, kind),
    "decided_words": lambda kind: DECIDED.get(kind, kind),
}
