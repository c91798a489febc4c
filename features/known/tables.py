"""The holds, shortages and conditions that stand, and the lines of an order, at each decision point."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Floats, Ints, Mask
from features.engine.arithmetic import (
    added_up,
    count_in_turn,
    count_of,
    days_between,
    highest,
    in_units,
    latest_of,
    only_where,
)
from features.events.schema import MICRO, READINESS_KINDS
from features.orders.commitments import line_columns, operation_words
from features.orders.work import AFTER, AT, LINE_ROWS, lines_at
from features.times import DAY

if TYPE_CHECKING:
    from features.known.known import Known

OF_THE_GOODS = sum(1 << place for place, kind in enumerate(READINESS_KINDS) if kind != "carrier")


class PerPoint:
    """Rows that belong to decision points.

    Attributes
    ----------
    point : (n_rows,) the decision point of each row, ascending
    """

    def __init__(self, known: Known, point: Ints) -> None:
        self.known = known
        self.point = point

    def count(self, rows: Mask) -> Floats:
        """(n_points,) how many of the rows hold."""
        found: Floats = count_of(self.point, rows, len(self.known))
        return found

    def highest(self, values: Floats) -> Floats:
        """(n_points,) the highest value, NaN ones left out; NaN where there is none."""
        found: Floats = highest(self.point, values, len(self.known))
        return found

    def lowest(self, values: Floats) -> Floats:
        """(n_points,) the lowest value, NaN ones left out; NaN where there is none."""
        return -self.highest(-values)

    def sum(self, values: Floats) -> Floats:
        """(n_points,) the sum of the values, NaN ones left out; 0 where there is none."""
        found: Floats = added_up(self.point, values, len(self.known))
        return found


class Things(PerPoint):
    """What stands at each decision point.

    Attributes
    ----------
    since : (n_rows,) microseconds; when it began to stand
    date : (n_rows,) microseconds; the date that the latest statement gives, NEVER where it gives none
    position : (n_rows,) the event that is the latest statement
    """

    def __init__(self, known: Known, point: Ints, since: Ints, position: Ints) -> None:
        super().__init__(known, point)
        self.since = since
        self.position = position
        self.date: Ints = known.history.date[position]

    def days_of_oldest(self) -> Floats:
        """(n_points,) days for which the oldest has stood, NaN where nothing stands."""
        return self.highest(days_between(self.since, self.known.as_of[self.point]))

    def count_before(self, moment: Ints) -> Floats:
        """(n_points,) how many state a date before a moment, (n_points,) microseconds; NEVER is no moment."""
        found: Floats = count_in_turn(self.point, self.date, moment[self.point], len(self.known))
        return found

    def count_after(self, moment: Ints) -> Floats:
        """(n_points,) how many state a date after a moment, (n_points,) microseconds; NEVER is no moment."""
        found: Floats = count_in_turn(self.point, moment[self.point], self.date, len(self.known))
        return found

    def latest_date(self) -> Ints:
        """(n_points,) the latest date stated, NEVER where none is."""
        latest: Ints = latest_of(self.point, self.date, len(self.known))
        return latest


class Lines(PerPoint):
    """The known lines of each order that are not cancelled.

    Attributes
    ----------
    item : (n_rows,) code of the item, -1 for none
    open : (n_rows,) True where the line is still to ship
    ordered, issued : (n_rows,) units of the line
    promise, stage_since, created : (n_rows,) microseconds; ``stage_since`` is when the line entered its stage
    finished : (n_rows,) finished operations: the stage
    begun : (n_rows,) True where work is released or confirmed
    met, not_met : (n_rows,) shipping conditions as bits
    centre : (n_rows,) code of the work centre of the last confirmation
    met_of_order : (n_points,) conditions that are met for the whole order, as bits
    started, scrap : (n_rows,) the quantity for which work was released, NaN where none was stated, and what was lost
    at, after : (n_rows,) True where the line is at that work centre, or has left it (-1: is released and not begun)
    """

    def __init__(self, known: Known) -> None:
        history = known.history
        rows, self.met_of_order = lines_at(
            *line_columns(history), history.saying, *operation_words(history), history.coded["item"].codes,
            history.coded["work_center"].codes, history.recorded, history.occurred, known.order, known.stop,
        )  # fmt: skip
        row = dict(zip(LINE_ROWS, rows, strict=True))
        super().__init__(known, row["point"])
        self.item, self.promise, self.stage_since = row["item"], row["promise"], row["stage_since"]
        self.created, self.finished, self.centre = row["created"], row["finished"], row["centre"]
        self.met, self.not_met = row["met"], row["not_met"]
        self.open, self.begun = row["open"] == 1, row["begun"] == 1
        self.at, self.after = row["mode"] == AT, row["mode"] == AFTER
        self.ordered, self.issued = row["ordered"] / MICRO, row["issued"] / MICRO
        self.started: Floats = in_units(row["started"], MICRO)
        self.scrap: Floats = row["scrap"] / MICRO

    @cached_property
    def days_in_stage(self) -> Floats:
        """(n_rows,) days since the line entered its stage."""
        return np.asarray((self.known.as_of[self.point] - self.stage_since) / DAY)

    @cached_property
    def days_to_promise(self) -> Floats:
        """(n_rows,) days from now to the line's promise."""
        return np.asarray((self.promise - self.known.as_of[self.point]) / DAY)

    @property
    def ready(self) -> Mask:
        """(n_rows,) True where a shipping condition of the goods (not the carrier) is met and none is not."""
        return np.asarray((self.met & OF_THE_GOODS != 0) & (self.not_met == 0))

    @cached_property
    def complete(self) -> Mask:
        """(n_rows,) True where a line shipped, is closed, or has the operations finished its item usually needs."""
        usual = self.known.others.usual_operations()
        return np.asarray(~self.open | ((np.rint(usual) <= self.finished) & (self.finished >= 1)))

    def of_open(self, values: Floats) -> Floats:
        """(n_rows,) the values of open lines, NaN for the rest."""
        found: Floats = only_where(self.open, values)
        return found
