"""The worklist's address: filters and sort as a reader bookmarks them, and the question that they ask.

Names are those of ``GET /v1/orders``. Three more are relative, so that a saved view means the same tomorrow: ``within``
(due in so many days), ``changed`` (something was recorded in the last so many days) and ``mine``; and ``nobody`` asks
for what nobody owns, as an empty field of a form asks for nothing. A search looks among late and snoozed orders too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from pydantic import ValidationError

from features.errors import InvalidRequest
from serving.contract.members import fault_detail
from serving.contract.orders import WorklistParams
from serving.pages.blockers import word_of
from serving.pages.locale.texts import gettext, message
from serving.pages.wording import PlantClock, days, percent
from serving.principal import Caller

Pairs = Sequence[tuple[str, str]]
LISTS = ("state", "plant", "customer", "item", "owner", "blocker")
RELATIVE = ("within", "changed", "mine", "nobody")
APART_FROM_LATE, EVERY_STATE = ("open", "unpromised"), ("open", "late", "unpromised")
"""States of the list itself, as late orders stand apart, above it or alone; and of what a search finds."""
PLACE = ("cursor", "before")
"""Where in the list one is and which pages lie before, which is no part of what is asked."""
FIRST_PAGE, MOST_BEFORE = "first", 12
"""So many pages back the address leads; from there the first page is near."""
MOST_DAYS = 3650
ROWS = 40
"""Orders of a page: with style and scripts less than 150 kB."""


class Chip(NamedTuple):
    """A filter in words, and the address without it."""

    text: str
    without: str


MOST_OF_NAME = 80
"""Characters of a file's name before the day."""


@dataclass(frozen=True)
class Address:
    """What stands in the worklist's address, without what is empty."""

    pairs: Pairs

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Address:
        """From the parameters of a request."""
        return cls(tuple((name, value.strip()) for name, value in pairs if value.strip()))

    def all(self, name: str) -> list[str]:
        """Every value of a name."""
        return [value for own, value in self.pairs if own == name]

    def get(self, name: str, default: str = "") -> str:
        """The last value of a name."""
        return next(iter(self.all(name)[::-1]), default)

    def with_(self, **changed: str | None) -> str:
        """An address in which some names have another value, or none; it begins at the first page."""
        rest = [(name, value) for name, value in self.pairs if name not in {*changed, *PLACE}]
        return _path([*rest, *((name, value) for name, value in changed.items() if value)])

    def without(self, name: str, value: str) -> str:
        """An address without one of its filters."""
        return _path([pair for pair in self.pairs if pair != (name, value) and pair[0] not in PLACE])

    def instead(self, name: str, value: str, other: str) -> str:
        """An address in which one of its filters has another value."""
        swapped = [(name, other) if pair == (name, value) else pair for pair in self._asked]
        return _path(dict.fromkeys(swapped))

    def page_after(self, cursor: str) -> str:
        """The address of the next page, which leads back to this one."""
        before = [*self.all("before"), self.get("cursor", FIRST_PAGE)][-MOST_BEFORE:]
        return _path([*self._asked, *(("before", one) for one in before), ("cursor", cursor)])

    @property
    def page_before(self) -> str:
        """The address of the page before; empty where it is not known."""
        *earlier, last = self.all("before") or [""]
        if last in ("", FIRST_PAGE):
            return self.with_() if last else ""
        return _path([*self._asked, *(("before", one) for one in earlier), ("cursor", last)])

    @property
    def _asked(self) -> list[tuple[str, str]]:
        return [pair for pair in self.pairs if pair[0] not in PLACE]

    @property
    def query(self) -> str:
        """What is asked, as a view keeps it."""
        return urlencode(self._asked)

    def chips(self, clock: PlantClock) -> list[Chip]:
        """The filters in words, days as sentences say them."""
        return [
            Chip(text, self.without(name, value))
            for name, value in self.pairs
            if (text := _in_words(name, value, clock)) is not None
        ]

    def file_name(self, view: str, clock: PlantClock) -> str:
        """What a file of the list is called: the name of the saved view it is, or its filters, in ASCII."""
        words = view or " ".join([*self.all("state"), *(chip.text for chip in self.chips(clock))])
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        return "-".join(["worklist", *re.findall(r"[a-z0-9]+", plain)])[:MOST_OF_NAME].rstrip("-")

    def params(self, caller: Caller, clock: PlantClock, **fixed: Any) -> WorklistParams:
        """The question, as the API takes it. Raises ``InvalidRequest`` that says what is wrong with the address."""
        asked: dict[str, Any] = {"limit": ROWS, "state": list(EVERY_STATE if self.get("search") else APART_FROM_LATE)}
        asked |= {"snoozed": "include"} if self.get("search") else {}
        for name, value in self.pairs:
            if name in LISTS:
                asked[name] = self.all(name)
            elif name not in (*RELATIVE, "before"):
                asked[name] = value
        try:
            return WorklistParams.model_validate(asked | self._relative(caller, clock) | fixed)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                must = gettext(
                    "the address must ask for filters of the worklist alone, got %(name)r, which is none", name=where
                )
                raise InvalidRequest(must) from error
            fault = fault_detail(first["msg"])
            must = gettext("the address must be one of the worklist, got %(name)s: %(fault)s", name=where, fault=fault)
            raise InvalidRequest(must) from error

    def _relative(self, caller: Caller, clock: PlantClock) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        if days := self.get("within"):
            asked["due_to"] = clock.ahead(_days(days))
        if days := self.get("changed"):
            asked["recorded_from"] = clock.ahead(-_days(days))
        whose = [name for word, name in (("mine", caller.name), ("nobody", "")) if self.get(word)]
        if whose:
            asked["owner"] = [*self.all("owner"), *whose]
        return asked


