"""What became of an order, as it was believed over time: the rule of ``docs/events.md`` followed event by event.

An order is judged once, against the promises of seven days before it fell due.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.times import DAY
from tests.naive.commitments import Line, blank_lines, due, lines_after, order_is_open, tell
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
        if promise is None or promise < recorded_at:
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

    ``quantity`` is the one in force at the promise, ``in_time`` what left the dock by then, the last of it at
    ``last_issue``; ``full_at`` is the last issue in time when the line was first found in full.
    """

    promise: int
    quantity: int = 0
    in_time: int = 0
    cancelled: bool = False
    last_issue: int | None = None
    full_at: int | None = None

    def issue(self, quantity: int, at: int) -> None:
        """Goods left the dock, or came back: it counts up to the promise."""
        if quantity != 0 and at <= self.promise:
            self.in_time += quantity
            self.last_issue = at if self.last_issue is None else max(self.last_issue, at)

    def hear(self, event: Event) -> None:
        """What is said of the line and counts."""
        if event.type == "order_line.closed":
            self.cancelled = event.reason == "cancelled"
        elif event.quantity is not None:
            self.quantity = event.quantity

    def look(self) -> None:
        """Note whether it is in full."""
        if self.in_time < self.quantity:
            self.full_at = None
        elif self.full_at is None:
            self.full_at = self.last_issue


SAYS = ("order_line.created", "order_line.changed", "order_line.closed")


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


def _verdicts(events: Events, known: int) -> list[tuple[str, int]]:
    """The outcome by the records, and when it is settled, after each event from the last one known on."""
    held = {ln.id: Held(ln.promise) for ln in lines_after(events[:known]) if ln.known and ln.promise is not None}
    lines, found = blank_lines(events), []
    for n, event in enumerate(events, 1):
        before = {line.id: line.issued for line in lines}
        tell(lines, event)
        for line in lines:
            if line.id in held:
                _hold(held[line.id], line, line.issued - before[line.id], event, was_known=n <= known)
        if n >= known:
            found.append(_verdict([line for line in held.values() if not line.cancelled], event.recorded_at))
    return found


def _hold(held: Held, line: Line, issued: int, event: Event, was_known: bool) -> None:
    left_before = line.emptied_at if event.type == "order_line.created" else None
    held.issue(issued, event.occurred_at if left_before is None else left_before)
    if event.type in SAYS and event.line in (None, line.id) and (was_known or event.occurred_at <= held.promise):
        held.hear(event)


def _verdict(lines: list[Held], recorded_at: int) -> tuple[str, int]:
    for line in lines:
        line.look()
    if not lines:
        return "cancelled", recorded_at
    if all(line.in_time >= line.quantity for line in lines):
        shipped = [line.full_at + GRACE for line in lines if line.full_at is not None]
        return "on_time_in_full", max([recorded_at, *shipped])
    some = any(line.in_time > 0 for line in lines)
    return "partial" if some else "missed", max(recorded_at, *(line.promise + GRACE for line in lines))
