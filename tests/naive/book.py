"""The lines of an order as some events have them, and what left of each: plain values, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from features.events.schema import MICRO
from tests.naive.events import Event


@dataclass
class Issue:
    """Goods that left the dock, less what was reversed of them.

    ``named`` is the line that the posting names, ``posting`` its place among the events (-1 for what all that was left
    of a line turned out to be), ``all`` whether it says that all that was left went, ``turn`` when it was booked.
    """

    reference: str | None
    at: int
    recorded_at: int
    quantity: int
    named: str | None
    posting: int
    all: bool
    turn: int = -1


@dataclass
class Waiting:
    """What a reversal could not take from an issue of its reference, and the posting it takes from instead, or -1."""

    reference: str
    named: str | None
    quantity: int
    instead_of: int


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
    waiting: list[Waiting] = field(default_factory=list)
    returned: int = 0
    turns: Iterator[int] = field(default_factory=count)

    @property
    def issues(self) -> list[Issue]:
        return [issue for line in self.lines for issue in line.issues] + self.unplaced

    def of(self, name: str | None) -> list[Line]:
        """The lines that a name is about: all, the line itself, or its instalments where only these are known."""
        if name is None:
            return list(self.lines)
        own = [line for line in self.lines if line.id == name]
        if own and own[0].known:
            return own
        return own + [line for line in self.lines if "/" in line.id and line.id.rpartition("/")[0] == name]
