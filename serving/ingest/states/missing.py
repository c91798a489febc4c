"""An event that is missing: what it says, since when, what it replaces, and where the caller says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from features.errors import InvalidRequest
from features.events.schema import MICRO
from features.readiness.statements import KnownEvent
from features.times import isoformat
from serving.plant_time import date_of, moment_of
from serving.problems import InvalidBody

MOST = 1e300
"""Of a quantity: what has millionths that are a number."""


@dataclass(frozen=True)
class Origin:
    """Where in the caller's body an event comes from, as a JSON pointer.

    Attributes
    ----------
    fields : by column of the event, the caller's own name where it is another
    """

    pointer: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def of(self, column: str) -> str:
        """Where the caller states a column."""
        return f"{self.pointer}/{self.fields.get(column, column)}"


@dataclass(frozen=True)
class MissingEvent:
    """One event that is missing.

    Attributes
    ----------
    since : when what it says happened, microseconds
    replaces : the event whose statement it takes the place of
    given : the columns that the caller states; others follow from them
    """

    type: str
    data: dict[str, Any]
    replaces: KnownEvent | None
    since: int
    origin: Origin
    given: frozenset[str] = frozenset()

    @property
    def occurred(self) -> int:
        """What overrules a statement does not hold before it did; goods leave when they are said to."""
        overruled = self.replaces if self.type != "goods.issued" else None
        return max(self.since, overruled.effective) if overruled else self.since

    def pointer_of(self, place: str) -> str:
        """The caller's own field for a place in the event, both as JSON pointers."""
        if place == "/source":
            return place
        if place == "/subject":
            return ""
        if place == "/time":
            return self.origin.of("occurred_at") if "occurred_at" in self.given else "/time"
        column = place.removeprefix("/data/")
        return self.origin.of(column) if column in self.given else self.origin.pointer


@dataclass(frozen=True)
class StateTimes:
    """Moments of a state.

    Attributes
    ----------
    since : since when it is so, where nothing else is said, microseconds
    """

    since: int
    zone: str

    @classmethod
    def of(cls, time: str | None, now: int, zone: str) -> StateTimes:
        """Of a state that stood so at a time, now where none is given."""
        times = cls(now, zone)
        return cls(times.moment(time, "/time"), zone)

    def moment(self, text: str | None, pointer: str) -> int:
        """When something happened. Raises ``InvalidBody`` with the caller's field for what is no moment."""
        try:
            return self.since if text is None else moment_of(text, self.zone, end=False)
        except InvalidRequest as error:
            raise _wrong(error, pointer) from error

    def date(self, text: str | None, pointer: str) -> int | None:
        """What is promised, planned or expected; ``None`` where that stands for none."""
        try:
            return None if text is None else date_of(text, self.zone)
        except InvalidRequest as error:
            raise _wrong(error, pointer) from error


def _wrong(error: InvalidRequest, pointer: str) -> InvalidBody:
    return InvalidBody(f"{pointer}: {error}", [{"pointer": pointer, "detail": str(error)}])


def iso(moment: int | None) -> str | None:
    """A moment as events have it."""
    return None if moment is None else isoformat(moment)


def millionths(quantity: float | None) -> int | None:
    """A quantity as histories have it; one beyond all bounds is as much as a number can be, and refused as an event."""
    return None if quantity is None else round(max(-MOST, min(quantity, MOST)) * MICRO)


def differs(before: KnownEvent | None, values: Mapping[str, Any], *columns: str) -> bool:
    """Whether the values say something else than an event; what they leave out, they do not deny."""
    known = {"date": iso(before.date), "quantity": before.quantity} if before else {"date": None, "quantity": None}
    now = {**values, "quantity": millionths(values.get("quantity"))}
    return any(now[name] is not None and now[name] != known.get(name, getattr(before, name, None)) for name in columns)
