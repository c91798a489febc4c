"""What is known of one order at a moment, event by event: the things that stand, and the lines.

The signals answer for many orders at once from columns. Here one order is told in words, as a planner would read it,
by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.events.schema import TYPE_CODE
from features.history import History
from features.orders.line import issue
from features.times import NEVER

TYPES = tuple(TYPE_CODE)
WORDS = ("line_id", "kind", "state", "reference", "reason", "actor")
WHOLE_ORDER = -1
WORK = ("production.released", "operation.confirmed")


class EventRef(NamedTuple):
    """The event's identity: ids are unique within their source."""

    source: str
    id: str


class Said(NamedTuple):
    """One known event. Moments are microseconds, quantities millionths; ``at`` counts the order's events from 0."""

    at: int
    type: str
    line: int
    occurred: int
    recorded: int
    date: int | None
    quantity: int | None
    source: str
    event_id: str
    line_id: str | None
    kind: str | None
    state: str | None
    reference: str | None
    reason: str | None
    actor: str | None

    @property
    def stated(self) -> int:
        """When it holds: as it happened, and where it was announced before, as it was recorded."""
        return min(self.occurred, self.recorded)

    @property
    def ref(self) -> EventRef:
        return EventRef(self.source, self.event_id)


def said_of(history: History, order: int, as_of: int) -> list[Said]:
    """The known events of an order, in their order. The only place that reads the columns of the history."""
    start, end = int(history.first[order]), int(history.first[order + 1])
    known = int(np.searchsorted(history.recorded[start:end], as_of, side="right"))
    rows = slice(start, start + known)
    return [
        Said(*fields)
        for fields in zip(
            range(known),
            (TYPES[code] for code in history.type[rows].tolist()),
            history.line[rows].tolist(),
            history.occurred[rows].tolist(),
            history.recorded[rows].tolist(),
            _given(history.date[rows]),
            _given(history.quantity[rows]),
            history.coded["source"].take(rows).texts().tolist(),
            history.ids.take(rows).texts().tolist(),
            *(_words(history, column, rows) for column in WORDS),
            strict=True,
        )
    ]


def _given(values: Ints) -> list[int | None]:
    return [None if value == NEVER else value for value in values.tolist()]


def _words(history: History, column: str, rows: slice) -> list[Any]:
    words = history.coded[column].words
    return [None if code < 0 else words[code] for code in history.coded[column].codes[rows].tolist()]


# -- things that stand ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """What is stated to stand or not, told apart by the word in ``by``: (type, state or any) that say so.

    With ``per_line`` a line's statement speaks of that line alone, and one of the whole order replaces those of lines.
    """

    on: tuple[str, str | None]
    off: tuple[str, str | None]
    by: str = "reference"
    per_line: bool = False

    def stands(self, event: Said) -> bool | None:
        """Whether the event says that it stands; ``None`` where it says nothing of the kind."""
        for says, (type_, state) in ((True, self.on), (False, self.off)):
            if event.type == type_ and state in (None, event.state):
                return says
        return None


HOLDS = Subject(("hold.placed", None), ("hold.released", None))
SHORTAGES = Subject(("material.stated", "short"), ("material.stated", "available"), per_line=True)
FAILED_LOTS = Subject(("inspection.recorded", "failed"), ("inspection.recorded", "passed"))
CONDITIONS = Subject(("readiness.stated", "met"), ("readiness.stated", "not_met"), by="kind", per_line=True)


@dataclass(frozen=True)
class Thing:
    """One thing as it stands: the statements that say so without a break, the one that holds last."""

    on: bool
    line: int
    statements: tuple[Said, ...]

    @property
    def since(self) -> int:
        return self.statements[0].stated

    @property
    def latest(self) -> Said:
        return self.statements[-1]


def things(said: Iterable[Said], subject: Subject) -> list[Thing]:
    """Every thing of which something is stated, by its latest statement."""
    found: dict[tuple[int, bool, str | None], tuple[bool, list[Said]]] = {}
    for event in said:
        on = subject.stands(event)
        if on is None:
            continue
        named, word = _name(event, subject.by)
        line = event.line if subject.per_line else WHOLE_ORDER
        if subject.per_line and line == WHOLE_ORDER:
            for key in [key for key in found if key[0] >= 0 and key[1:] == (named, word)]:
                del found[key]
        before = found.get((line, named, word))
        if before is not None and before[0] == on:
            before[1].append(event)
        else:
            found[line, named, word] = (on, [event])
    return [Thing(on, line, tuple(statements)) for (line, _, _), (on, statements) in found.items()]


def _name(event: Said, by: str) -> tuple[bool, str | None]:
    """The word that names a thing; where it is missing the kind stands in, and named and unnamed are apart."""
    word: str | None = getattr(event, by)
    return (True, word) if word is not None else (False, event.kind)


# -- lines ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A known line as it stands. Quantities in millionths.

    Attributes
    ----------
    key, id : its index within the order, and its name; the line created without a name has none
    open : not closed, and something is left to ship
    before_work : what had been issued when its first work was released or booked, 0 without work
    ordered_by, promised_by : the events that state its ordered quantity and its promised date
    """

    key: int
    id: str | None
    open: bool
    ordered: int
    issued: int
    before_work: int
    ordered_by: Said
    promised_by: Said


def lines_of(said: list[Said]) -> list[Line]:
    """The known lines, in the order of their ids; the rules of ``features.orders.line``, one order at a time."""
    count = max((event.line for event in said), default=WHOLE_ORDER) + 1
    ordered, issued, known, closed = (np.zeros(count, dtype=np.int64) for _ in range(4))
    names: list[str | None] = [None] * count
    takes_all: set[int] = set()
    ordered_by: dict[int, Said] = {}
    promised_by: dict[int, Said] = {}
    before_work: dict[int, int] = {}
    for event in said:
        line = event.line
        spoken_of = range(count) if line == WHOLE_ORDER else (line,)
        if line != WHOLE_ORDER:
            names[line] = event.line_id
        if event.type == "order_line.created":
            known[line], ordered[line] = 1, event.quantity or 0
            ordered_by[line] = promised_by[line] = event
            if line in takes_all:
                issued[line] = max(issued[line], ordered[line])
        elif event.type == "order_line.changed":
            for j in spoken_of:
                ordered[j], ordered_by[j] = event.quantity or 0, event
        elif event.type == "commitment.changed":
            promised_by |= dict.fromkeys(spoken_of, event)
        elif event.type == "order_line.closed":
            closed[list(spoken_of)] = 1
        elif event.type == "goods.issued":
            if line != WHOLE_ORDER and event.quantity is None and not known[line]:
                takes_all.add(line)
            issue(line, NEVER if event.quantity is None else event.quantity, ordered, issued, known, closed)
        elif event.type in WORK:
            for j in spoken_of:
                before_work.setdefault(j, int(issued[j]))
    return [
        Line(
            key=j,
            id=names[j],
            open=not closed[j] and bool(issued[j] < ordered[j]),
            ordered=int(ordered[j]),
            issued=int(issued[j]),
            before_work=before_work.get(j, 0),
            ordered_by=ordered_by[j],
            promised_by=promised_by[j],
        )
        for j in np.flatnonzero(known).tolist()
    ]
