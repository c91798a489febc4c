"""The lines of an order after some events: what is ordered, promised, shipped and closed, and what is due of it."""

from __future__ import annotations

from collections.abc import Callable

from tests.naive.book import Book, Issue, Line, enough
from tests.naive.events import Event, Events, prefixes
from tests.naive.issues import issue_goods, place, reverse_goods

__all__ = ["Issue", "Line", "enough"]


def lines_after(events: Events) -> list[Line]:
    """Every line the events speak of, in the order of their ids."""
    return _book_after(events).lines


def issues_after(events: Events) -> list[Issue]:
    """What left, of lines and before any was known."""
    return _book_after(events).issues


def _book_after(events: Events) -> Book:
    book = blank_book(events)
    for event in events:
        tell(book, event)
    return book


def blank_book(events: Events) -> Book:
    """Every line the events speak of, before anything is said of it."""
    return Book([Line(name) for name in sorted({event.line for event in events if event.line is not None})])


def tell(book: Book, event: Event) -> None:
    """What one event changes about the lines."""
    turn, about = next(book.turns), book.of(event.line)
    new = [line for line in about if line.id == event.line and not line.known]
    own = [line for line in about if line.id == event.line]
    parts = [line for line in about if line.known and line.id != event.line and event.line is not None]
    if event.type == "order_line.changed" and own and not own[0].known and parts:
        _spread([line for line in parts if line.closed != "cancelled"], event)
    else:
        for line in about:
            _tell_line(line, event)
    if event.type == "order_line.created" and new:
        place(book, event)
    if event.type == "goods.issued" and event.quantity is not None and event.quantity < 0:
        reverse_goods(book, event, -event.quantity)
    elif event.type == "goods.issued":
        issue_goods(book, event, turn)


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


def returned(events: Events) -> int:
    """Millionths that the customer sent back."""
    book = blank_book(events)
    for event in events:
        tell(book, event)
    stated = sum(event.quantity or 0 for event in events if event.type == "goods.returned")
    return stated + book.returned
