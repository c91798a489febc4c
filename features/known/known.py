"""What was known at each decision point: the reductions signals are written in.

Each method reads one range of positions a decision point and returns ``(n,)`` floats. While there is a ``trace``, the
positions read for the first decision point are noted in it: that is the evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.engine.arithmetic import days_between, in_units
from features.engine.in_force import first_known_pair, longest_gap
from features.engine.masks import packed
from features.engine.ordering import known_until
from features.engine.prefix_sums import EITHER_WAY, LATER, NET, running_above, running_changes, running_moves
from features.events.schema import MICRO
from features.events.text import Texts
from features.history import PLANNED_END, History, Select, Standing
from features.known.evidence import Trace, bits_in, bits_of, bits_where
from features.known.lookups import Others
from features.known.tables import Lines, Things
from features.orders.commitments import commitments
from features.times import DAY, NEVER

T = TypeVar("T")
COMMITMENT = Select(
    "order_line.created", "order_line.changed", "order_line.closed", "commitment.changed", "goods.issued"
)
PROMISES = Select("order_line.created", "commitment.changed")


class Known:
    """The known history of ``n`` decision points, sorted by order and moment.

    Parameters
    ----------
    history : the sorted events
    points : (n,) orders and moments
    context : load, pace and track record of all orders
    """

    def __init__(self, history: History, points: DecisionPoints, context: Context) -> None:
        self.history = history
        self.context = context
        self.points = points
        self.order = points.order
        self.as_of = points.as_of
        self.start: Ints = history.first[points.order]
        self.stop: Ints = known_until(history.first, history.recorded, points.order, points.as_of)
        self.found: NDArray[np.bool_] = self.stop > self.start
        self.trace: Trace | None = None
        self._before = np.maximum(self.stop - 1, 0)
        self._all_found = bool(self.found.all())
        self._cache: dict[object, object] = {}
        self._seen: dict[tuple[Select | Standing | None, int], int] = {}

    def __len__(self) -> int:
        return len(self.order)

    def ago(self, days: float) -> Known:
        """What was known so many days ago of the same orders; a trace reaches there too."""

        def make() -> Known:
            return Known(self.history, DecisionPoints(self.order, self.as_of - int(days * DAY)), self.context)

        earlier: Known = self._once(("ago", days), make)
        earlier.trace = self.trace
        return earlier

    def _once(self, key: object, make: Callable[[], T]) -> T:
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]  # type: ignore[return-value]

    # -- counting and adding up ----------------------------------------------------------------------------

    def count(self, what: Select, days: float | None = None) -> Floats:
        """Selected events, recorded in the last ``days`` if given."""
        start = self._from(days)
        self.saw(what, start)
        return self._between(self.history.counted(what), start)

    def count_all(self, days: float | None = None) -> Floats:
        """All known events, recorded in the last ``days`` if given."""
        start = self._from(days)
        self.saw(None, start)
        return (self.stop - start).astype(np.float64)

    def total(self, what: Select, column: str, days: float | None = None) -> Floats:
        """Sum of an integer column over selected events, in the column's unit (pieces, or microseconds)."""
        start = self._from(days)
        self.saw(what, start)
        total = self._between(self.history.summed(what, column), start)
        return total / MICRO if column in ("quantity", "value") else total

    def stated(self, what: Select, column: str) -> Floats:
        """Selected events that state a column."""
        self.saw(what, self.start)
        history = self.history
        make = lambda: running_above(history.saying, what.masks, history.column(column), NEVER)  # noqa: E731
        return self._between(history.once(("stated", what, column), make), self.start)

    def distinct(self, what: Select, by: str) -> Floats:
        """Distinct words of ``by`` among selected events."""
        self.saw(what, self.start)
        return self._between(self.history.distinct(what, by), self.start)

    def late_records(self, what: Select, days: float) -> Floats:
        """Selected events that were recorded more than ``days`` after they occurred."""
        history, limit = self.history, int(days * DAY)
        if self.trace is not None:
            self.trace.bits |= self._once(("late", limit), lambda: self._bits(history.column("lag") > limit))

        make = lambda: running_above(history.saying, what.masks, history.column("lag"), limit)  # noqa: E731
        return self._between(history.once(("late", what, limit), make), self.start)

    def longest_gap(self) -> Floats:
        """The longest time between two consecutive records, days; 0 for a single record, NaN for none."""
        self.saw(None, self.start)
        history = self.history
        gaps = history.once(("longest gap",), lambda: longest_gap(history.first, history.recorded))
        return np.where(self.found, gaps[self._before] / DAY, np.nan)

    # -- things that stand ---------------------------------------------------------------------------------

    def standing(self, things: Standing) -> Floats:
        """How many things stand now."""
        self.saw_standing(things)
        return self._between(self.history.standing(things)[0], self.start)

    def stood(self, things: Standing) -> Floats:
        """For how long things have stood in total, ended ones included, in days."""
        count, moments = self.history.standing(things)
        self.saw(things.when, self.start)
        self.saw(things.until, self.start)
        standing, moment = self._step(count, self.start), self._step(moments, self.start)
        return np.asarray((self.as_of * standing - moment) / DAY)

    def things(self, things: Standing) -> Things:
        """The things that stand now, each with the event that says so."""
        self.saw_standing(things)
        return self._once(
            ("things", things),
            lambda: Things(self, *self.history.standing_things(things, self.order, self.start, self.stop)),
        )

    def lost(self, things: Standing) -> Floats:
        """How often a thing that stood came to an end."""
        self.saw(things.until, self.start)
        return self._between(self.history.reversals(things), self.start)

    # -- the latest ----------------------------------------------------------------------------------------

    def latest(self, what: Select, column: str) -> Ints:
        """An integer column of the latest selected event, NEVER where there is none."""
        last = self.history.last(what)[self.stop]
        found = last >= self.start
        if self.trace is not None and found[0]:
            self.trace.add(last[0])
        return np.where(found, self.history.column(column)[last], NEVER)

    def latest_in_force(self, what: Select) -> Ints:
        """The latest of the dates in force of the order's things (production orders, deliveries)."""
        self.saw(what, self.start)
        return self._state(self.history.latest_in_force(what))

    def total_in_force(self, what: Select, column: str) -> Floats:
        """The sum of the values in force of the order's things, units of the quantity."""
        self.saw(what, self.start)
        return np.where(self.found, self.history.total_in_force(what, column)[self._before] / MICRO, 0.0)

    def moved(self, what: Select, among: Select | None = None) -> Floats:
        """How far selected statements moved the dates in force of ``among`` (by default of the same), net, in days."""
        return self._moves(NET, what, among or what)

    def travelled(self, what: Select, among: Select | None = None) -> Floats:
        """The same, moves to an earlier date counted as far as those to a later one."""
        return self._moves(EITHER_WAY, what, among or what)

    def slipped(self, what: Select, per_line: bool = False) -> Floats:
        """The same, only moves to a later date."""
        return self._moves(LATER, what, what, per_line)

    def _moves(self, how: int, what: Select, among: Select, per_line: bool = False) -> Floats:
        self.saw(what, self.start)
        history = self.history

        def make() -> Ints:
            moved = history.moved(among, per_line=per_line)
            running: Ints = running_moves(history.saying, what.masks, moved, how)
            return running

        return self._between(history.once(("moves", how, what, among, per_line), make), self.start) / DAY

    def latest_recorded(self) -> Ints:
        """When the latest known event was recorded."""
        if self.trace is not None and self.found[0]:
            self.trace.add(self.stop[0] - 1)
        return self._state(self.history.recorded)

    def first_recorded(self) -> Ints:
        """When the first event of the order was recorded."""
        if self.trace is not None and self.found[0]:
            self.trace.add(self.start[0])
        return self._first_recorded

    @cached_property
    def _first_recorded(self) -> Ints:
        start = np.minimum(self.start, self.history.n_events - 1)
        return np.where(self.found, self.history.recorded[start], NEVER)

    # -- the commitment ------------------------------------------------------------------------------------

    def due(self) -> Ints:
        """The earliest promise among unshipped lines, microseconds."""
        self.saw(PROMISES, self.start)
        return self._due

    @cached_property
    def _due(self) -> Ints:
        return self._state(commitments(self.history).due)

    def due_day(self) -> Ints:
        """The day of that promise on the plant's calendar; a day without meaning where nothing is promised."""
        self.saw(PROMISES, self.start)
        return self._due_day

    @cached_property
    def _due_day(self) -> Ints:
        return self.context.calendar.day(np.maximum(self._due, 0))

    def last_due(self) -> Ints:
        """The latest promise among unshipped lines, microseconds."""
        self.saw(PROMISES, self.start)
        return self._state(commitments(self.history).last_due)

    def state(self) -> Ints:
        """NONE, OPEN, SHIPPED or CANCELLED of ``features.orders``."""
        self.saw(COMMITMENT, self.start)
        return np.where(self.found, commitments(self.history).state[self._before], 0)

    def lines(self) -> Floats:
        """Lines not cancelled."""
        return self._commitment("lines", 1)

    def open_lines(self) -> Floats:
        """Lines still to ship."""
        return self._commitment("open_lines", 1)

    def ordered(self) -> Floats:
        """Quantity ordered on lines not cancelled, units of the lines."""
        return self._commitment("ordered")

    def issued(self) -> Floats:
        """Quantity that left the dock, units of the lines."""
        return self._commitment("issued")

    def value(self) -> Floats:
        """Value of the lines not cancelled, the plant's currency."""
        return self._commitment("value")

    def _commitment(self, name: str, unit: int = MICRO) -> Floats:
        self.saw(COMMITMENT, self.start)

        def make() -> Floats:
            values: Floats = in_units(self._state(getattr(commitments(self.history), name)), unit)
            return values

        return self._once(("commitment", name), make)

    def promise_moves(self, what: Select) -> Floats:
        """How often selected events moved the order's due date."""
        self.saw(what, self.start)
        return self._between(self._due_changes(what)[0], self.start)

    def promise_moved(self, what: Select) -> Floats:
        """How far selected events moved the order's due date in total, days, later is positive."""
        self.saw(what, self.start)
        return self._between(self._due_changes(what)[1], self.start) / DAY

    def _due_changes(self, what: Select) -> tuple[Ints, Ints]:
        history = self.history

        def make() -> tuple[Ints, Ints]:
            times, amounts = running_changes(history.first, history.saying, what.masks, commitments(history).due)
            return times, amounts

        return history.once(("due changes", what), make)

    def slack_lost(self) -> Floats:
        """By how much the slack of the planned end has shrunk since it was first known, days."""
        self.saw(PROMISES, self.start)
        self.saw(PLANNED_END, self.start)
        history = self.history

        def make() -> Ints:
            ends = history.latest_in_force(PLANNED_END)
            slack: Ints = first_known_pair(history.first, commitments(history).due, ends)
            return slack

        first = self._state(history.once(("first slack",), make))
        end = self._state(history.latest_in_force(PLANNED_END))
        lost: Floats = in_units(first, DAY) - self.days_between(end, self.due())
        return lost

    # -- lines and other orders ----------------------------------------------------------------------------

    def line_table(self, told_by: Select) -> Lines:
        """The lines of each order with how far each of them is; ``told_by`` are the events that say so."""
        self.saw(told_by, self.start)
        self.saw(COMMITMENT, self.start)
        return self.line_rows

    @cached_property
    def line_rows(self) -> Lines:
        """The same, for what builds on it."""
        return Lines(self)

    @cached_property
    def others(self) -> Others:
        """What other orders say, known at the start of today."""
        return Others(self)

    def first_word(self, dimension: str) -> Texts:
        """The first word of a dimension that was known, "" where none was."""
        owner, code, _ = self.history.words_known(dimension, self.order, self.stop)
        first = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
        names = np.full(len(self), "", dtype=object)
        names[owner[first]] = self.history.coded[dimension].words[code[first]]
        return names

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

    def _step(self, running: Ints, start: Ints) -> Ints:
        return running[self.stop] - running[start]

    def _between(self, running: Ints, start: Ints) -> Floats:
        """What a running value grew by over the known events from ``start``."""
        return (running[self.stop] - running[start]).astype(np.float64)

    def _from(self, days: float | None) -> Ints:
        """The position after the last event recorded ``days`` ago; the order's first if ``days`` is not given."""
        if days is None:
            return self.start
        moment = self.as_of - int(days * DAY)
        history = self.history
        return self._once(("from", days), lambda: known_until(history.first, history.recorded, self.order, moment))

    def _state(self, after: Ints) -> Ints:
        """A column that holds after each event, as it stands now; NEVER where nothing is known."""
        now = after[self._before]
        return now if self._all_found else np.where(self.found, now, NEVER)

    # -- evidence ------------------------------------------------------------------------------------------

    def traced(self) -> Trace:
        """Note from now on what is read for the first decision point."""
        self.trace = Trace(int(self.start[0]))
        return self.trace

    def saw(self, what: Select | None, start: Ints) -> None:
        """Note that selected events, or all, were read from a position on."""
        if self.trace is None:
            return
        skipped = 0 if start is self.start else int(start[0]) - self.trace.first
        bits = self._seen.get((what, skipped))
        if bits is None:
            bits = self._seen[what, skipped] = self._selected(what, skipped)
        self.trace.bits |= bits

    def _selected(self, what: Select | None, skipped: int) -> int:
        if skipped and what is not None:
            return self._selected(what, 0) >> skipped << skipped
        if what is not None:
            return bits_in(packed(self.history.saying, what.masks, self.start[0], self.stop[0]))
        known = int(self.stop[0] - self.start[0])
        return (1 << known) - (1 << min(skipped, known))

    def _bits(self, holds: NDArray[np.bool_]) -> int:
        return bits_where(holds[self.start[0] : self.stop[0]])

    def saw_standing(self, things: Standing) -> None:
        """Note the statements that make things stand; all of them where nothing stands."""
        if self.trace is None:
            return
        standing = self._seen.get((things, 0))
        if standing is None:
            standing = self._seen[things, 0] = self._stands(things)
        self.trace.bits |= standing
        if not standing:
            self.saw(things.when, self.start)
            self.saw(things.until, self.start)

    def _stands(self, things: Standing) -> int:
        count = self.history.standing(things)[0]
        if count[self.stop[0]] == count[self.start[0]]:
            return 0
        one = slice(0, 1)
        _, _, said = self.history.standing_things(things, self.order[one], self.start[one], self.stop[one])
        return bits_of(said.tolist(), int(self.start[0]))

    def saw_words(self, dimension: str) -> None:
        """Note the first events that name each word of a dimension."""
        if self.trace is not None:
            self.trace.bits |= self._once(("saw words", dimension), lambda: self._names(dimension))

    def _names(self, dimension: str) -> int:
        one = slice(0, 1)
        said = self.history.words_known(dimension, self.order[one], self.stop[one])[2]
        return bits_of(said.tolist(), int(self.start[0]))
