"""An event as plain values: moments are integer microseconds, quantities integer millionths, so that sums are exact."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from features.events.schema import COLUMNS, MICRO, MOMENT, NUMBER, WHOLE
from features.times import DAY, micros

NAN = float("nan")
WHOLE_ORDER = None
UNNAMED = ""
"""The line that was created without an id; it stands before the named ones."""


@dataclass(frozen=True)
class Event:
    """One row of the event table; what it does not say is None."""

    event_id: str
    source: str
    type: str
    order_id: str
    line_id: str | None
    occurred_at: int
    recorded_at: int
    quantity: int | None
    date: int | None
    kind: str | None
    state: str | None
    reference: str | None
    reason: str | None
    actor: str | None
    customer: str | None
    item: str | None
    plant: str | None
    work_center: str | None
    route: str | None
    value: int | None
    sequence: int | None
    tolerance: int | None

    @property
    def line(self) -> str | None:
        """The line it speaks of, ``WHOLE_ORDER`` for all of them."""
        if self.line_id is None and self.type == "order_line.created":
            return UNNAMED
        return self.line_id

    @property
    def stands_from(self) -> int:
        """When what it states begins to stand: when it happened, or when it was recorded if that was earlier."""
        return min(self.occurred_at, self.recorded_at)


Events = tuple[Event, ...]


def orders_of(table: pd.DataFrame) -> dict[str, Events]:
    """The events of each order of a validated table, in the order in which they were known."""
    rows = [_event({name: _plain(name, row[name]) for name in COLUMNS}) for row in table.to_dict("records")]
    rows.sort(key=_place)
    return {order: tuple(e for e in rows if e.order_id == order) for order in sorted({e.order_id for e in rows})}


BEGINS_FIRST = [
    "created", "reopened", "changed", "requested", "commitment.changed", "placed", "hold.released",
    "production.released", "rescheduled", "short", "available", "partial", "confirmed", "scrapped", "reworked", "final",
    "failed", "passed", "not_met", "met", "delivery.planned", "goods.issued", "goods.returned", "decision.recorded",
    "closed",
]  # fmt: skip
"""What is said of one moment: an order begins before it changes, a thing before it ends, closing is last."""


def _event(values: dict[str, Any]) -> Event:
    """An instalment is a line of its own."""
    instalment = values.pop("instalment")
    if instalment is not None and values["line_id"] is not None:
        values["line_id"] += "/" + instalment
    return Event(**values)


def _place(event: Event) -> tuple[Any, ...]:
    """Both clocks, the source's own order, what begins first, the source, the id with its numbers as numbers."""
    sequence = -math.inf if event.sequence is None else event.sequence
    reverses = event.quantity is not None and event.quantity < 0
    return (
        event.recorded_at,
        event.occurred_at,
        sequence,
        _turn(event),
        reverses,
        event.source,
        *_natural(event.event_id),
    )


def _turn(event: Event) -> int:
    if event.type in ("material.stated", "inspection.recorded", "readiness.stated"):
        return BEGINS_FIRST.index(str(event.state))
    if event.type == "operation.confirmed" and event.state is not None:
        return BEGINS_FIRST.index(event.state)
    if event.type == "order_line.changed":
        return BEGINS_FIRST.index("changed")
    short = event.type.partition(".")[2]
    return BEGINS_FIRST.index(event.type if event.type in BEGINS_FIRST else short)


def _natural(text: str) -> tuple[list[Any], str]:
    return [int(part) if part.isdecimal() else part for part in re.split("([0-9]+)", text)], text


def _plain(name: str, value: Any) -> Any:
    if pd.isna(value):
        return None
    if COLUMNS[name] == MOMENT:
        return micros(value)
    if COLUMNS[name] == WHOLE:
        return int(value)
    return round(value * MICRO) if COLUMNS[name] == NUMBER else value


def of_instalments(events: Events, *lines: str) -> Events:
    """What names a line of which only instalments are known is about each of these, and of ``lines``, as well."""
    spoken_of = {*lines, *(event.line_id for event in events if event.line_id is not None)}
    names = sorted(name for name in spoken_of if "/" in name)
    created: set[str | None] = set()
    found = []
    for event in events:
        found.append(event)
        if event.type == "order_line.created":
            created.add(event.line)
        elif event.line_id is not None and event.line_id not in created:
            own = [name for name in names if name.rpartition("/")[0] == event.line_id]
            found += [replace(event, line_id=name) for name in own]
    return tuple(found)


def known_by(events: Events, moment: int) -> Events:
    """What was recorded by a moment."""
    return tuple(event for event in events if event.recorded_at <= moment)


def prefixes(events: Events) -> list[Events]:
    """What was known after the first event, after the second, and so on."""
    return [events[: n + 1] for n in range(len(events))]


def latest_word(events: Events, dimension: str) -> str | None:
    """The last customer, item, plant, ... that an event names."""
    words = [getattr(event, dimension) for event in events]
    return next((word for word in reversed(words) if word is not None), None)


def words(events: Events, dimension: str) -> set[str]:
    """Every customer, item, plant, ... that an event names."""
    return {getattr(event, dimension) for event in events} - {None}


def days_between(early: int | None, late: int | None) -> float:
    """Days from one moment to another, NaN where one is missing."""
    return NAN if early is None or late is None else (late - early) / DAY


def share(part: float, whole: float) -> float:
    """Part of a whole; of nothing it is NaN."""
    return part / whole if whole > 0 else NAN
