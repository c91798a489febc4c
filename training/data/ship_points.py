"""Looks at open and late orders with when they shipped: what ship dates are learned from and judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats, Ints, Mask
from features.known.known import Known
from features.outcomes import ShipDates, ship_dates
from features.times import DAY, NEVER
from training.data.labelled import looks_before, thin
from training.data.shipping_days import ShippingDays
from training.data.snapshots import Snapshots

LATE_AFTER = (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56)
"""Days after its promise on which a late order is looked at."""
BOOKING_TIME = 2 * DAY
"""What is booked within so long of the end of the records may still be missing there."""
MOST_LOOKS, SEED = 30_000, 7
"""So many looks at open orders are learned from at most, and as many at late ones; and what draws them."""
FIELDS = ("signals", "order", "as_of", "promised", "late", "plant", "route", "weight")


@dataclass(frozen=True)
class ShipPoints:
    """``n`` looks at orders that had not shipped.

    Attributes
    ----------
    signals : (n, n_signals) floats, columns ``names``
    order, as_of : (n,) index of the order, microseconds
    promised : (n,) the last promise among the lines to ship, of late orders the first that was broken; microseconds
    late : (n,) True where a promise had passed
    plant, route : (n,) the first known of the order, "" where none was named
    weight : (n,) the looks a row stands for; it knows nothing of what became of the order
    dates : (n,) when each shipped, or ended without, by what is recorded until ``until``
    until : microseconds; who had not shipped or ended by then is censored there
    shipping_days : on which weekdays goods left, by what was recorded until then
    """

    names: list[str]
    signals: Floats
    order: Ints
    as_of: Ints
    promised: Ints
    late: Mask
    plant: NDArray[np.object_]
    route: NDArray[np.object_]
    weight: Floats
    dates: ShipDates
    until: int
    shipping_days: ShippingDays

    def __len__(self) -> int:
        return len(self.order)

    @property
    def shipped(self) -> Mask:
        """(n,) True where the records say when it shipped."""
        return np.asarray(self.dates.shipped_at != NEVER)

    @property
    def waited_until(self) -> Ints:
        """(n,) until when each is known not to have shipped, microseconds: its shipment, its end, or the last records.

        What is booked late may be missing from the last days of the records, so these say nothing.
        """
        ended = np.where(self.dates.ended_at == NEVER, self.until - BOOKING_TIME, self.dates.ended_at)
        return np.where(self.shipped, self.dates.shipped_at, ended)

    def could_ship(self, time: int) -> Mask:
        """(n,) True where so long, microseconds, is recorded after the promise, and after the look."""
        return np.asarray(np.maximum(self.as_of, self.promised) <= self.until - time)

    def take(self, rows: Mask | Ints) -> ShipPoints:
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in FIELDS}
        return replace(self, dates=self.dates.take(rows), **columns)

    def known_at(self, moment: int) -> ShipPoints:
        """The looks up to a moment, microseconds, with what had happened by then."""
        points = self.take(self.as_of <= moment - BOOKING_TIME)
        return replace(points, dates=_settled(points.dates, moment), until=moment)

    def join(self, other: ShipPoints) -> ShipPoints:
        """All rows of both, of the same records."""
        both: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in FIELDS}
        dates = (self.dates, other.dates)
        shipped_at, ended_at = (np.concatenate([getattr(d, n) for d in dates]) for n in ("shipped_at", "ended_at"))
        return replace(self, dates=ShipDates(shipped_at, ended_at), **both)


def points_to_learn(snapshots: Snapshots, until: int, names: list[str]) -> ShipPoints:
    """Looks at open orders, fewer far from the promise, and at late ones, with what was known of them at a moment.

    They are those of mornings, whatever looks the risk is learned from: a date is asked for at any distance.

    Parameters
    ----------
    until : microseconds
    names : the signals
    """
    daily = snapshots.with_scheme("daily")
    look = looks_before(daily.points.order)
    early = np.flatnonzero(daily.points.as_of <= until - BOOKING_TIME)
    known = Known(daily.history, daily.points.take(early), daily.context)
    kept, stands_for = thin(look[early], known.days_until(known.due()))
    some = _draw(len(kept))
    shipping_days = ShippingDays.of(snapshots.history, snapshots.context, until)
    open_ = _points(daily, early[kept[some]], until, names, shipping_days, late=False)
    late = snapshots.late(LATE_AFTER)
    of_late = np.flatnonzero(late.points.as_of <= until - BOOKING_TIME)
    rows = of_late[_draw(len(of_late))]
    weight = _gaps(late, rows) * (len(of_late) / max(len(rows), 1))
    late_ = replace(_points(late, rows, until, names, shipping_days, late=True), weight=weight)
    return replace(open_, weight=stands_for[some] * (len(kept) / max(len(some), 1))).join(late_)


def _settled(dates: ShipDates, until: int) -> ShipDates:
    """What happened early enough before a moment, microseconds, for bookings of it not to be missing for some alone."""
    last = until - BOOKING_TIME
    return ShipDates(*(np.where(at <= last, at, NEVER) for at in (dates.shipped_at, dates.ended_at)))


def _draw(n: int) -> Ints:
    """At most ``MOST_LOOKS`` of so many rows, drawn at random, in their order."""
    if n <= MOST_LOOKS:
        return np.arange(n)
    return np.sort(np.random.default_rng([SEED, n]).choice(n, MOST_LOOKS, replace=False))


def points_on_mornings(snapshots: Snapshots, mornings: Ints, names: list[str], without: Ints) -> ShipPoints:
    """Every open and every late order at some starts of day, microseconds, but for some orders."""
    shipping_days = ShippingDays.of(snapshots.history, snapshots.context, snapshots.until)
    parts = []
    for late, some in ((False, snapshots.with_scheme("daily")), (True, snapshots.late())):
        rows = np.flatnonzero(np.isin(some.points.as_of, mornings) & ~np.isin(some.points.order, without))
        parts.append(_points(some, rows, snapshots.until, names, shipping_days, late=late))
    return parts[0].join(parts[1])


def _points(
    snapshots: Snapshots, rows: Ints, until: int, names: list[str], shipping_days: ShippingDays, late: bool
) -> ShipPoints:
    points = snapshots.points.take(rows)
    known = Known(snapshots.history, points, snapshots.context)
    columns = [snapshots.names.index(name) for name in names]
    signals = snapshots.signals(rows)
    return ShipPoints(
        names=names,
        signals=signals if columns == list(range(signals.shape[1])) else signals[:, columns],
        order=points.order,
        as_of=points.as_of,
        promised=known.due() if late else known.last_due(),
        late=np.full(len(rows), late),
        plant=known.first_word("plant"),
        route=known.first_word("route"),
        weight=np.ones(len(rows)),
        dates=_settled(ship_dates(snapshots.history, points.order, points.as_of, until), until),
        until=until,
        shipping_days=shipping_days,
    )


def _gaps(late: Snapshots, rows: Ints) -> Floats:
    """(n,) the days that each look at a late order stands for: those until the next one of ``LATE_AFTER``."""
    known = Known(late.history, late.points.take(rows), late.context)
    days = known.context.calendar.day(known.as_of) - known.due_day()
    steps = np.append(np.diff(LATE_AFTER), LATE_AFTER[-1] - LATE_AFTER[-2])
    return np.asarray(steps[np.searchsorted(LATE_AFTER, days).clip(max=len(steps) - 1)], dtype=np.float64)
