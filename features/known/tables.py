"""The holds, shortages and conditions that are open, and the lines of an order, at each decision point."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.engine.arithmetic import (
    added_up,
    count_in_turn,
    count_of,
    days_between,
    highest,
    in_units,
    only_where,
)
from features.events.schema import MICRO, READINESS_KINDS
from features.known.scope import Scope
from features.orders.line_state import line_events
from features.orders.work import AFTER, AT, lines_at, work_events
from features.times import DAY

OF_THE_GOODS = sum(1 << place for place, kind in enumerate(READINESS_KINDS) if kind != "carrier")


class RowsPerPoint:
    """Rows that belong to decision points.

    Attributes
    ----------
    point : (n_rows,) the decision point of each row, ascending
    """

    def __init__(self, scope: Scope, point: Ints) -> None:
        self.scope = scope
        self.point = point

    def count(self, rows: Mask) -> Floats:
        """(n_points,) how many of the rows hold."""
        reduced: Floats = count_of(self.point, rows, len(self.scope))
        return reduced

    def highest(self, values: Floats) -> Floats:
        """(n_points,) the highest value, NaN ones left out; NaN where there is none."""
        reduced: Floats = highest(self.point, values, len(self.scope))
        return reduced

    def lowest(self, values: Floats) -> Floats:
        """(n_points,) the lowest value, NaN ones left out; NaN where there is none."""
        return -self.highest(-values)

    def sum(self, values: Floats) -> Floats:
        """(n_points,) the sum of the values, NaN ones left out; 0 where there is none."""
        reduced: Floats = added_up(self.point, values, len(self.scope))
        return reduced


class OpenSpells(RowsPerPoint):
    """The spells that are open at each decision point.

    Attributes
    ----------
    since : (n_rows,) microseconds; when it began
    date : (n_rows,) microseconds; the date that the latest statement gives, NEVER where it gives none
    position : (n_rows,) the event that is the latest statement
    line : (n_rows,) index of the line that it is for, -1 for the whole order
    """

    def __init__(self, scope: Scope, point: Ints, since: Ints, position: Ints) -> None:
        super().__init__(scope, point)
        self.since = since
        self.position = position
        self.date: Ints = scope.history.date[position]
        self.line: Ints = scope.history.line[position]

    def days_of_oldest(self) -> Floats:
        """(n_points,) days for which the oldest has been open, NaN where nothing is."""
        return self.highest(days_between(self.since, self.scope.as_of[self.point]))

    def count_before(self, moment: Ints) -> Floats:
        """(n_points,) how many state a date before a moment, (n_points,) microseconds; NEVER is no moment."""
        reduced: Floats = count_in_turn(self.point, self.date, moment[self.point], len(self.scope))
        return reduced


class LineTable(RowsPerPoint):
    """The known lines of each order that are not cancelled.

    Attributes
    ----------
    item : (n_rows,) code of the item, -1 for none
    open : (n_rows,) True where the line is still to ship
    ordered, issued : (n_rows,) units of the line
    promise, stage_since, created : (n_rows,) microseconds; ``stage_since`` is when the line entered its stage
    finished, stage : (n_rows,) finished operations; 0 before the work begins, then one more than these
    begun : (n_rows,) True where work is released or confirmed
    met, not_met : (n_rows,) shipping conditions as bits
    centre : (n_rows,) code of the work centre of the last confirmation
    met_of_order : (n_points,) conditions that are met for the whole order, as bits
    started, scrap : (n_rows,) the quantity for which work was released, NaN where none was stated, and what was lost
    at, after : (n_rows,) True where the line is at that work centre, or has left it (-1: is released and not begun)
    """

    def __init__(self, scope: Scope, usual_operations: Callable[[], Floats]) -> None:
        history = scope.history
        rows, self.met_of_order = lines_at(line_events(history), work_events(history), scope.order, scope.stop)
        super().__init__(scope, rows.point)
        self._usual_operations = usual_operations
        self.item, self.promise, self.stage_since = rows.item, rows.promise, rows.stage_since
        self.created, self.finished, self.centre = rows.created, rows.finished, rows.centre
        self.met, self.not_met = rows.met, rows.not_met
        self.open, self.begun = rows.open == 1, rows.begun == 1
        self.stage: Ints = np.where(self.begun, rows.finished + 1, 0)
        self.at, self.after = rows.mode == AT, rows.mode == AFTER
        self.ordered, self.issued = rows.ordered / MICRO, rows.issued / MICRO
        self.started: Floats = in_units(rows.started, MICRO)
        self.scrap: Floats = rows.scrap / MICRO

    @cached_property
    def days_in_stage(self) -> Floats:
        """(n_rows,) days since the line entered its stage."""
        return np.asarray((self.scope.as_of[self.point] - self.stage_since) / DAY)

    @cached_property
    def days_to_promise(self) -> Floats:
        """(n_rows,) days from now to the line's promise, NaN where it has none."""
        days: Floats = days_between(self.scope.as_of[self.point], self.promise)
        return days

    @property
    def ready(self) -> Mask:
        """(n_rows,) True where a shipping condition of the goods (not the carrier) is met and none is not."""
        return np.asarray((self.met & OF_THE_GOODS != 0) & (self.not_met == 0))

    @cached_property
    def complete(self) -> Mask:
        """(n_rows,) True where a line shipped, is closed, or has the operations finished its item usually needs."""
        usual = self._usual_operations()
        return np.asarray(~self.open | ((np.rint(usual) <= self.finished) & (self.finished >= 1)))

    def of_open(self, values: Floats) -> Floats:
        """(n_rows,) the values of open lines, NaN for the rest."""
        reduced: Floats = only_where(self.open, values)
        return reduced
