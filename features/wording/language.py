"""A language: its templates, its names of days and months, and how it counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

MOST_CHARACTERS = 160
"""No sentence is longer."""
LONGEST_NAME = 40
"""Names of customers, items and reasons are cut to so many characters within a sentence."""
CUT = "…"
PLURAL = re.compile(r"\[(\w+):([^\]]*)\]")
Part = tuple[str, tuple[str, ...]]


def one_or_many(number: float) -> int:
    """The form of English and most of its neighbours: the first for one, the second for all else."""
    return 0 if number == 1 else 1


@dataclass(frozen=True)
class Language:
    """How facts are said.

    Attributes
    ----------
    templates : by name, texts with ``{value}`` for a value and ``[n:day|days]`` for a form chosen by the number ``n``
    weekdays, months : their short names, from Monday and from January
    form : the place of the plural form that a number takes
    """

    name: str
    templates: Mapping[str, str]
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    form: Callable[[float], int] = one_or_many
    decimal: str = "."
    thousands: str = ","

    def say(self, template: str, /, **values: object) -> str:
        """The text of a template. Raises ``KeyError`` for a name that it has not.

        A text that is too long loses the details of its ``fact``, what is in brackets first, then its last clauses. It
        ends at a word where that is not enough.

        >>> from features.wording.english import ENGLISH
        >>> ENGLISH.say("duration.days", n=1, days="1"), ENGLISH.say("duration.days", n=2, days="2")
        ('1 day', '2 days')
        """
        text = self.fill(template, **values)
        if len(text) <= MOST_CHARACTERS:
            return text
        for part in (part for part in ("fact", "counter") if part in values):
            while len(text) > MOST_CHARACTERS and _less_detail(str(values[part])) != values[part]:
                values = {**values, part: _less_detail(str(values[part]))}
                text = self.fill(template, **values)
        return text if len(text) <= MOST_CHARACTERS else at_a_word(text, MOST_CHARACTERS)

    def fill(self, template: str, /, **values: object) -> str:
        """The text of a template however long it is, such as a list of sentences."""
        parts = self._parts[template]
        if len(parts) == 1:
            return parts[0][0].format_map(values)
        chosen = (forms[self.form(values[words])] if forms else words for words, forms in parts)  # type: ignore[arg-type]
        return "".join(chosen).format_map(values)

    @cached_property
    def _parts(self) -> dict[str, tuple[Part, ...]]:
        return {name: tuple(_parts_of(text)) for name, text in self.templates.items()}

    # -- days --------------------------------------------------------------------------------------------------

    def day(self, day: date, *, year: bool) -> str:
        """The weekday and the day, with its year or without.

        >>> from features.wording.english import ENGLISH
        >>> ENGLISH.day(date(2026, 1, 5), year=False), ENGLISH.day(date(2026, 1, 5), year=True)
        ('Mon 5 Jan', 'Mon 5 Jan 2026')
        """
        return self.fill("date", weekday=self.weekdays[day.weekday()], day=self.day_of_month(day, year=year))

    def day_of_month(self, day: date, *, year: bool = False) -> str:
        """The day and its month: "5 Jan"."""
        text = self.fill("date.day", day=self.bare_day(day), month=self.months[day.month - 1])
        return self.fill("date.day_year", day=text, year=day.year) if year else text

    def bare_day(self, day: date) -> str:
        """The day where its month is named beside it: "5"."""
        return self.fill("date.bare_day", day=day.day)

    def time_of_day(self, moment: datetime) -> str:
        """The hour and the minute: "16:05"."""
        return self.fill("date.time", hour=f"{moment:%H}", minute=f"{moment:%M}")

    # -- numbers -----------------------------------------------------------------------------------------------

    def number(self, value: float, decimals: int = 0) -> str:
        """
        >>> from features.wording.english import ENGLISH
        >>> ENGLISH.number(24692.0), ENGLISH.number(2.0, 1), ENGLISH.number(2.25, 1)
        ('24,692', '2', '2.2')
        """
        text = f"{round(value, decimals) + 0.0:,.{decimals}f}"
        if decimals:
            text = text.rstrip("0").rstrip(".")
        return text if self.thousands == "," else text.translate({44: self.thousands, 46: self.decimal})

    def share(self, value: float) -> str:
        """
        >>> from features.wording.english import ENGLISH
        >>> ENGLISH.share(0.256), ENGLISH.share(0.004), ENGLISH.share(0.0)
        ('26 %', 'less than 1 %', '0 %')
        """
        if 0 < value < 0.005:
            return self.say("share.least")
        return self.say("share", percent=self.number(100 * value))

    def points(self, share: float) -> str:
        """A share of probability in percentage points with its sign, as a change of a risk is written.

        >>> from features.wording.english import ENGLISH
        >>> ENGLISH.points(0.094), ENGLISH.points(-0.004), ENGLISH.points(0.0001)
        ('+9', '-0.4', '0')
        """
        percent = 100 * abs(share)
        text = self.number(percent, 0 if percent >= 0.95 else 1)
        return text if text == "0" else f"{'-' if share < 0 else '+'}{text}"

    def duration(self, days: float) -> str:
        """A length of time as people say it; its sign is left out.

        >>> from features.wording.english import ENGLISH
        >>> [ENGLISH.duration(days) for days in (0.02, 0.4, 1.0, -1.66, 5.4)]
        ['less than an hour', '10 hours', '1 day', '1.7 days', '5 days']
        """
        size = abs(days)
        hours = round(size * 24)
        if hours < 1:
            return self.say("duration.least")
        if hours < 24:
            return self.say("duration.hours", n=hours)
        rounded = round(size, 1 if size < 2.95 else 0)
        return self.say("duration.days", n=rounded, days=self.number(rounded, 1))

    def listed(self, names: list[str], most: int = 3) -> str:
        """
        >>> from features.wording.english import ENGLISH
        >>> ENGLISH.listed(["labels"]), ENGLISH.listed(["labels", "documents"]), ENGLISH.listed(list("abcde"))
        ('labels', 'labels and documents', 'a, b, c and 2 more')
        """
        shown = names[:most]
        if len(names) > most:
            shown = [*shown, self.say("list.more", n=len(names) - most)]
        if len(shown) < 2:
            return "".join(shown)
        return self.say("list.last", first=", ".join(shown[:-1]), last=shown[-1])


def at_a_word(text: str, most: int) -> str:
    """A text cut behind its last word that leaves room for the mark; within a word that is longer than half of it.

    >>> at_a_word("steel is missing", 12), at_a_word("a" * 9, 5)
    ('steel is…', 'aaaa…')
    """
    end = text.rfind(" ", 0, most)
    return text[: end if end >= most / 2 else most - 1].rstrip(" ,;:") + CUT


def at_a_clause(text: str, most: int) -> str:
    """A sentence cut behind its last clause that leaves room for the mark, at a word where that is its first one.

    >>> at_a_clause("steel is missing, due Fri 2 Jan; motor is missing too", 40)
    'steel is missing, due Fri 2 Jan…'
    """
    if len(text) <= most:
        return text
    end = max(text.rfind(mark, 0, most) for mark in (", ", "; "))
    return text[:end] + CUT if end > 0 else at_a_word(text, most)


def _less_detail(fact: str) -> str:
    """
    >>> _less_detail("hold H-1 (torn) stands since Mon 4 Mar, release expected Wed 6 Mar")
    'hold H-1 stands since Mon 4 Mar, release expected Wed 6 Mar'
    >>> _less_detail("hold H-1 stands since Mon 4 Mar, release expected Wed 6 Mar")
    'hold H-1 stands since Mon 4 Mar'
    """
    without = re.sub(r" \([^()]*\)", "", fact, count=1)
    if without != fact:
        return without
    at = max(fact.rfind(", "), fact.rfind("; "))
    return fact[:at] if at > 0 else fact


def _parts_of(text: str) -> list[Part]:
    """The template cut at its plural forms: (text, ()) or (number, forms)."""
    parts: list[Part] = []
    at = 0
    for found in PLURAL.finditer(text):
        parts += [(text[at : found.start()], ()), (found[1], tuple(found[2].split("|")))]
        at = found.end()
    return [*parts, (text[at:], ())]


def short(name: str) -> str:
    """A name as a sentence carries it, on one line and not too long.

    >>> short("a" * 50)[-3:]
    'aa…'
    """
    flat = " ".join(name.split())
    return flat if len(flat) <= LONGEST_NAME else at_a_word(flat, LONGEST_NAME)
