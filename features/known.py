"""What was known at each decision point: the reductions signals are written in.

Each method reads one range of positions a decision point and returns ``(n,)`` floats. While ``trace`` is a
list, the positions read for the first decision point are appended to it: that is the evidence.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.context import ALL, Context, week_key, week_of
from features.decision_points import DecisionPoints
from features.engine import known_until
from features.events.schema import MICRO
from features.history import History, Select, Standing, Texts
from features.orders import commitments
from features.times import DAY, NEVER, Ints

Floats = NDArray[np.float64]
COMMITMENT = Select(
    "order_line.created", "order_line.changed", "order_line.closed", "commitment.changed", "goods.issued"
)
PROMISES = Select("order_line.created", "commitment.changed")


class Known:
    """The known history of ``n`` decision points.

    Parameters
    ----------
    history : the sorted events
    points : (n,) orders and moments
    context : load and track record of all orders
    """

    def __init__(self, history: History, points: DecisionPoints, context: Context) -> None:
        self.history = history
        self.context = context
        self.order = points.order
        self.as_of = points.as_of
        self.start: Ints = history.first[points.order]
        self.stop: Ints = known_until(history.first, history.recorded, points.order, points.as_of)
        self.trace: list[Ints] | None = None
        self._since: dict[int, Ints] = {}
        self._keys: dict[str, Ints] = {}

    def __len__(self) -> int:
        return len(self.order)

    # -- counting and adding up ----------------------------------------------------------------------------

    def count(self, what: Select, days: float | None = None) -> Floats:
        """Selected events, recorded in the last ``days`` if given."""
        start = self._from(days)
        self._saw(what, start)
        counted = self.history.counted(what)
        return (counted[self.stop] - counted[start]).astype(np.float64)

    def count_all(self) -> Floats:
        """All known events."""
        self._saw(None, self.start)
        return (self.stop - self.start).astype(np.float64)

    def total(self, what: Select, column: str, days: float | None = None) -> Floats:
        """Sum of an integer column over selected events, in the column's unit (pieces, or microseconds)."""
        start = self._from(days)
        self._saw(what, start)
        summed = self.history.summed(what, column)
        return _in_units(summed[self.stop] - summed[start], column)

    def standing(self, things: Standing) -> Floats:
        """How many things stand now."""
        count, _, _ = self.history.standing(things)
        self._saw_standing(things)
        return (count[self.stop] - count[self.start]).astype(np.float64)

    def stood(self, things: Standing) -> Floats:
        """For how long things have stood in total, ended ones included, in days."""
        count, since, relevant = self.history.standing(things)
        self._saw(relevant, self.start)
        now = self.as_of * (count[self.stop] - count[self.start])
        return np.asarray((now - (since[self.stop] - since[self.start])) / DAY)

    # -- the latest ----------------------------------------------------------------------------------------

    def latest(self, what: Select, column: str) -> Ints:
        """An integer column of the latest selected event, NEVER where there is none."""
        last = self.history.last(what)[self.stop]
        found = last >= self.start
        if self.trace is not None and found[0]:
            self.trace.append(last[:1])
        return np.where(found, self.history.column(column)[last], NEVER)

    def latest_end(self, what: Select, by: str) -> Ints:
        """The latest of the dates in force of the order's things (production orders, deliveries)."""
        self._saw(what, self.start)
        return self._state(self.history.latest_end(what, by))

    def latest_recorded(self) -> Ints:
        """When the latest known event was recorded."""
        if self.trace is not None and self.stop[0] > self.start[0]:
            self.trace.append(self.stop[:1] - 1)
        return self._state(self.history.recorded)

    def first_recorded(self) -> Ints:
        """When the first event of the order was recorded."""
        if self.trace is not None and self.stop[0] > self.start[0]:
            self.trace.append(self.start[:1])
        return np.where(self.stop > self.start, self.history.recorded[self.start], NEVER)

    # -- the commitment ------------------------------------------------------------------------------------

    @cached_property
    def _due(self) -> Ints:
        return self._state(commitments(self.history).due)

    def due(self) -> Ints:
        """The earliest promise among unshipped lines, microseconds."""
        self._saw(PROMISES, self.start)
        return self._due

    def last_due(self) -> Ints:
        """The latest promise among unshipped lines, microseconds."""
        self._saw(PROMISES, self.start)
        return self._state(commitments(self.history).last_due)

    def state(self) -> Ints:
        """NONE, OPEN, SHIPPED or CANCELLED of ``features.orders``."""
        self._saw(COMMITMENT, self.start)
        found = self.stop > self.start
        return np.where(found, commitments(self.history).state[self.stop - 1], 0)

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
        self._saw(COMMITMENT, self.start)
        values = self._state(getattr(commitments(self.history), name))
        return np.where(values == NEVER, np.nan, values / unit)

    def promise_moves(self, what: Select) -> Floats:
        """How often selected events moved the order's due date."""
        self._saw(what, self.start)
        moved = self.history.once(("due_moves", what), lambda: self._due_moves(what) != 0)
        sums = self.history.once(("due_moves_sum", what), lambda: _running(moved.astype(np.int64)))
        return (sums[self.stop] - sums[self.start]).astype(np.float64)

    def promise_moved(self, what: Select) -> Floats:
        """How far selected events moved the order's due date in total, days, later is positive."""
        self._saw(what, self.start)
        sums = self.history.once(("due_moved_sum", what), lambda: _running(self._due_moves(what)))
        return np.asarray((sums[self.stop] - sums[self.start]) / DAY)

    def _due_moves(self, what: Select) -> Ints:
        due = commitments(self.history).due
        before = np.append(np.int64(NEVER), due[:-1])
        before[self.history.first[:-1]] = NEVER
        counts = self.history.mask(what) & (due != NEVER) & (before != NEVER)
        return np.where(counts, due - np.where(counts, before, 0), 0)

    # -- time ----------------------------------------------------------------------------------------------

    def days_since(self, moment: Ints) -> Floats:
        """Days from a moment to now, NaN where it is NEVER."""
        return _days_between(moment, self.as_of)

    def days_until(self, moment: Ints) -> Floats:
        """Days from now to a moment, NaN where it is NEVER."""
        return _days_between(self.as_of, moment)

    # -- other orders --------------------------------------------------------------------------------------

    @cached_property
    def _today(self) -> Ints:
        return self.context.lookup_day(self.as_of)

    def share_of_all(self, recent: bool = False) -> Floats:
        """Missed or partial orders as a share of all judged ones, known at the start of today; NaN if none was."""
        judged, failed = self._record(ALL, np.zeros(len(self), dtype=np.int64), self._today, recent)
        return np.asarray(failed / np.where(judged > 0, judged, np.nan))

    def worst_share(self, dimension: str, prior: Floats, weight: float, recent: bool = False) -> Floats:
        """The highest failure share among the order's words of a dimension, shrunk towards ``prior``.

        ``(failures + weight * prior) / (judged + weight)``: the posterior mean of a rate under a beta prior worth
        ``weight`` orders. NaN where the order names no word.
        """
        point, judged, failed = self._records(dimension, recent)
        return _highest((failed + weight * prior[point]) / (judged + weight), point, len(self))

    def fewest_judged(self, dimension: str) -> Floats:
        """The judged orders of the order's least known word of a dimension, NaN where it names none."""
        point, judged, _ = self._records(dimension, recent=False)
        return -_highest(-judged, point, len(self))

    def due_same_week(self) -> Floats:
        """Open orders of the order's plant that are due in the week of its due date, known at the start of today."""
        plant, due = self._plant(), self.due()
        known = (plant >= 0) & (due != NEVER)
        week = week_of(self.context.calendar, np.where(known, due, 0))
        places, inverse = np.unique(np.where(known, plant, 0) * (1 << 16) + week, return_inverse=True)
        words = self.history.coded["plant"].words
        names = np.array([week_key(words[p >> 16] if len(words) else "", p & 0xFFFF) for p in places], dtype=object)
        count = self.context.due.at(self.context.due.codes(names)[inverse], self._today)[:, 0]
        return np.where(known, count, np.nan)

    def open_at_plant(self) -> Floats:
        """Open orders of the order's plant, known at the start of today."""
        plant = self._plant()
        book = self.context.open_orders
        codes = np.append(book.codes(self.history.coded["plant"].words), -1)
        return np.where(plant >= 0, book.at(codes[plant], self._today)[:, 0], np.nan)

    def first_word(self, dimension: str) -> Texts:
        """The first word of a dimension that was known, "" where none was."""
        point, entry = self._entries(dimension)
        _, code, position = self.history.words_of_orders(dimension)
        by = np.lexsort((-position[entry], point))
        names = np.full(len(self), "", dtype=object)
        names[point[by]] = self.history.coded[dimension].words[code[entry[by]]]
        return names

    def _plant(self) -> Ints:
        codes = self.history.coded["plant"].codes
        given = self.history.once(("plant given",), lambda: _last_where(codes >= 0))[self.stop]
        found = given >= self.start
        if self.trace is not None and found[0]:
            self.trace.append(given[:1])
        return np.where(found, codes[given], -1)

    def _records(self, dimension: str, recent: bool) -> tuple[Ints, Floats, Floats]:
        """(decision point, judged orders, failed orders) for each word of a dimension that was known."""
        point, words = self._words(dimension)
        if dimension not in self._keys:
            codes = self.context.track_record[dimension].codes(self.history.coded[dimension].words)
            self._keys[dimension] = np.append(codes, -1)
        keys = self._keys[dimension]
        return point, *self._record(dimension, keys[words], self._today[point], recent)

    def _record(self, dimension: str, key: Ints, day: Ints, recent: bool) -> tuple[Floats, Floats]:
        books = self.context.recent_record if recent else self.context.track_record
        totals = books[dimension].at(key, day).astype(np.float64)
        return totals[:, 0], totals[:, 1]

    def _words(self, dimension: str) -> tuple[Ints, Ints]:
        """(decision point, code) for each word of a dimension that was known."""
        point, entry = self._entries(dimension)
        if self.trace is not None:
            self.trace.append(self.history.words_of_orders(dimension)[2][entry[point == 0]])
        return point, self.history.words_of_orders(dimension)[1][entry]

    def _entries(self, dimension: str) -> tuple[Ints, Ints]:
        """(decision point, entry of ``words_of_orders``) that was known."""
        order, _, position = self.history.words_of_orders(dimension)
        start = np.searchsorted(order, self.order)
        count = np.searchsorted(order, self.order, side="right") - start
        point = np.repeat(np.arange(len(self)), count)
        entry = np.repeat(start, count) + np.arange(len(point)) - np.repeat(np.cumsum(count) - count, count)
        known = position[entry] < self.stop[point]
        return point[known], entry[known]

    # -- evidence ------------------------------------------------------------------------------------------

    def _from(self, days: float | None) -> Ints:
        """The position after the last event recorded ``days`` ago; the order's first if ``days`` is not given."""
        if days is None:
            return self.start
        window = int(days * DAY)
        if window not in self._since:
            history = self.history
            moment = self.as_of - window
            self._since[window] = known_until(history.first, history.recorded, self.order, moment)
        return self._since[window]

    def _state(self, after: Ints) -> Ints:
        """A column that holds after each event, as it stands now; NEVER where nothing is known."""
        return np.where(self.stop > self.start, after[self.stop - 1], NEVER)

    def _saw(self, what: Select | Ints | None, start: Ints) -> None:
        if self.trace is None:
            return
        positions = np.arange(start[0], self.stop[0])
        if isinstance(what, Select):
            positions = positions[self.history.mask(what)[positions]]
        elif what is not None:
            positions = positions[np.isin(positions, what)]
        self.trace.append(positions)

    def _saw_standing(self, things: Standing) -> None:
        """The statements that make things stand; all of them where nothing stands."""
        if self.trace is None:
            return
        relevant = self.history.standing(things)[2]
        relevant = relevant[(relevant >= self.start[0]) & (relevant < self.stop[0])]
        latest = dict(zip(self.history.key(things.by)[relevant], relevant, strict=True))
        on = self.history.mask(things.when)
        standing = [position for position in latest.values() if on[position]]
        self.trace.append(np.array(standing, dtype=np.int64) if standing else relevant)


def _in_units(total: Ints, column: str) -> Floats:
    if column in ("quantity", "value"):
        return total / MICRO
    return total.astype(np.float64)


def _days_between(early: Ints, late: Ints) -> Floats:
    known = (early != NEVER) & (late != NEVER)
    return np.where(known, (np.where(known, late, 0) - np.where(known, early, 0)) / DAY, np.nan)


def _highest(values: Floats, point: Ints, n: int) -> Floats:
    highest = np.full(n, np.nan)
    np.fmax.at(highest, point, values)
    return highest


def _running(values: Ints) -> Ints:
    return np.append(np.int64(0), np.cumsum(values))


def _last_where(given: NDArray[np.bool_]) -> Ints:
    positions = np.where(given, np.arange(len(given)), -1)
    return np.append(np.int64(-1), np.maximum.accumulate(positions) if len(given) else positions)
