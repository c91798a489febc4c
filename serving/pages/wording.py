"""Figures, dates and words as the pages show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from features.times import micros, plant_calendar
from features.wording import Dates
from features.wording.language import at_a_clause
from serving.pages.locale.texts import gettext, language, message, ngettext
from serving.scores.services import Services
from serving.scores.snooze import end_of_snooze

NONE = "–"
MOST_OF_A_ROW = 100
"""Characters of the second reason of a row."""
STEPS = (25, 50, 75)
"""Whole percents at which the steps of risk begin; the words say what the colour says."""
STEP_WORDS = (message("low"), message("raised"), message("high"), message("very high"))
STATES = {
    "open": message("open"),
    "late": message("late"),
    "unpromised": message("no promise yet"),
    "shipped": message("shipped"),
    "cancelled": message("cancelled"),
}
DECISIONS = {
    "acknowledge": message("acknowledged"),
    "assign": message("assigned"),
    "snooze": message("snoozed"),
    "expedite": message("expedited"),
    "override": message("overrode"),
    "comment": message("commented"),
}
"""By the kind of decision, what somebody did, and ..."""
DECIDED = {**DECISIONS, "override": message("overridden")}
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
        return Dates(self.now, self._zone, language())

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
        words = [language().day_of_month(day) for day in (begin, end) if day is not None]
        if begin is None or end is None:
            return gettext("from %(day)s", day=words[0])
        if begin == end:
            return words[0]
        same = (begin.year, begin.month) == (end.year, end.month)
        return gettext("%(first)s to %(last)s", first=language().bare_day(begin) if same else words[0], last=words[1])

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
        day = language().day(self.local(micros(text)), year=True)
        return gettext("%(day)s by the machine's clock", day=day)

    def distance(self, text: str | None) -> str:
        """How far off it is, in days of the plant's calendar."""
        return "" if text is None else self.dates.distance(micros(text))

    @property
    def moment(self) -> str:
        """Now: the weekday, the day, the year and the time."""
        local = self.local(self.now)
        return f"{language().day(local, year=True)}, {language().time_of_day(local)}"


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
    almost = ">" if whole == 100 and share < 1 else "<" if whole == 0 and share > 0 else ""
    return almost + language().say("share", percent=99 if almost == ">" else 1 if almost else language().number(whole))


def points(difference: float | None) -> str:
    """A difference of risks in points, with its sign.

    >>> points(0.31), points(-0.021), points(0.001), points(-0.004)
    ('+31', '−2', '+0.1', '−0.4')
    """
    if difference is None:
        return NONE
    shown = 100 * difference
    text = language().number(abs(shown), 0 if abs(shown) >= 0.95 else 1)
    return text if text == "0" else f"{'+' if shown > 0 else '−'}{text}"


def amount(value: float | None) -> str:
    """A value of money or a quantity.

    >>> amount(86400.0), amount(2.5), amount(-0.1), amount(None)
    ('86,400', '2.5', '−0.1', '–')
    """
    if value is None:
        return NONE
    return language().number(value, 0 if abs(value) >= 1000 or value == int(value) else 1).replace("-", "−")


def days(count: int) -> str:
    """A number of days.

    >>> days(1), days(12)
    ('1 day', '12 days')
    """
    return ngettext("%(number)s day", "%(number)s days", count, number=amount(count))


def days_won(count: int) -> str:
    """Days that an order ships sooner, or later where they are negative.

    >>> days_won(1), days_won(-3)
    ('1 day won', '3 days lost')
    """
    many = amount(abs(count))
    if count > 0:
        return ngettext("%(number)s day won", "%(number)s days won", count, number=many)
    return ngettext("%(number)s day lost", "%(number)s days lost", -count, number=many)


def word(words: Mapping[str, str], name: str) -> str:
    """The word of a name in the language of the pages, the name itself where it has none."""
    return gettext(words[name]) if name in words else name


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
    "days_won": days_won,
    "amount_whole": lambda value: amount(None if value is None else float(round(value))),
    "risk_step": step_of,
    "step_words": lambda risk: gettext(STEP_WORDS[step_of(risk)]),
    "sentence": capitalised,
    "clause": clause,
    "state_words": lambda state: word(STATES, state),
    "decision_words": lambda kind: word(DECISIONS, kind),
    "decided_words": lambda kind: word(DECIDED, kind),
}
