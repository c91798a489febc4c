"""What all orders tell, as it was known at the start of a day: load, items, work centres, track record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from features.times import DAY, PlantCalendar
from tests.naive.commitments import Line, lines_after, order_is_open
from tests.naive.events import NAN, Event, Events, days_between, known_by, of_instalments, prefixes, words
from tests.naive.lines import has_begun, open_lines, operations_of_line, stage
from tests.naive.outcomes import Belief, beliefs, judged
from tests.naive.standing import word

RECENT_DAYS = 180
FAILED = ("missed", "partial")
JUDGED = ("on_time_in_full", *FAILED)
LINES_WORTH = 5
"""How many lines the mean of all items counts for in the mean of one."""
SELDOM_WORTH = 20
"""The same for what happens seldom."""


@dataclass(frozen=True)
class Left:
    """A line that left in full, known from ``at``: operations finished, days since its creation.

    By stage: days until it left, days until its last operation was finished, inspections that failed from then on.
    """

    at: int
    item: str
    operations: int
    lead: float
    stages: dict[int, float]
    work: dict[int, float]
    failures: dict[int, int]


@dataclass(frozen=True)
class Wait:
    """A component that came, or a hold that was released, known from ``at``, and the days it took."""

    at: int
    word: str
    days: float


@dataclass(frozen=True)
class Transition:
    """A line of an item went on from a work centre ("" before its first) to the next, known from ``at``."""

    at: int
    item: str
    before: str
    after: str


@dataclass(frozen=True)
class Place:
    """Where an open line is: at a work centre, after one, or before its first."""

    word: str
    work_center: str


@dataclass(frozen=True)
class Verdict:
    """An order that was judged, with the events known when it was, and what was believed of it since when."""

    known: Events
    told: list[Belief]


@dataclass(frozen=True, eq=False)
class Records:
    """The events of every order. They are complete until ``known_until``; silence after it means nothing.

    Where nobody vouches for that, they are complete until the morning after the latest record by then.
    """

    orders: dict[str, Events]
    calendar: PlantCalendar
    known_until: int | None
    _mornings: dict[int, Morning] = field(default_factory=dict)

    def morning(self, as_of: int) -> Morning:
        """The start of the day of a moment, but not of a later day than that on which the records end."""
        start = start_of_day(self.calendar, min(as_of, self._end(as_of)))
        return self._mornings.setdefault(start, Morning(self, start))

    def _end(self, as_of: int) -> int:
        if self.known_until is not None:
            return self.known_until + 1
        known = [event.recorded_at for events in self.orders.values() for event in known_by(events, as_of)]
        return start_of_day(self.calendar, max(known)) + DAY + DAY // 2 if known else as_of

    @cached_property
    def left(self) -> list[Left]:
        lines = [(events, line.id) for events in self.orders.values() for line in lines_after(events)]
        found = [line_that_left(events, line) for events, line in lines]
        return [left for left in found if left is not None]

    @cached_property
    def components(self) -> list[Wait]:
        """Days from the date that was stated last to the arrival."""
        stated = [pair for e in self.orders.values() for pair in ended(e, "material.stated", "short", "available")]
        return [
            Wait(end.recorded_at, begin.reference, (end.recorded_at - begin.date) / DAY)
            for begin, end in stated
            if begin.date is not None and begin.reference is not None
        ]

    @cached_property
    def holds(self) -> list[Wait]:
        stated = [pair for e in self.orders.values() for pair in ended(e, "hold", "hold.placed", "hold.released")]
        return [Wait(e.recorded_at, str(b.kind), (e.recorded_at - b.recorded_at) / DAY) for b, e in stated]

    @cached_property
    def transitions(self) -> list[Transition]:
        lines = [(events, line.id) for events in self.orders.values() for line in lines_after(events)]
        return [transition for events, line in lines for transition in transitions_of(events, line)]

    @cached_property
    def verdicts(self) -> list[Verdict]:
        found = [(events, judged(events), beliefs(events)) for events in self.orders.values()]
        return [Verdict(known_by(events, at.at), told) for events, at, told in found if at is not None and told]


@dataclass(frozen=True, eq=False)
class Morning:
    """What was recorded of all orders by the start of a day."""

    records: Records
    start: int

    @cached_property
    def orders(self) -> list[Events]:
        return [known_by(events, self.start) for events in self.records.orders.values()]

    @cached_property
    def open_orders(self) -> list[Events]:
        return [events for events in self.orders if order_is_open(events)]

    @cached_property
    def open_lines(self) -> list[tuple[Events, Line]]:
        """Every open line with the events of its order."""
        return [(events, line) for events in self.open_orders for line in open_lines(events)]

    # -- items ----------------------------------------------------------------------------------------------

    @cached_property
    def left(self) -> list[Left]:
        return [left for left in self.records.left if left.at <= self.start]

    def usual_operations(self, item: str | None) -> float:
        """Finished operations with which a line of the item leaves."""
        return self._usual(item, lambda left: left.operations)

    def usual_lead(self, item: str | None) -> float:
        """Days from the creation of a line of the item until it leaves."""
        return self._usual(item, lambda left: left.lead)

    def usual_days(self, item: str | None, finished: int) -> float:
        """Days from when a line of the item came to a stage until it leaves."""
        return self._usual(item, lambda left: left.stages.get(finished))

    def usual_work_days(self, item: str | None, finished: int) -> float:
        """Days from when a line of the item came to a stage until its last operation was finished."""
        return self._usual(item, lambda left: left.work.get(finished))

    def usual_failures(self, item: str | None, finished: int) -> float:
        """Inspections that a line of the item failed with so many operations finished or more."""
        return self._usual(item, lambda left: left.failures.get(finished), SELDOM_WORTH)

    def _usual(self, item: str | None, figure: Callable[[Left], float | None], worth: int = LINES_WORTH) -> float:
        """The mean of an item's lines, shrunk towards that of all lines; NaN without an item or without lines."""
        told = [(left.item, value) for left in self.left if (value := figure(left)) is not None]
        return NAN if item is None else shrunk(told, item, worth)

    # -- waits ----------------------------------------------------------------------------------------------

    def usual_delay(self, component: str | None) -> float:
        """Days after the date stated last that a component came; 0 if none has come yet."""
        waits = [(wait.word, wait.days) for wait in self.records.components if wait.at <= self.start]
        return shrunk(waits, component, SELDOM_WORTH) if waits else 0.0

    def usual_hold(self, kind: str) -> float:
        """Days that holds of a kind stood."""
        return shrunk([(w.word, w.days) for w in self.records.holds if w.at <= self.start], kind, LINES_WORTH)

    # -- work centres ---------------------------------------------------------------------------------------

    def next_after(self, item: str | None, work_center: str) -> str | None:
        """Where lines of an item mostly went from there; among equals the first by the alphabet."""
        known = [t for t in self.records.transitions if t.at <= self.start]
        times = Counter(t.after for t in known if (t.item, t.before) == (item, work_center))
        return min(times, key=lambda name: (-times[name], name), default=None)

    def next_work_center(self, events: Events, line: Line) -> str | None:
        """The work centre at which an open line is, or to which it goes next."""
        place = place_of(events, line.id)
        if place is None:
            return None
        return place.work_center if place.word == "at" else self.next_after(line.item, place.work_center)

    def queue(self, work_center: str) -> int:
        """Open lines at a work centre or going there next."""
        return sum(self.next_work_center(events, line) == work_center for events, line in self.open_lines)

    # -- track record ---------------------------------------------------------------------------------------

    def outcomes(self, dimension: str | None = None, name: str | None = None, recent: bool = False) -> list[str]:
        """What was believed of the judged orders, or of those that named a customer, item, ... by then."""
        chosen = [v for v in self.records.verdicts if dimension is None or name in words(v.known, dimension)]
        believed = [self._believed(v) for v in chosen if not recent or self._is_recent(v)]
        return [outcome for outcome in believed if outcome in JUDGED]

    def _believed(self, verdict: Verdict) -> str:
        told = [belief.outcome for belief in verdict.told if belief.known_at <= self.start]
        return (told[-1] if told else None) or "unsettled"

    def _is_recent(self, verdict: Verdict) -> bool:
        """Whether the first belief about it became known in the last 180 days, counted in mornings."""
        calendar = self.records.calendar
        return day_of(calendar, self.start) < day_of(calendar, verdict.told[0].known_at - 1) + 1 + RECENT_DAYS


