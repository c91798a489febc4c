"""What was known at each decision point: the reductions signals are written in.

Each method reads one range of positions a decision point and returns ``(n,)`` floats. While there is a ``trace``, the
positions read for the first decision point are noted in it: that is the evidence.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from features.arrays import Floats, Ints
from features.engine.arithmetic import in_units, latest_of
from features.engine.in_force import longest_gap
from features.engine.prefix_sums import EITHER_WAY, LATER, NET, running_above, running_changes, running_moves
from features.events.schema import MICRO
from features.events.selection import Select, Spell
from features.events.text import Texts
from features.history import PLANNED_END
from features.known.deliveries import delivery_slacks
from features.known.evidence import bits_of
from features.known.lookups import Lookups
from features.known.scope import PROMISES, Scope
from features.known.slack import (
    LineDates,
    PromisesInForce,
    first_slacks,
    least_truck_slack,
    plans_in_force,
    promises_in_force,
    promises_of,
    tightest_slack,
)
from features.known.tables import LineTable, OpenSpells
from features.orders.commitments import commitments, stated_due
from features.orders.line_state import line_events
from features.times import DAY, NEVER

COMMITMENT = Select(
    "order_line.created", "order_line.changed", "order_line.closed", "order_line.reopened", "commitment.changed",
    "goods.issued",
)  # fmt: skip
SENT_BACK = Select("goods.issued", "goods.returned")


class Known(Scope):
    """The known history of ``n`` decision points, sorted by order and moment: the reductions that signals call."""

    def ago(self, days: float) -> Known:
        """What was known so many days ago of the same orders; a trace reaches there too."""

        def make() -> Known:
            return Known(self.history, self.points.earlier(int(days * DAY)), self.context)

        earlier: Known = self._once(("ago", days), make)
        earlier.trace = self.trace
        return earlier

    def close(self) -> None:
        """Let go of everything: what was remembered refers back to this, and would stay until cycles are looked for."""
        for remembered in self._cache.values():
            if isinstance(remembered, Known):
                remembered.close()
        vars(self).clear()

    # -- counting and adding up ----------------------------------------------------------------------------

    def count(self, what: Select, days: float | None = None) -> Floats:
        """Selected events, recorded in the last ``days`` if given."""
        start = self._from(days)
        self.note(what, start)
        return self._between(self.history.counted(what), start)

    def total(self, what: Select, column: str, days: float | None = None) -> Floats:
        """Sum of an integer column over selected events, in the column's unit (pieces, or microseconds)."""
        start = self._from(days)
        self.note(what, start)
        total = self._between(self.history.summed(what, column), start)
        return total / MICRO if column in ("quantity", "value") else total

    def stated(self, what: Select, column: str) -> Floats:
        """Selected events that state a column."""
        self.note(what, self.start)
        history = self.history
        make = lambda: running_above(history.event_code, what.masks, history.column(column), NEVER)  # noqa: E731
        return self._between(history.once(("stated", what, column), make), self.start)

    def distinct(self, what: Select, by: str) -> Floats:
        """Distinct words of ``by`` among selected events."""
        self.note(what, self.start)
        return self._between(self.history.distinct(what, by), self.start)

    def late_records(self, what: Select, days: float) -> Floats:
        """Selected events that were recorded more than ``days`` after they occurred."""
        history, limit = self.history, int(days * DAY)
        if self.trace is not None:
            self.trace.bits |= self._once(("late", limit), lambda: self._bits(history.column("lag") > limit))

        make = lambda: running_above(history.event_code, what.masks, history.column("lag"), limit)  # noqa: E731
        return self._between(history.once(("late", what, limit), make), self.start)

    def longest_gap(self, what: Select) -> Floats:
        """The longest time between two consecutive selected records, days; 0 for a single record, NaN for none."""
        self.note(what, self.start)
        history = self.history
        make = lambda: longest_gap(history.first, history.event_code, what.masks, history.recorded)  # noqa: E731
        gaps = history.once(("longest gap", what), make)
        return np.where(self.count(what) > 0, gaps[self._before] / DAY, np.nan)

    # -- spells --------------------------------------------------------------------------------------------

    def open_count(self, spell: Spell) -> Floats:
        """How many spells are open now."""
        self.note_spells(spell)
        return self._between(self.history.running_spells(spell)[0], self.start)

    def days_open(self, spell: Spell) -> Floats:
        """For how long spells have been open in total, ended ones included, in days."""
        count, moments = self.history.running_spells(spell)
        self.note(spell.begins, self.start)
        self.note(spell.ends, self.start)
        open_, moment = self._growth(count, self.start), self._growth(moments, self.start)
        return np.asarray((self.as_of * open_ - moment) / DAY)

    def open_spells(self, spell: Spell) -> OpenSpells:
        """The spells that are open now, each with the event that says so."""
        self.note_spells(spell)
        return self._once(
            ("open spells", spell),
            lambda: OpenSpells(self, *self.history.open_spells(spell, self.order, self.start, self.stop)),
        )

    def ended_count(self, spell: Spell) -> Floats:
        """How often a spell that was open came to an end."""
        self.note(spell.ends, self.start)
        return self._between(self.history.running_ends(spell), self.start)

    def begun_count(self, spell: Spell, days: float | None = None) -> Floats:
        """How often a spell began that was not open, recorded in the last ``days`` if given; restated is not begun."""
        start = self._from(days)
        self.note(spell.begins, start)
        return self._between(self.history.running_begins(spell), start)

    # -- the latest ----------------------------------------------------------------------------------------

    def latest(self, what: Select, column: str) -> Ints:
        """An integer column of the latest selected event, NEVER where there is none."""
        last = self.history.last(what)[self.stop]
        given = last >= self.start
        if self.trace is not None and given[0]:
            self.trace.add(last[0])
        return np.where(given, self.history.column(column)[last], NEVER)

    def latest_in_force(self, what: Select) -> Ints:
        """The latest of the dates in force of the order's production orders or deliveries."""
        self.note(what, self.start)
        return self._state(self.history.in_force(what).latest)

    def days_to_latest(self, what: Select) -> Floats:
        """Days from now to the latest of the dates in force that have not passed, NaN where there is none."""
        self.note(what, self.start)
        point, position, _ = self._in_force(what)
        date = self.history.date[position]
        coming = np.where(date >= self.as_of[point], date, NEVER)
        latest: Ints = latest_of(point, coming, len(self))
        return self.days_until(latest)

    def slack(self, what: Select, coming: bool = False) -> Floats:
        """Days from the dates in force to the promises of the lines they are for, the tightest; NaN for none.

        What is for the whole order is compared with its earliest promise. ``coming`` leaves out dates that have passed.
        """
        dates = self._line_dates(what, coming)
        return self._tightest(dates.point, dates.line, dates.date)

    def truck_slack(self, work: Select, trucks: Select) -> Floats:
        """Days from the latest planned end of each line to the last truck to come for it, the fewest; NaN for none."""
        self.note(PROMISES, self.start)
        ends, coming = self._line_dates(work), self._line_dates(trucks, coming=True)
        least: Floats = least_truck_slack(len(self), ends, coming, *self._promises_in_force)
        return least

    def delivery_slack(self, trucks: Select) -> Floats:
        """Days from the trucks to come to the promises of the lines they take, the tightest; NaN for none."""
        self.note(trucks, self.start)
        self.note(PROMISES, self.start)
        stated, lines = self.history.plan_events(trucks), line_events(self.history)
        tightest: Floats = delivery_slacks(self.order, self.stop, self.as_of, stated, *lines)
        return tightest

    def slack_of(self, spells: OpenSpells) -> Floats:
        """Days from the dates of what is open to the promises of the lines it is for, the tightest."""
        return self._tightest(spells.point, spells.line, spells.date)

    def _tightest(self, point: Ints, line: Ints, date: Ints) -> Floats:
        self.note(PROMISES, self.start)
        tightest: Floats = tightest_slack(date, len(self), point, line, *self._promises_in_force)
        return tightest

    def promises_of(self, spells: OpenSpells) -> Ints:
        """(n_rows,) the promises of the lines that what is open is for, microseconds; NEVER where there is none."""
        self.note(COMMITMENT, self.start)
        promises: Ints = promises_of(spells.point, spells.line, *self._promises_in_force)
        return promises

    @cached_property
    def _promises_in_force(self) -> PromisesInForce:
        return promises_in_force(line_events(self.history), self.order, self.stop)

    def _line_dates(self, what: Select, coming: bool = False) -> LineDates:
        """The dates in force; ``coming`` leaves out those that have passed."""
        self.note(what, self.start)
        point, position, line = self._in_force(what)
        date = self.history.date[position]
        return LineDates(point, line, np.where(date >= self.as_of[point], date, NEVER) if coming else date)

    def _in_force(self, what: Select) -> tuple[Ints, Ints, Ints]:
        make = lambda: plans_in_force(self.order, self.stop, *self.history.plan_events(what))  # noqa: E731
        rows: tuple[Ints, Ints, Ints] = self._once(("in force", what), make)
        return rows

    def total_in_force(self, what: Select) -> Floats:
        """The sum of the quantities in force of the order's production orders or deliveries, units of the lines."""
        self.note(what, self.start)
        return np.where(self.found, self.history.in_force(what).total[self._before] / MICRO, 0.0)

    def moved(self, what: Select, among: Select | None = None) -> Floats:
        """How far selected statements moved the dates in force of ``among`` (by default of the same), net, in days."""
        return self._moves(NET, what, among or what)

    def travelled(self, what: Select, among: Select | None = None) -> Floats:
        """How far selected statements moved the dates in force, earlier moves counted as far as later ones, in days."""
        return self._moves(EITHER_WAY, what, among or what)

    def slipped(self, what: Select) -> Floats:
        """How far selected statements moved the dates in force to a later date, in days."""
        return self._moves(LATER, what, what)

    def revisions(self, what: Select, among: Select | None = None, days: float | None = None) -> Floats:
        """How often selected statements changed what is in force of ``among``, by default of the same; in ``days``."""
        start = self._from(days)
        self.note(what, start)
        history, among = self.history, among or what
        make = lambda: running_above(history.event_code, what.masks, history.in_force(among).revised, 0)  # noqa: E731
        return self._between(history.once(("revisions", what, among), make), start)

    def _moves(self, how: int, what: Select, among: Select) -> Floats:
        self.note(what, self.start)
        history = self.history
        make = lambda: running_moves(history.event_code, what.masks, history.in_force(among).moved, how)  # noqa: E731
        return self._between(history.once(("moves", how, what, among), make), self.start) / DAY

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

    def open_due(self) -> Ints:
        """The earliest promise among unshipped lines, microseconds; of lines that shipped after theirs it is none."""
        self.note(PROMISES, self.start)
        return self._state(commitments(self.history).open_due)

    def last_due(self) -> Ints:
        """The latest promise among unshipped lines, microseconds."""
        self.note(PROMISES, self.start)
        return self._state(commitments(self.history).last_due)

    def state(self) -> Ints:
        """NONE, OPEN, SHIPPED or CANCELLED of ``features.orders.commitments``."""
        self.note(COMMITMENT, self.start)
        return np.where(self.found, commitments(self.history).state[self._before], 0)

    def promise_changes(self, days: float | None = None) -> Floats:
        """Statements, recorded in the last ``days`` if given, that gave a line another promise than it had."""
        return self._changes("promise_moves", days)

    def quantity_changes(self) -> Floats:
        """Statements that gave a line another ordered quantity than it had."""
        return self._changes("quantity_changes")

    def _changes(self, column: str, days: float | None = None) -> Floats:
        start = self._from(days)
        after = getattr(commitments(self.history), column)
        if self.trace is not None:
            first, stop = int(self.start[0]), int(self.stop[0])
            changing = first + np.flatnonzero(np.diff(after[first:stop], prepend=0))
            self.trace.bits |= bits_of(changing[changing >= start[0]].tolist(), first)
        earlier = np.where(start > self.start, after[np.maximum(start - 1, 0)], 0)
        return np.where(self.found, after[self._before] - earlier, 0).astype(np.float64)

    def line_count(self) -> Floats:
        """Lines not cancelled."""
        return self._commitment("lines", 1)

    def open_line_count(self) -> Floats:
        """Lines still to ship."""
        return self._commitment("open_lines", 1)

    def ordered(self) -> Floats:
        """Quantity ordered on lines not cancelled, units of the lines."""
        return self._commitment("ordered")

    def first_ordered(self) -> Floats:
        """Quantity first ordered, cancelled lines included, units of the lines."""
        return self._commitment("first_ordered")

    def issued(self) -> Floats:
        """Quantity that left the dock, of each line at most what is ordered, units of the lines."""
        return self._commitment("issued")

    def returned(self) -> Floats:
        """Quantity that the customer sent back, units of the lines."""
        self.note(SENT_BACK, self.start)
        return np.where(self.found, commitments(self.history).returned[self._before] / MICRO, 0.0)

    def value(self) -> Floats:
        """Value of the lines not cancelled, the plant's currency."""
        return self._commitment("value")

    def _commitment(self, name: str, unit: int = MICRO) -> Floats:
        self.note(COMMITMENT, self.start)

        def make() -> Floats:
            values: Floats = in_units(self._state(getattr(commitments(self.history), name)), unit)
            return values

        return self._once(("commitment", name), make)

    def promise_moves(self, what: Select) -> Floats:
        """How often selected events moved the order's due date."""
        self.note(what, self.start)
        return self._between(self._due_changes(what)[0], self.start)

    def promise_moved(self, what: Select) -> Floats:
        """How far selected events moved the order's due date in total, days, later is positive."""
        self.note(what, self.start)
        return self._between(self._due_changes(what)[1], self.start) / DAY

    def _due_changes(self, what: Select) -> tuple[Ints, Ints]:
        history = self.history

        def make() -> tuple[Ints, Ints]:
            times, amounts = running_changes(history.first, history.event_code, what.masks, stated_due(history))
            return times, amounts

        return history.once(("due changes", what), make)

    def slack_lost(self) -> Floats:
        """By how much the slack of the planned end has shrunk since it was first known, days."""
        history = self.history

        def make() -> tuple[Ints, Ints]:
            number = history.numbered("reference")[0]
            slacks: tuple[Ints, Ints] = first_slacks(
                PLANNED_END.masks, number, history.event_code, *line_events(history)
            )
            return slacks

        position, slack = history.once(("first slack",), make)
        known = (position[self.order] >= 0) & (position[self.order] < self.stop)
        first = np.where(known, slack[self.order], NEVER)
        lost: Floats = in_units(first, DAY) - self.slack(PLANNED_END)
        return lost

    # -- lines and other orders ----------------------------------------------------------------------------

    def lines(self, evidence: Select) -> LineTable:
        """The lines of each order with how far each of them is; ``evidence`` are the events that tell of it."""
        self.note(evidence, self.start)
        self.note(COMMITMENT, self.start)
        return self.lines_untraced

    @cached_property
    def lines_untraced(self) -> LineTable:
        """The lines of each order, for what builds on them: nothing is noted as read."""
        return LineTable(self, lambda: self.lookups.usual_operations())

    @cached_property
    def lookups(self) -> Lookups:
        """What is looked up of other orders, known at the start of today."""
        return Lookups(self, lambda: self.lines_untraced)

    def first_word(self, dimension: str) -> Texts:
        """The first word of a dimension that was known, "" where none was."""
        owner, code, _ = self.history.words_known(dimension, self.order, self.stop)
        first = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
        names = np.full(len(self), "", dtype=object)
        names[owner[first]] = self.history.coded[dimension].words[code[first]]
        return names
