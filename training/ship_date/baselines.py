"""What ship dates are compared with: how long orders about as near to their promise used to take, from one date on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from features.times import PlantCalendar
from training.data.ship_points import ShipPoints
from training.metrics.distribution import LIMIT
from training.ship_date.curve import ShipCurves
from training.ship_date.days import Days, day_of_shipment

REACH = 400
"""Days before and after its date within which an order can ship."""
NEAR = np.array([0, 1, 3, 5, 8, 11, 15, 22, 31, 46])
"""Days to the promise at which orders are no longer about as near."""
ENOUGH = 20.0
"""Looks that must have been waiting on a day for its own hazard to count; of fewer, that of all orders does."""
Anchor = Callable[[ShipPoints, PlantCalendar], Ints]
Baseline = Callable[[ShipPoints], ShipCurves]


def _today(points: ShipPoints, calendar: PlantCalendar) -> Ints:
    return calendar.day(points.as_of)


def _promise(points: ShipPoints, calendar: PlantCalendar) -> Ints:
    return calendar.day(points.promised)


def _in_days(signal: str) -> Anchor:
    """A date that a signal counts the days to; the promise where none is known."""

    def anchor(points: ShipPoints, calendar: PlantCalendar) -> Ints:
        days = np.floor(points.signals[:, points.names.index(signal)])
        known = np.isfinite(days)
        return np.where(known, _today(points, calendar) + np.where(known, days, 0), _promise(points, calendar)).astype(
            int
        )

    return anchor


ANCHORS: dict[str, Anchor] = {
    "past lateness": _promise,
    "Kaplan-Meier by days to promise": _today,
    "usual time left": _in_days("usual_days_left"),
    "planned end": _in_days("days_to_planned_end"),
    "planned truck": _in_days("days_to_truck"),
}
"""By name, the date from which shipments are counted."""


@dataclass(frozen=True)
class DelayTable:
    """How orders shipped by days from a date: product-limit hazards, by nearness to the promise.

    Kaplan & Meier (1958), with orders entering on the day they were looked at (left truncation).

    Attributes
    ----------
    hazard : (len(NEAR) + 1, 2 * REACH) chance to ship so many days after the date, of those that had not before
    """

    anchor: Anchor
    calendar: PlantCalendar
    hazard: Floats

    @classmethod
    def of(cls, points: ShipPoints, anchor: Anchor, calendar: PlantCalendar) -> DelayTable:
        date, today = anchor(points, calendar), calendar.day(points.as_of)
        enter = _place(today - date)
        left = day_of_shipment(points.waited_until, points.promised, calendar)
        leave = np.maximum(_place(left - date), enter)
        near = _nearness(points, calendar)
        ships, waiting = np.zeros((2, len(NEAR) + 1, 2 * REACH + 1))
        np.add.at(ships, (near[points.shipped], leave[points.shipped]), points.weight[points.shipped])
        np.add.at(waiting, (near, enter), points.weight)
        np.subtract.at(waiting, (near, leave + points.shipped), points.weight)
        waiting = np.cumsum(waiting, axis=1)[:, :-1]
        ships = ships[:, :-1]
        all_ships, all_waiting = ships.sum(axis=0), waiting.sum(axis=0)
        usual = all_ships / np.maximum(all_waiting, 1e-9)
        own = ships / np.maximum(waiting, 1e-9)
        return cls(anchor, calendar, np.where(waiting >= ENOUGH, own, usual).clip(0.0, 1.0))

    def curves(self, points: ShipPoints) -> ShipCurves:
        today = self.calendar.day(points.as_of)
        enter = _place(today - self.anchor(points, self.calendar))
        place = np.minimum(enter[:, None] + np.arange(LIMIT), 2 * REACH - 1)
        hazard = self.hazard[_nearness(points, self.calendar)[:, None], place]
        n = len(points)
        days = Days(
            np.arange(n + 1) * LIMIT, np.repeat(np.arange(n), LIMIT), (today[:, None] + np.arange(LIMIT)).ravel()
        )
        return ShipCurves(days, (1.0 - np.cumprod(1.0 - hazard, axis=1)).ravel())


def fit_date_baselines(learned: ShipPoints, calendar: PlantCalendar) -> dict[str, Baseline]:
    """Each baseline of the looks that a model has learned from."""
    return {name: DelayTable.of(learned, anchor, calendar).curves for name, anchor in ANCHORS.items()}


def _nearness(points: ShipPoints, calendar: PlantCalendar) -> Ints:
    return np.searchsorted(NEAR, calendar.day(points.promised) - calendar.day(points.as_of), side="right")


def _place(days: Ints) -> Ints:
    """(n,) the column of so many days after the date."""
    return (days + REACH).clip(0, 2 * REACH - 1)