def shrunk(told: list[tuple[str, float]], word: str | None, worth: int) -> float:
    """The mean of what is told of a word, shrunk towards the mean of all; NaN if nothing is told."""
    if not told:
        return NAN
    mean = sum(value for _, value in told) / len(told)
    own = [value for name, value in told if name == word]
    return (sum(own) + worth * mean) / (len(own) + worth)


def ended(events: Events, of: str, begins: str, ends: str) -> list[tuple[Event, Event]]:
    """Statements of one thing that follow each other, the first of which begins and the second ends it.

    Components are things of a line, or of the whole order where none is named; a hold is the same whatever its line.
    """
    told: dict[object, list[Event]] = {}
    for event in events:
        if event.type.startswith(of) and begins_or_ends(event) in (begins, ends):
            key = (event.line_id if of == "material.stated" else None, word(event, "reference"))
            told.setdefault(key, []).append(event)
    pairs = [pair for statements in told.values() for pair in pairwise(statements)]
    return [(a, b) for a, b in pairs if begins_or_ends(a) == begins and begins_or_ends(b) == ends]


def begins_or_ends(event: Event) -> str | None:
    """A hold says by its type that it is placed or released, a component by its state that it is short or there."""
    return event.type if event.type.startswith("hold.") else event.state


def day_of(calendar: PlantCalendar, moment: int) -> int:
    """Days since 1970-01-01 on the plant's calendar."""
    return int(calendar.day(moment))  # type: ignore[arg-type]


