"""What is known of one order at a moment, event by event: its lines, and the spells that are open or ended.

The signals answer for many orders at once from columns. Here one order is told in words, as a planner would read it,
from the same folds over its events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints
from features.engine.plans import BY_LINES, DATE, DATED_BY, LINE, NAMED, SIZED_BY, WORD, plans_known
from features.engine.spells import spell_statements
from features.events.schema import TYPE_CODE, EventKey
from features.events.selection import Select, Spell
from features.history import History
from features.orders.commitments import full_since
from features.orders.deliveries import lines_taken
from features.orders.issues import EVERYTHING, LEFT_AT, NOT_REVERSED, POSTING, REFERENCE, SLOT
from features.orders.known_lines import lines_known
from features.orders.line_state import (
    CLOSED_AS,
    CLOSINGS,
    KNOWN,
    ORDERED,
    ORDERED_BY,
    PROMISE,
    PROMISED_BY,
    SHIPPED_QUANTITY,
    is_open,
    line_events,
)
from features.times import NEVER

TYPES = tuple(TYPE_CODE)
WORDS = ("line_id", "kind", "state", "reference", "reason", "actor")
WHOLE_ORDER = -1
WORK = ("production.released", "operation.confirmed")
CLOSED_WORDS = {code: word for word, code in CLOSINGS.items()}


class KnownEvent(NamedTuple):
    """One known event. Moments are microseconds, quantities millionths; ``place`` counts the order's events from 0."""

    place: int
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
    def effective(self) -> int:
        """When it holds: as it happened, and where it was announced before, as it was recorded."""
        return min(self.occurred, self.recorded)

    @property
    def key(self) -> EventKey:
        return EventKey(self.source, self.event_id)


@dataclass(frozen=True)
class SpellState:
    """One spell by its latest statement: the statements that say so without a break, the latest last.

    Attributes
    ----------
    open : whether it is open, or ended
    line : the index of its line, WHOLE_ORDER where it is not told by line
    """

    open: bool
    line: int
    statements: tuple[KnownEvent, ...]

    @property
    def since(self) -> int:
        return self.statements[0].effective

    @property
    def latest(self) -> KnownEvent:
        return self.statements[-1]


@dataclass(frozen=True)
class KnownLine:
    """A known line as it stands. Quantities in millionths.

    Attributes
    ----------
    key, id : its index within the order, and its name; the line created without a name has none
    open : not closed, and something is left to ship
    closed : complete, short or cancelled; ``None`` while it is not closed
    before_work : what had been issued when its first work was released or booked, 0 without work
    ordered_by, promised_by : the events that state its ordered quantity and its promised date, ``None`` for none
    promise : what it is held to, the last moment at which delivery counts, microseconds; ``None`` for none
    full_at : since when all of it had left, microseconds; ``None`` where it has not
    """

    key: int
    id: str | None
    open: bool
    closed: str | None
    ordered: int
    issued: int
    before_work: int
    ordered_by: KnownEvent
    promised_by: KnownEvent | None
    promise: int | None
    full_at: int | None


class KnownIssue(NamedTuple):
    """What left of a line and is not reversed. The moment in microseconds, the quantity in millionths.

    ``line`` is its index within the order, -1 while it is not known; ``reference`` that of the issue.
    """

    line: int
    reference: str | None
    left_at: int
    quantity: int


class KnownPlan(NamedTuple):
    """The plan of one delivery or production order for a line, or for the whole order while it is named for none.

    ``dated_by`` and ``sized_by`` are the statements of the date and of the quantity in force, ``None`` for none. Where
    a quantity of all lines together is in force, it is that for each of them.
    """

    reference: str | None
    line_id: str | None
    dated_by: KnownEvent | None
    sized_by: KnownEvent | None


class KnownTruck(NamedTuple):
    """A truck to come and what it takes, by the rule of ``features.orders.deliveries``.

    ``leaves`` in microseconds; ``lines`` are those to ship of which it takes some; ``load`` is what it is sure to take,
    millionths, 0 where nobody knows.
    """

    plan: KnownPlan
    leaves: int
    lines: tuple[KnownLine, ...]
    load: int


