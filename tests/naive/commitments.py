"""The lines of an order after some events: what is ordered, promised, shipped and closed, and what is due of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from features.events.schema import MICRO
from features.times import DAY
from tests.naive.events import Event, Events, prefixes

EVERYTHING = 10**18
"""All that is left of an order of which no line is known yet."""


@dataclass
class Issue:
    """Goods that left the dock, less what was reversed of them."""

    reference: str | None
    at: int
    recorded_at: int
    quantity: int
    turn: int


@dataclass
class Line:
    """A line as the statements have it that happened last. It is known once it was created.

    ``lowered_at`` is when its quantity was last lowered while it was not in full; ``emptied_at`` is when "all of it"
    left the dock before the line was known. What is said counts from ``said``, by what it is about.
    """

    id: str
    known: bool = False
    ordered: int = 0
    promise: int | None = None
    value: int | None = None
    item: str | None = None
    issues: list[Issue] = field(default_factory=list)
    closed: str | None = None
    first_created_at: int | None = None
    lowered_at: int | None = None
    emptied_at: int | None = None
    said: dict[str, int] = field(default_factory=dict)

    @property
    def issued(self) -> int:
        return sum(issue.quantity for issue in self.issues)

    @property
    def cancelled(self) -> bool:
        """Withdrawn, or nothing is wanted of it and nothing shipped."""
        return self.closed == "cancelled" or (self.issued == 0 and self.ordered <= 0)

    @property
    def counts(self) -> bool:
        return self.known and not self.cancelled

    @property
    def in_full(self) -> bool:
        return self.closed == "complete" or enough(self.issued, self.ordered)

    @property
    def missing(self) -> int:
        return max(self.ordered - self.issued, 0)

    @property
    def is_open(self) -> bool:
        return self.known and self.closed is None and not self.in_full

    @property
    def full_at(self) -> int | None:
        """When enough of it had left, or less was wanted."""
        shipped, moments = 0, [] if self.lowered_at is None else [self.lowered_at]
        for issue in sorted((issue for issue in self.issues if issue.quantity > 0), key=lambda issue: issue.at):
            if enough(shipped, self.ordered):
                break
            shipped += issue.quantity
            moments.append(issue.at)
        return max(moments, default=None)

    @property
    def shipped_late(self) -> bool:
        in_full = self.counts and self.in_full and self.ordered > 0
        return in_full and self.full_at is not None and self.promise is not None and self.full_at > self.promise

    def order(self, quantity: int, event: Event) -> None:
        """Another quantity is wanted."""
        if quantity < self.ordered and not self.in_full:
            self.lowered_at = event.stands_from
        self.ordered = quantity

    def hears(self, what: str, event: Event) -> bool:
        """Whether a statement counts: nothing that happened later was said of the same before."""
        if what in self.said and event.stands_from < self.said[what]:
            return False
        self.said[what] = event.stands_from
        return True


def enough(shipped: int, ordered: int) -> bool:
    """Whole numbers exactly, others within a two-thousandth."""
    whole = shipped % MICRO == 0 and ordered % MICRO == 0
    return shipped >= (ordered if whole else ordered - ordered // 2000)


@dataclass
class Book:
    """The lines of an order in the order of their ids, and what left before any line was known."""

    lines: list[Line]
    unplaced: list[Issue] = field(default_factory=list)
    turns: Iterator[int] = field(default_factory=count)

    def of(self, name: str | None) -> list[Line]:
        """The lines that a name is about: all, the line itself, or its instalments where only these are known."""
        if name is None:
            return list(self.lines)
        own = [line for line in self.lines if line.id == name]
        if own and own[0].known:
            return own
        return own + [line for line in self.lines if "/" in line.id and line.id.rpartition("/")[0] == name]


def lines_after(events: Events) -> list[Line]:
    """Every line the events speak of, in the order of their ids."""
    book = blank_book(events)
    for event in events:
        tell(book, event)
    return book.lines


def blank_book(events: Events) -> Book:
    """Every line the events speak of, before anything is said of it."""
    return Book([Line(name) for name in sorted({event.line for event in events if event.line is not None})])


def tell(book: Book, event: Event) -> None:
    """What one event changes about the lines."""
    about = book.of(event.line)
    new = [line for line in about if line.id == event.line and not line.known]
    own = [line for line in about if line.id == event.line]
    parts = [line for line in about if line.known and line.id != event.line and event.line is not None]
    if event.type == "order_line.changed" and own and not own[0].known and parts:
        _spread([line for line in parts if line.closed != "cancelled"], event)
    else:
        for line in about:
            _tell_line(line, event)
    if event.type == "order_line.created" and new:
        _place(book, event)
    if event.type == "goods.issued" and event.quantity is not None and event.quantity < 0:
        _reverse(book, event, -event.quantity)
    elif event.type == "goods.issued":
        _issue(book, event)


def _spread(lines: list[Line], event: Event) -> None:
    """Instalments have their quantity as they fall due, and the last has what is left."""
    left = event.quantity or 0
    lines = sorted(lines, key=lambda line: -1 if line.promise is None else line.promise)
    for line in lines:
        quantity = left if line is lines[-1] else min(line.ordered, left)
        left -= quantity
        if line.hears("ordered", event):
            line.order(quantity, event)


def _tell_line(line: Line, event: Event) -> None:
    if event.type == "order_line.created" and event.quantity is not None and line.id == event.line:
        if not line.known and event.stands_from > line.said.get("closed", -1):
            line.closed = None
        line.first_created_at = event.recorded_at if line.first_created_at is None else line.first_created_at
        line.known, line.item = True, event.item
        line.value = line.value if event.value is None else event.value
        if line.hears("ordered", event):
            line.order(event.quantity, event)
        if event.date is not None and line.hears("promise", event):
            line.promise = event.date
    if event.type == "order_line.changed" and event.quantity is not None and line.hears("ordered", event):
        line.order(event.quantity, event)
    if event.type == "order_line.closed" and line.hears("closed", event):
        line.closed = event.reason
    if event.type == "order_line.reopened" and line.hears("closed", event):
        line.closed = None
    if event.type == "commitment.changed" and line.hears("promise", event):
        line.promise = event.date


def _place(book: Book, event: Event) -> None:
    """What left before a line was known is its own, as far as it is missing."""
    [line] = [line for line in book.lines if line.id == event.line]
    whole = [other for other in book.lines if other.id == line.id.rpartition("/")[0] and "/" in line.id]
    emptied = [other.emptied_at for other in whole if not other.known]
    moments = [moment for moment in (line.emptied_at, *emptied) if moment is not None]
    if moments:
        line.issues.append(Issue(None, moments[0], -1, line.missing, next(book.turns)))
        line.emptied_at = None
    waiting = book.unplaced + [issue for other in whole if not other.known for issue in other.issues]
    for issue in waiting:
        if issue.quantity > EVERYTHING // 2 and event.stands_from > issue.at + 2 * DAY:
            continue
        given = min(issue.quantity, line.missing)
        issue.quantity -= given
        line.issues.append(Issue(issue.reference, issue.at, issue.recorded_at, given, next(book.turns)))


def _issue(book: Book, event: Event) -> None:
    about = book.of(event.line)
    own = [line for line in about if line.id == event.line]
    if own and (own[0].known or not any(line.known for line in about)):
        [line] = own
        if event.quantity is None and not line.known:
            line.emptied_at = event.occurred_at
        _ship(book, line, event, line.missing if event.quantity is None else event.quantity)
        return
    lines = [line for line in about if line.known and line.closed is None]
    if not lines and event.quantity is not None:
        lines = [line for line in about if line.known and line.closed in ("complete", "short")]
    if event.line is not None:
        lines.sort(key=lambda line: -1 if line.promise is None else line.promise)
    left = EVERYTHING if event.quantity is None else event.quantity
    for line in lines:
        given = min(left, line.missing)
        _ship(book, line, event, given)
        left -= given
    if left and lines and event.quantity is not None:
        _ship(book, lines[-1], event, left)
    if left and not any(line.known for line in book.lines):
        book.unplaced.append(Issue(event.reference, event.occurred_at, event.recorded_at, left, next(book.turns)))


def _ship(book: Book, line: Line, event: Event, quantity: int) -> None:
    line.issues.append(Issue(event.reference, event.occurred_at, event.recorded_at, quantity, next(book.turns)))


def _reverse(book: Book, event: Event, left: int) -> None:
    """From the issues of the same reference, else from all of the line, the latest first.

    What was recorded in the moment of the reversal comes last: it is what was posted again.
    """
    issues = [issue for line in book.of(event.line) for issue in line.issues]
    issues += book.unplaced if event.line is None else []
    issues = [issue for issue in issues if issue.quantity > 0]
    same = [issue for issue in issues if issue.reference == event.reference and event.reference is not None]
    issues = sorted(same or issues, key=lambda i: (i.recorded_at >= event.recorded_at, -i.at, -i.turn))
    if not same and event.reference is None and issues and event.occurred_at > issues[0].at + 2 * DAY:
        return  # the customer sent it back
    for issue in issues:
        taken = min(left, issue.quantity)
        issue.quantity -= taken
        left -= taken


def order_is_open(events: Events) -> bool:
    """Whether something is left to ship."""
    return any(line.is_open for line in lines_after(events))


def status(events: Events) -> str:
    """The state of an order when the last of some events was recorded."""
    lines = lines_after(events)
    if not any(line.known for line in lines):
        return "unknown"
    if not any(line.counts for line in lines):
        return "cancelled"
    if not any(line.is_open for line in lines):
        return "shipped"
    promise = due(events)
    if promise is not None and promise < events[-1].recorded_at:
        return "late"
    return "unpromised" if any(line.is_open and line.promise is None for line in lines) else "open"


def due(events: Events) -> int | None:
    """The earliest promise among lines to ship and lines that shipped after theirs; None if nothing is to ship."""
    lines = lines_after(events)
    if not any(line.is_open for line in lines):
        return None
    promises = [line.promise for line in lines if line.promise is not None and (line.is_open or line.shipped_late)]
    return min(promises, default=None)


def last_due(events: Events) -> int | None:
    """The latest promise among lines to ship."""
    promises = [line.promise for line in lines_after(events) if line.is_open and line.promise is not None]
    return max(promises, default=None)


def promise_moves(events: Events) -> list[Event]:
    """The statements that gave a line another promise than it had."""
    return _changes(events, lambda line: line.promise)


def quantity_changes(events: Events) -> list[Event]:
    """The statements that gave a line another ordered quantity than it had."""
    return _changes(events, lambda line: line.ordered if line.known else None)


def _changes(events: Events, what: Callable[[Line], int | None]) -> list[Event]:
    found = []
    for known in prefixes(events):
        pairs = zip(lines_before(known), lines_after(known), strict=True)
        if any(what(before) not in (None, what(now)) for before, now in pairs):
            found.append(known[-1])
    return found


def lines_before(events: Events) -> list[Line]:
    """The lines that events speak of, before the last of them."""
    book = blank_book(events)
    for event in events[:-1]:
        tell(book, event)
    return book.lines


def first_ordered(events: Events) -> int:
    """Millionths over all known lines, each as it was ordered when it became known."""
    total = 0
    for known in prefixes(events):
        for before, now in zip(lines_before(known), lines_after(known), strict=True):
            total += now.ordered if now.known and not before.known else 0
    return total


def ordered(events: Events) -> int:
    """Millionths over the lines that are not cancelled."""
    return sum(line.ordered for line in lines_after(events) if line.counts)


def issued(events: Events) -> int:
    """Millionths over the lines that are not cancelled, of each at most what is ordered."""
    return sum(min(line.issued, line.ordered) for line in lines_after(events) if line.counts)
