"""The lines of an order after some events: what is ordered, promised, shipped and closed, and what is due of it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.naive.events import Event, Events


@dataclass
class Line:
    """A line as the latest statements have it. It is known once it was created.

    ``full_at`` is when the event happened with which it was last shipped in full; ``emptied_at`` is when "all of it"
    left the dock before the line was known.
    """

    id: str
    known: bool = False
    ordered: int = 0
    promise: int | None = None
    value: int | None = None
    item: str | None = None
    issued: int = 0
    closed: str | None = None
    first_created_at: int | None = None
    full_at: int | None = None
    emptied_at: int | None = None

    @property
    def counts(self) -> bool:
        return self.known and self.closed != "cancelled"

    @property
    def in_full(self) -> bool:
        return self.issued >= self.ordered

    @property
    def missing(self) -> int:
        return max(self.ordered - self.issued, 0)

    @property
    def is_open(self) -> bool:
        return self.known and self.closed is None and not self.in_full

    @property
    def shipped_late(self) -> bool:
        in_full = self.counts and self.in_full and self.ordered > 0
        return in_full and self.full_at is not None and self.promise is not None and self.full_at > self.promise


def lines_after(events: Events) -> list[Line]:
    """Every line the events speak of, in the order of their ids."""
    lines = blank_lines(events)
    for event in events:
        tell(lines, event)
    return lines


def blank_lines(events: Events) -> list[Line]:
    """Every line the events speak of, before anything is said of it."""
    return [Line(name) for name in sorted({event.line for event in events if event.line is not None})]


def tell(lines: list[Line], event: Event) -> None:
    """What one event changes about the lines."""
    for line in lines:
        if event.line in (None, line.id):
            _tell_line(line, event)
    if event.type == "goods.issued":
        _issue(lines, event)
    for line in lines:
        if line.counts and not line.in_full:
            line.full_at = None
        elif line.counts and line.full_at is None:
            line.full_at = event.occurred_at if line.emptied_at is None else line.emptied_at


def _tell_line(line: Line, event: Event) -> None:
    if event.type == "order_line.created" and event.quantity is not None:
        line.first_created_at = event.recorded_at if line.first_created_at is None else line.first_created_at
        line.known, line.ordered, line.promise = True, event.quantity, event.date
        line.value, line.item = event.value, event.item
        if line.emptied_at is not None:
            line.issued = max(line.issued, line.ordered)
    if event.type == "order_line.changed" and event.quantity is not None:
        line.ordered = event.quantity
    if event.type == "order_line.closed":
        line.closed = event.reason
    if event.type == "commitment.changed":
        line.promise = event.date


def _issue(lines: list[Line], event: Event) -> None:
    if event.line is not None:
        [line] = [line for line in lines if line.id == event.line]
        if event.quantity is None and not line.known:
            line.emptied_at = event.occurred_at
        line.issued += line.missing if event.quantity is None else event.quantity
    elif event.quantity is None:
        for line in _to_fill(lines):
            line.issued += line.missing
    elif event.quantity > 0:
        _fill(_to_fill(lines), event.quantity)
    else:
        _empty([line for line in lines if line.known], -event.quantity)


def _to_fill(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.known and line.closed is None]


def _fill(lines: list[Line], left: int) -> None:
    """From the first line to the last, which takes what is left over."""
    for line in lines:
        given = left if line is lines[-1] else min(left, line.missing)
        line.issued += given
        left -= given


def _empty(lines: list[Line], left: int) -> None:
    """A reversal, from the last line to the first."""
    for line in reversed(lines):
        taken = min(left, max(line.issued, 0))
        line.issued -= taken
        left -= taken


def order_is_open(events: Events) -> bool:
    """Whether something is left to ship."""
    return any(line.is_open for line in lines_after(events))


def due(events: Events) -> int | None:
    """The earliest promise among lines to ship and lines that shipped after theirs; None if nothing is to ship."""
    lines = lines_after(events)
    if not any(line.is_open for line in lines):
        return None
    return min(line.promise for line in lines if line.promise is not None and (line.is_open or line.shipped_late))


def last_due(events: Events) -> int | None:
    """The latest promise among lines to ship."""
    promises = [line.promise for line in lines_after(events) if line.is_open and line.promise is not None]
    return max(promises, default=None)


def ordered(events: Events) -> int:
    """Millionths over the lines that are not cancelled."""
    return sum(line.ordered for line in lines_after(events) if line.counts)


def issued(events: Events) -> int:
    """Millionths over the lines that are not cancelled."""
    return sum(line.issued for line in lines_after(events) if line.counts)
