"""What became of an order, as it was believed over time: the rule of ``docs/events.md`` followed event by event.

An order is judged once, against the promises of seven days before it fell due.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from features.times import DAY
from tests.naive.commitments import Issue, Line, blank_book, due, enough, lines_after, order_is_open, status, tell
from tests.naive.events import Event, Events

GRACE = 2 * DAY
NOTICE = 7 * DAY


@dataclass(frozen=True)
class Judged:
    """The moment whose promises an order is held to, and how many of its events were known then."""

    at: int
    known: int


@dataclass(frozen=True)
class Belief:
    """What the records say became of an order from a moment on; None while they do not settle it."""

    known_at: int
    outcome: str | None


def judged(events: Events) -> Judged | None:
    """The first moment an order is open, not late and due within seven days, or the last before it is not open."""
    for n in range(1, len(events) + 1):
        promise, recorded_at = due(events[:n]), events[n - 1].recorded_at
        if promise is None or promise < recorded_at or status(events[:n]) == "unpromised":
            continue
        moment = max(recorded_at, promise - NOTICE)
        if n == len(events) or moment < events[n].recorded_at:
            return Judged(moment, n)
        if not order_is_open(events[: n + 1]):
            return Judged(recorded_at, n)
    return None


@dataclass
class Held:
    """A line held to its promise.

    ``quantity`` is the one in force at the promise; ``full_at`` is the last issue in time when the line was first found
    in full.
    """

    promise: int | None
    quantity: int = 0
    cancelled: bool = False
    full_at: int | None = None
    said: dict[str, int] = field(default_factory=dict)

    def hear(self, event: Event, line: Line) -> None:
        """What is said of the line and counts; nothing that happened before the latest that is known."""
        about = "closed" if event.type in ("order_line.closed", "order_line.reopened") else "quantity"
        if event.stands_from >= self.said.get(about, event.stands_from):
            self.said[about] = event.stands_from
            if about == "closed":
                self.cancelled = event.type == "order_line.closed" and event.reason == "cancelled"
            elif event.quantity is not None:
                self.quantity = event.quantity if event.line in (None, line.id) else line.ordered
        if event.type == "order_line.created" and line.closed is None:
            self.cancelled = False

    def in_time(self, line: Line) -> list[Issue]:
        """What left by the promise."""
        promise = -1 if self.promise is None else self.promise
        return [issue for issue in line.issues if issue.at <= promise and issue.quantity > 0]

    def wanted(self, line: Line) -> int:
        """The quantity in force, or what shipped where that is accepted as all of it."""
        return min(self.quantity, line.issued) if line.closed == "complete" else self.quantity

    def leaves_order(self, line: Line) -> bool:
        return self.cancelled or (self.wanted(line) <= 0 and not self.in_time(line))

    def is_full(self, line: Line) -> bool:
        return enough(sum(issue.quantity for issue in self.in_time(line)), self.wanted(line))

    def look(self, line: Line) -> None:
        """Note whether it is in full."""
        if not self.is_full(line):
            self.full_at = None
        elif self.full_at is None:
            self.full_at = max((issue.at for issue in self.in_time(line)), default=None)


SAYS = ("order_line.created", "order_line.changed", "order_line.closed", "order_line.reopened")


def beliefs(events: Events) -> list[Belief]:
    """What was believed of an order, from when: empty if it was never open in time."""
    judgement = judged(events)
    if judgement is None:
        return []
    told: list[Belief] = []
    for n, (outcome, moment) in enumerate(_verdicts(events, judgement.known), judgement.known):
        recorded_at = events[n - 1].recorded_at
        believed = told[-1].outcome if told else None
        if outcome == believed:
            continue
        if believed is not None and moment > recorded_at:
            told.append(Belief(recorded_at, None))
        if n == len(events) or moment < events[n].recorded_at:
            told.append(Belief(moment, outcome))
    return [Belief(max(belief.known_at, judgement.at), belief.outcome) for belief in told]


def _verdicts(events: Events, known: int) -> list[tuple[str | None, int]]:
    """The outcome by the records, and when it is settled, after each event from the last one known on."""
    lines = [line for line in lines_after(events[:known]) if line.known]
    held = {line.id: Held(line.promise) for line in lines}
    book, verdicts = blank_book(events), []
    for n, event in enumerate(events, 1):
        about = book.of(event.line)
        tell(book, event)
        for line in about:
            if event.type not in SAYS or line.id not in held:
                continue
            if event.type == "order_line.created" and line.id != event.line:
                continue
            promise = held[line.id].promise
            if n <= known or promise is None or event.occurred_at <= promise:
                held[line.id].hear(event, line)
        if n >= known:
            pairs = [(held[line.id], line) for line in book.lines if line.id in held]
            verdicts.append(_verdict(pairs, event.recorded_at))
    return verdicts


def _verdict(pairs: list[tuple[Held, Line]], recorded_at: int) -> tuple[str | None, int]:
    left = [(held, line) for held, line in pairs if not held.leaves_order(line)]
    pairs = [(held, line) for held, line in left if held.promise is not None]
    for held, line in pairs:
        held.look(line)
    if not left:
        return "cancelled", recorded_at
    if len(pairs) < len(left) and all(held.is_full(line) for held, line in pairs):
        return None, recorded_at
    if all(held.is_full(line) for held, line in pairs):
        shipped = [held.full_at + GRACE for held, _ in pairs if held.full_at is not None]
        return "on_time_in_full", max([recorded_at, *shipped])
    some = any(held.in_time(line) for held, line in pairs)
    return "partial" if some else "missed", max(recorded_at, *((held.promise or 0) + GRACE for held, _ in pairs))
