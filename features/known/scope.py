"""What was known at each decision point, as ranges of positions: what every reduction reads, and what it noted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.engine.arithmetic import days_between
from features.engine.masks import packed
from features.engine.ordering import known_until
from features.events.selection import Select, Spell
from features.history import History
from features.known.evidence import Trace, bits_in, bits_of, bits_where
from features.orders.commitments import commitments
from features.times import DAY, NEVER

T = TypeVar("T")
PROMISES = Select("order_line.created", "commitment.changed")


class Scope:
    """The known events of ``n`` decision points, sorted by order and moment.

    Parameters
    ----------
    history : the sorted events
    points : (n,) orders and moments
    context : load, pace and track record of all orders

    Attributes
    ----------
    start, stop : (n,) positions of each point's known events
    found : (n,) True where any event is known
    trace : what was read for the first point, ``None`` while nobody asks
    """

    def __init__(self, history: History, points: DecisionPoints, context: Context) -> None:
        self.history = history
        self.context = context
        self.points = points
        self.order = points.order
        self.as_of = points.as_of
        self.start: Ints = history.first[points.order]
        self.stop: Ints = self._known_by(points.as_of)
        self.found: Mask = self.stop > self.start
        self.trace: Trace | None = None
        self._before = np.maximum(self.stop - 1, 0)
        self._all_found = bool(self.found.all())
        self._cache: dict[object, object] = {}
        self._noted: dict[tuple[Select | Spell | None, int], int] = {}

    def __len__(self) -> int:
        return len(self.order)

    def _known_by(self, moment: Ints) -> Ints:
        """(n,) the position after the last event recorded by a moment, of those that count as known."""
        history, points = self.history, self.points
        stop: Ints = known_until(history.first, history.recorded, points.order, moment)
        return stop if points.known is None else np.minimum(stop, history.first[points.order] + points.known)

    def _once(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]  # type: ignore[return-value]

    # -- the promise -----------------------------------------------------------------------------------------

    def due(self) -> Ints:
        """The earliest promise among unshipped lines, microseconds."""
        self.note(PROMISES, self.start)
        return self._due

    @cached_property
    def _due(self) -> Ints:
        return self._state(commitments(self.history).due)

    def due_day(self) -> Ints:
        """The day of the earliest promise on the plant's calendar; a day without meaning where nothing is promised."""
        self.note(PROMISES, self.start)
        return self._due_day

    @cached_property
    def _due_day(self) -> Ints:
        return self.context.calendar.day(np.maximum(self._due, 0))

    # -- time ----------------------------------------------------------------------------------------------

    def days_since(self, moment: Ints) -> Floats:
        """Days from a moment to now, NaN where it is NEVER."""
        return self.days_between(moment, self.as_of)

    def days_until(self, moment: Ints) -> Floats:
        """Days from now to a moment, NaN where it is NEVER."""
        return self.days_between(self.as_of, moment)

    @staticmethod
    def days_between(early: Ints, late: Ints) -> Floats:
        """Days from one moment to another, NaN where one is NEVER."""
        days: Floats = days_between(early, late)
        return days

    # -- how it is read ------------------------------------------------------------------------------------

    def _growth(self, running: Ints, start: Ints) -> Ints:
        """What a running value grew by over the known events from ``start``, an integer."""
        return running[self.stop] - running[start]

    def _between(self, running: Ints, start: Ints) -> Floats:
        """What a running count or sum grew by over the known events from ``start``."""
        return (running[self.stop] - running[start]).astype(np.float64)

    def _from(self, days: float | None) -> Ints:
        """The position after the last event recorded ``days`` ago; the order's first if ``days`` is not given."""
        if days is None:
            return self.start
        moment = self.as_of - int(days * DAY)
        return self._once(("from", days), lambda: self._known_by(moment))

    def _state(self, after: Ints) -> Ints:
        """A column that holds after each event, as it stands now; NEVER where nothing is known."""
        now = after[self._before]
        return now if self._all_found else np.where(self.found, now, NEVER)

    # -- evidence ------------------------------------------------------------------------------------------

    def tracing(self) -> Trace:
        """Note from now on what is read for the first decision point."""
        self.trace = Trace(int(self.start[0]))
        return self.trace

    def note(self, what: Select | None, start: Ints) -> None:
        """Note that selected events, or all, were read from a position on."""
        if self.trace is None:
            return
        skipped = 0 if start is self.start else int(start[0]) - self.trace.first
        bits = self._noted.get((what, skipped))
        if bits is None:
            bits = self._noted[what, skipped] = self._selected(what, skipped)
        self.trace.bits |= bits

    def _selected(self, what: Select | None, skipped: int) -> int:
        if skipped and what is not None:
            return self._selected(what, 0) >> skipped << skipped
        if what is not None:
            return bits_in(packed(self.history.event_code, what.masks, self.start[0], self.stop[0]))
        known = int(self.stop[0] - self.start[0])
        return (1 << known) - (1 << min(skipped, known))

    def _bits(self, rows: Mask) -> int:
        return bits_where(rows[self.start[0] : self.stop[0]])

    def note_spells(self, spell: Spell) -> None:
        """Note the statements that open what is open; all of them where nothing is."""
        if self.trace is None:
            return
        bits = self._noted.get((spell, 0))
        if bits is None:
            bits = self._noted[spell, 0] = self._open(spell)
        self.trace.bits |= bits
        if not bits:
            self.note(spell.begins, self.start)
            self.note(spell.ends, self.start)

    def _open(self, spell: Spell) -> int:
        count = self.history.running_spells(spell)[0]
        if count[self.stop[0]] == count[self.start[0]]:
            return 0
        one = slice(0, 1)
        _, _, positions = self.history.open_spells(spell, self.order[one], self.start[one], self.stop[one])
        return bits_of(positions.tolist(), int(self.start[0]))

    def note_words(self, dimension: str) -> None:
        """Note the first events that name each word of a dimension."""
        if self.trace is not None:
            self.trace.bits |= self._once(("words", dimension), lambda: self._names(dimension))

    def _names(self, dimension: str) -> int:
        one = slice(0, 1)
        positions = self.history.words_known(dimension, self.order[one], self.stop[one])[2]
        return bits_of(positions.tolist(), int(self.start[0]))
