"""An order at a moment: its known events, and the morning of that day with all orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from features.events.schema import MICRO
from features.times import DAY, PlantCalendar
from tests.naive import commitments
from tests.naive.commitments import Line
from tests.naive.events import NAN, Event, Events, days_between, known_by
from tests.naive.lines import open_lines
from tests.naive.others import Morning, Records
from tests.naive.plans import dates_in_force, latest_date, truck_plans, work_plans


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of an order at ``as_of``; ``history`` is all that is ever recorded of it."""

    records: Records
    history: Events
    as_of: int
    morning: Morning

    @classmethod
    def of(cls, records: Records, order: str, as_of: int) -> Seen:
        return cls(records, records.orders[order], as_of, records.morning(as_of))

    @cached_property
    def events(self) -> Events:
        return known_by(self.history, self.as_of)

    @property
    def calendar(self) -> PlantCalendar:
        return self.records.calendar

    def all(self, *types: str, **words: str) -> list[Event]:
        """Known events of some types that say some words."""
        found = [event for event in self.events if event.type in types]
        return [event for event in found if all(getattr(event, column) == word for column, word in words.items())]

    def last(self, days: int, *types: str) -> list[Event]:
        """The same, recorded in the last days."""
        return [event for event in self.all(*types) if event.recorded_at > self.as_of - days * DAY]

    def days_ago(self, days: int) -> Seen:
        """The order as it was seen some days before."""
        return Seen(self.records, self.history, self.as_of - days * DAY, self.morning)

    def days_since(self, moment: int) -> float:
        return (self.as_of - moment) / DAY

    @cached_property
    def lines(self) -> list[Line]:
        """Lines that are known and not cancelled."""
        return [line for line in commitments.lines_after(self.events) if line.counts]

    @cached_property
    def open_lines(self) -> list[Line]:
        return open_lines(self.events)

    @cached_property
    def due(self) -> int | None:
        return commitments.due(self.events)

    @cached_property
    def ordered(self) -> float:
        """Units of the lines."""
        return commitments.ordered(self.events) / MICRO

    @cached_property
    def planned_end(self) -> int | None:
        return latest_date(dates_in_force(work_plans(self.events)).values())

    @cached_property
    def last_truck(self) -> int | None:
        """The last of the trucks that have not left."""
        trucks = dates_in_force(truck_plans(self.events)).values()
        return latest_date(truck for truck in trucks if truck.date is not None and truck.date >= self.as_of)

    def promise_for(self, event: Event) -> int | None:
        """The promise that what an event states must meet: of its line, or of the instalments of one not known."""
        lines = [line for line in self.open_lines if self.is_for(event, line)]
        return min((line.promise for line in lines if line.promise is not None), default=None)

    def is_for(self, event: Event, line: Line) -> bool:
        """Whether what an event states is for a line: the order's, its own, or that of all instalments of a line."""
        name = event.line_id
        if name is None or line.id == name:
            return True
        known = {other.id for other in commitments.lines_after(self.events) if other.known}
        return name not in known and _is_of(line, name)

    def tightest(self, stated: Iterable[Event]) -> float:
        """Days from each date to the promise of the line it is for, the fewest of them."""
        days = [days_between(event.date, self.promise_for(event)) for event in stated]
        return min((slack for slack in days if slack == slack), default=NAN)


def _is_of(line: Line, name: str) -> bool:
    """Whether a line is an instalment of the line that has a name."""
    return "/" in line.id and line.id.rpartition("/")[0] == name


def units(events: list[Event]) -> float:
    """The sum of the quantities that are given."""
    return sum(event.quantity for event in events if event.quantity is not None) / MICRO