def _path(pairs: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(pairs))
    return f"/?{query}" if query else "/?all=1"


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_DAYS:
        raise InvalidRequest(
            gettext("a number of days must be at most %(most)s, got %(text)r", most=MOST_DAYS, text=text[:20])
        )
    return int(text)


SAID: Mapping[str, str] = {
    "plant": message("Plant %(value)s"),
    "customer": message("Customer %(value)s"),
    "item": message("Item %(value)s"),
    "owner": message("Owner %(value)s"),
    "search": message("“%(value)s”"),
    "min_days_late": message("Expected %(value)s late or more"),
    "within": message("Due within %(value)s"),
    "changed": message("Recorded in the last %(value)s"),
}
MOMENTS: Mapping[str, str] = {
    "due_from": message("Due from %(day)s"),
    "due_to": message("Due by %(day)s"),
    "recorded_from": message("Recorded since %(day)s"),
    "ships_after": message("Ships from %(day)s"),
    "ships_before": message("Ships by %(day)s"),
}
"""Filters whose value is a day or a moment."""
IN_DAYS = ("min_days_late", "within", "changed")
"""Filters whose value is a number of days."""
SWITCHES: Mapping[tuple[str, str], str] = {
    ("snoozed", "only"): message("Snoozed"),
    ("snoozed", "include"): message("With snoozed ones"),
    ("snoozed", "exclude"): message("Without snoozed ones"),
    ("mine", "1"): message("Mine"),
    ("nobody", "1"): message("Nobody's"),
    ("changed", "1"): message("Recorded since yesterday"),
}


def _in_words(name: str, value: str, clock: PlantClock) -> str | None:
    """A filter in words, ``None`` for what is none, or is shown elsewhere."""
    if (name, value) in SWITCHES:
        return gettext(SWITCHES[name, value])
    if name == "blocker":
        return gettext("In the way: %(kind)s", kind=word_of(value))
    if name in MOMENTS:
        return gettext(MOMENTS[name], day=_day_in_words(value, clock))
    if name in SAID:
        return gettext(SAID[name], value=days(int(value)) if name in IN_DAYS and value.isdigit() else value)
    if name in ("risk_min", "risk_max") and value.replace(".", "", 1).isdigit():
        risk = percent(float(value))
        return gettext("Risk ≥ %(risk)s", risk=risk) if name == "risk_min" else gettext("Risk ≤ %(risk)s", risk=risk)
    return None


def _day_in_words(text: str, clock: PlantClock) -> str:
    """A day or a moment of an address in words; as it stands where it is neither."""
    try:
        return clock.day_of(text) if len(text) == len("2015-03-02") else clock.time(text)
    except (ValueError, InvalidRequest):
        return text