class KnownOrder:
    """What is known of one order at a moment.

    Attributes
    ----------
    events : in their order
    """

    def __init__(self, history: History | None = None, order: int = 0, as_of: int = 0) -> None:
        self._history, self._order = history, order
        self.events = [] if history is None else known_events(history, order, as_of)
        self._spells: dict[Spell, list[SpellState]] = {}
        self._plans: dict[Select, list[KnownPlan]] = {}
        self._trucks: dict[tuple[Select, int], list[KnownTruck]] = {}
        self._named: dict[str, list[str | None]] = {}

    @cached_property
    def by_line(self) -> dict[int, list[KnownEvent]]:
        """Its events by the index of their line, WHOLE_ORDER for those of none."""
        groups: dict[int, list[KnownEvent]] = {}
        for event in self.events:
            groups.setdefault(event.line, []).append(event)
        return groups

    def work_on(self, line: int) -> list[KnownEvent]:
        """What was released for a line and booked on it, or on the whole order, in the order in which it happened."""
        about = [*self._work.get(line, ()), *self._work.get(WHOLE_ORDER, ())]
        return sorted(about, key=lambda event: (event.occurred, event.place))

    @cached_property
    def _work(self) -> dict[int, list[KnownEvent]]:
        return {line: [event for event in about if event.type in WORK] for line, about in self.by_line.items()}

    def words(self, dimension: str) -> list[str]:
        """The words that its events name of a dimension, such as its items, in the order in which they became known."""
        return list(dict.fromkeys(word for word in self.named(dimension) if word is not None))

    def named(self, dimension: str) -> list[str | None]:
        """What each of its events names of a dimension."""
        if dimension not in self._named:
            history, rows = self._history, self._rows
            self._named[dimension] = [] if history is None else _words(history, dimension, rows)
        return self._named[dimension]

    @cached_property
    def values(self) -> list[int | None]:
        """The value that each of its events states, millionths."""
        return [] if self._history is None else _given(self._history.value[self._rows])

    @property
    def _rows(self) -> slice:
        start = 0 if self._history is None else int(self._history.first[self._order])
        return slice(start, start + len(self.events))

    def spells(self, spell: Spell) -> list[SpellState]:
        """Every spell of which something is stated, by its latest statement, in the order of their first ones."""
        if spell not in self._spells:
            self._spells[spell] = self._read_spells(spell)
        return self._spells[spell]

    def _read_spells(self, spell: Spell) -> list[SpellState]:
        if self._history is None:
            return []
        start = int(self._history.first[self._order])
        events = self._history.spell_events(spell)
        places, latest, first_stated = spell_statements(self._order, start + len(self.events), *events)
        by_place: dict[int, list[KnownEvent]] = {}
        for event, place in zip(self.events, places.tolist(), strict=True):
            if place >= 0:
                by_place.setdefault(place, []).append(event)
        return [
            SpellState(bool(latest[place] > 0), stated[0].line if spell.per_line else WHOLE_ORDER, tuple(stated))
            for place, stated in sorted(by_place.items(), key=lambda one: int(first_stated[one[0]]))
        ]

    def plans(self, what: Select) -> list[KnownPlan]:
        """The plans in force of selected statements, in the order in which they were first stated."""
        if what not in self._plans:
            self._plans[what] = self._read_plans(what)
        return self._plans[what]

    def _read_plans(self, what: Select) -> list[KnownPlan]:
        if self._history is None:
            return []
        history, start = self._history, int(self._history.first[self._order])
        columns = history.plan_events(what)
        table = plans_known(self._order, start + len(self.events), *columns)
        rows = table[1 : table[0, 0] + 1]
        wholes = {int(row[WORD]): row for row in rows if row[LINE] == WHOLE_ORDER}
        stated = history.mask(what)[start : start + len(self.events)]
        names = {event.line: event.line_id for event in self.events}
        words = {int(columns.word[start + place]): self.events[place].reference for place in np.flatnonzero(stated)}

        def by(position: int) -> KnownEvent | None:
            return self.events[position - start] if position >= 0 else None

        return [
            KnownPlan(
                reference=words[int(row[WORD])],
                line_id=names[int(row[LINE])] if row[LINE] != WHOLE_ORDER else None,
                dated_by=by(int(row[DATED_BY])),
                sized_by=by(int((row if wholes[int(row[WORD])][BY_LINES] else wholes[int(row[WORD])])[SIZED_BY])),
            )
            for row in rows
            if _is_plan(row)
        ]

    def trucks_to_come(self, what: Select, as_of: int) -> list[KnownTruck]:
        """The trucks of selected statements that leave from a moment on, the next first."""
        if (what, as_of) not in self._trucks:
            self._trucks[what, as_of] = self._read_trucks(what, as_of)
        return self._trucks[what, as_of]

    def _read_trucks(self, what: Select, as_of: int) -> list[KnownTruck]:
        if self._history is None:
            return []
        history, stop = self._history, self._rows.stop
        table = plans_known(self._order, stop, *history.plan_events(what))
        state, ledger = lines_known(self._order, stop, *line_events(history))
        rows, takes, loads = lines_taken(state, ledger, table, as_of, history.coded["reference"].codes)
        places = [row for row in range(1, table[0, 0] + 1) if _is_plan(table[row])]
        plans = dict(zip(places, self.plans(what), strict=True))
        by_key = {line.key: line for line in self.lines}
        return [
            KnownTruck(
                plans[row], int(table[row, DATE]), tuple(by_key[j] for j in np.flatnonzero(taken).tolist()), load
            )
            for row, taken, load in zip(rows.tolist(), takes, loads.tolist(), strict=True)
        ]

    @cached_property
    def lines(self) -> list[KnownLine]:
        """The known lines, in the order of their ids."""
        if self._history is None:
            return []
        start = int(self._history.first[self._order])
        columns = line_events(self._history)
        state, ledger = lines_known(self._order, start + len(self.events), *columns)
        names = {event.line: event.line_id for event in self.events}
        before_work: dict[int, int] = {}
        for event in self.events:
            begun = range(len(state)) if event.line == WHOLE_ORDER else (event.line,)
            if event.type not in WORK or all(j in before_work for j in begun):
                continue
            shipped = lines_known(self._order, start + event.place, *columns)[0][:, SHIPPED_QUANTITY]
            for j in begun:
                before_work.setdefault(j, int(shipped[j]))
        return [
            KnownLine(
                key=j,
                id=names[j],
                open=bool(is_open(state, j)),
                closed=CLOSED_WORDS.get(int(line[CLOSED_AS])),
                ordered=int(line[ORDERED]),
                issued=int(line[SHIPPED_QUANTITY]),
                before_work=before_work.get(j, 0),
                ordered_by=self.events[line[ORDERED_BY] - start],
                promised_by=self.events[line[PROMISED_BY] - start] if line[PROMISED_BY] >= 0 else None,
                promise=None if line[PROMISE] == NEVER else int(line[PROMISE]),
                full_at=None if (full := full_since(state, ledger, j)) == NEVER else int(full),
            )
            for j, line in enumerate(state)
            if line[KNOWN]
        ]

    @cached_property
    def issues(self) -> list[KnownIssue]:
        """What left and is not reversed, the earliest first; of one moment in the order of the events."""
        if self._history is None:
            return []
        start = int(self._history.first[self._order])
        _, ledger = lines_known(self._order, start + len(self.events), *line_events(self._history))
        references = self._history.coded["reference"].words
        return [
            KnownIssue(
                int(row[SLOT]),
                None if row[REFERENCE] < 0 else str(references[row[REFERENCE]]),
                int(row[LEFT_AT]),
                int(row[NOT_REVERSED]),
            )
            for row in sorted(ledger[1 : ledger[0, 0] + 1], key=lambda row: (row[LEFT_AT], row[POSTING]))
            if 0 < row[NOT_REVERSED] < EVERYTHING // 2
        ]