def start_of_day(calendar: PlantCalendar, moment: int) -> int:
    """The start of the plant's day in which a moment lies."""
    return int(calendar.starts_of(calendar.day(moment)))  # type: ignore[arg-type]


def week_of(calendar: PlantCalendar, moment: int) -> int:
    """Weeks since the Monday before 1970-01-01, which was a Thursday."""
    return (day_of(calendar, moment) + 3) // 7


def line_of(events: Events, name: str) -> Line:
    """One line as it stands after some events; one they do not speak of is not known."""
    return next((line for line in lines_after(events) if line.id == name), Line(name))


def line_that_left(events: Events, name: str) -> Left | None:
    """The first time a line was in full; what it learned from then on does not count. None without an item."""
    for known in prefixes(events):
        line = line_of(known, name)
        if line.counts and line.ordered > 0 and line.in_full:
            return _left(known, line)
    return None


def _left(known: Events, line: Line) -> Left | None:
    at = known[-1].recorded_at
    if line.item is None:
        return None
    since: dict[int, int] = {}
    for before in prefixes(known[:-1]):
        if line_of(before, line.id).known:
            reached = stage(before, line.id)
            since[reached.number] = reached.since
    now = stage(known, line.id)
    if now.number in since:
        since[now.number] = now.since
    return Left(
        at,
        line.item,
        now.finished,
        days_between(line.first_created_at, at),
        {reached: (at - moment) / DAY for reached, moment in since.items()},
        {reached: _work(known, line, moment) for reached, moment in since.items()},
        {reached: _failures(known, line, reached) for reached in since},
    )


def _work(known: Events, line: Line, moment: int) -> float:
    """Days from a moment to the last change of the line's finished operations; 0 where there was none."""
    changes = [
        now[-1].recorded_at
        for before, now in pairwise([[], *prefixes(known)])
        if operations_of_line(before, line.id) != operations_of_line(now, line.id)
    ]
    return max(changes[-1] - moment, 0) / DAY if changes else 0.0


def _failures(known: Events, line: Line, reached: int) -> int:
    """Failed inspections of the line at a stage or a later one."""
    whole = of_instalments(known)
    return sum(
        now[-1].type == "inspection.recorded" and now[-1].state == "failed" and now[-1].line_id == line.id
        and stage_number(now, line.id) >= reached
        for now in prefixes(whole)
    )  # fmt: skip


def stage_number(events: Events, line: str) -> int:
    """The stage of a line, before it is created too."""
    return operations_of_line(events, line) + 1 if has_begun(events, line) else 0


def place_of(events: Events, line: str) -> Place | None:
    """By the latest confirmation of the line itself; before its first it has a place once it is released."""
    confirmations = bookings(events, line)
    if not any(e.work_center for e in confirmations):
        released = any(e.type == "production.released" and e.line_id == line for e in of_instalments(events))
        return Place("before", "") if released else None
    latest = confirmations[-1]
    if latest.work_center is None:
        return None
    return Place("after" if latest.state == "final" else "at", latest.work_center)


def bookings(events: Events, line: str) -> list[Event]:
    """The confirmations of a line, without those that happened before one that was known already."""
    found: list[Event] = []
    for event in of_instalments(events):
        own = event.type == "operation.confirmed" and event.line_id == line
        if own and (not found or event.stands_from >= found[-1].stands_from):
            found.append(event)
    return found


def transitions_of(events: Events, line: str) -> list[Transition]:
    """Each confirmation of the line that names another work centre than the one before; without an item none."""
    found, before = [], ""
    for known in prefixes(events):
        event, item = known[-1], line_of(known, line).item
        latest = bookings(known, line)[-1:]
        if not latest or latest[0].event_id != event.event_id or latest[0].source != event.source:
            continue
        if event.work_center in (None, before):
            continue
        if item is not None and event.work_center is not None:
            found.append(Transition(event.recorded_at, item, before, event.work_center))
        before = event.work_center or before
    return found