def _is_plan(row: Ints) -> bool:
    """Whether a row of a table of plans is of a line, or of the whole order while its reference is named for none."""
    return bool(row[LINE] != WHOLE_ORDER or not row[NAMED])


def known_events(history: History, order: int, as_of: int) -> list[KnownEvent]:
    """The known events of an order, in their order. The only place that reads the columns of the history."""
    start, end = int(history.first[order]), int(history.first[order + 1])
    known = int(np.searchsorted(history.recorded[start:end], as_of, side="right"))
    rows = slice(start, start + known)
    return [
        KnownEvent(*fields)
        for fields in zip(
            range(known),
            (TYPES[code] for code in history.type[rows].tolist()),
            history.line[rows].tolist(),
            history.occurred[rows].tolist(),
            history.recorded[rows].tolist(),
            _given(history.date[rows]),
            _given(history.quantity[rows]),
            _words(history, "source", rows),
            [history.ids[place] for place in range(start, start + known)],
            *(_words(history, column, rows) for column in WORDS),
            strict=True,
        )
    ]


def _given(values: Ints) -> list[int | None]:
    return [None if value == NEVER else value for value in values.tolist()]


def _words(history: History, column: str, rows: slice) -> list[Any]:
    words = history.coded[column].words
    return [None if code < 0 else words[code] for code in history.coded[column].codes[rows].tolist()]
