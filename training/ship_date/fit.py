"""Learn the hazards of days from orders as they stood, and how wide a range must be from later ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.arrays import Floats, Mask
from features.times import DAY, NEVER, PlantCalendar
from training.data.ship_points import ShipPoints
from training.data.split import last_looks
from training.lightgbm import UNREAD, load_lightgbm
from training.metrics.distribution import NOT_YET
from training.ship_date.days import OF_DAY, Days, columns_of_days, day_of_shipment, days_asked, places
from training.ship_date.model import NEEDED, ShipDateModel, ShipQuestion
from training.ship_date.ranges import Ranges, buckets
from training.ship_date.usual import UsualHazards

ROUNDS = 60
MOST_ROWS = 100_000
"""Days without a shipment that are learned from at most, beside all with one; a draw of them stands for the others."""
FEWEST_SHIPPED = 50
"""Orders that must have shipped before dates are foretold."""
LATER = 0.35
"""Share of the orders on which the ranges are fitted, by trees of those before."""
TREES = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 15, "min_child_samples": 300, "feature_fraction": 0.3,
    "bagging_fraction": 0.6, "bagging_freq": 1, "max_bin": 63, "lambda_l2": 1.0, "verbosity": -1, "deterministic": True,
    "force_col_wise": True, "seed": 7,
}  # fmt: skip
SEED = 7
TIME_TO_SHIP = 30 * DAY
"""Whose promise lies later than so long before the end of the records says nothing of how wide a range must be."""


def fit_ship_dates(
    points: ShipPoints, calendar: PlantCalendar, on_time: Floats, bends: bool = True
) -> ShipDateModel | None:
    """The model of looks at orders; ``None`` where too few shipped, or its signals are not among those given.

    Trees of the earlier orders foretell the later ones, whose ranges are then made as wide as four of five of them
    need; the trees that are kept have learned of all.

    Parameters
    ----------
    on_time : (n,) the probability that each is on time, by a model that has not learned of it; NaN where there is none
    bends : see ``ShipDateModel``
    """
    if not set(points.names) >= NEEDED or len(np.unique(points.order[points.shipped])) < FEWEST_SHIPPED:
        return None
    earlier, later, known_then = split(points)
    model, whole = (grow(some, calendar, bends) for some in (earlier, points))
    if model is None or whole is None or len(np.unique(later.order)) < FEWEST_SHIPPED:
        return whole
    return replace(whole, ranges=fit_ranges(model, later, calendar, on_time[known_then]))


def split(points: ShipPoints) -> tuple[ShipPoints, ShipPoints, Mask]:
    """Looks as they were known when two of three orders had their last one, the looks after it, and which these are.

    Those that had no month after their promise to ship in are left out of the later ones.
    """
    lasts = last_looks(points.order, points.as_of)
    at = int(lasts[int(len(lasts) * (1 - LATER)) - 1])
    later = (points.as_of > at) & points.could_ship(TIME_TO_SHIP)
    return points.known_at(at), points.take(later), later


def fit_ranges(model: ShipDateModel, later: ShipPoints, calendar: PlantCalendar, on_time: Floats) -> Ranges:
    """The ranges that later orders need which were not cancelled or closed with less.

    Orders of which no unseen risk is there have the curve of the hazards alone.
    """
    judged = later.dates.ended_at == NEVER
    later, on_time = later.take(judged), on_time[judged]
    asked = question_of(later)
    day = day_of_shipment(np.maximum(later.waited_until, later.as_of), later.promised, calendar)
    shipped = np.where(later.shipped, day, NOT_YET)
    days_to_promise = calendar.day(later.promised) - calendar.day(later.as_of)
    return Ranges.fit(
        model.curves(asked, on_time, calendar), shipped, buckets(later.late, days_to_promise), later.weight
    )


def question_of(points: ShipPoints) -> ShipQuestion:
    """What is asked of looks at orders."""
    return ShipQuestion(points.signals, points.as_of, points.promised, points.late, points.plant, points.route)


def grow(points: ShipPoints, calendar: PlantCalendar, bends: bool) -> ShipDateModel | None:
    """The model without its ranges; ``None`` where too few days are known of orders that shipped.

    Trees add to what is usual so many days before or after a promise: they need not learn that most ships near it.
    """
    draw = np.random.default_rng([SEED, len(points)])
    asked = question_of(points).on_calendar(calendar, points.shipping_days)
    days = days_asked(asked)
    at_risk, ships = days_at_risk(days, points, calendar)
    if ships.sum() < FEWEST_SHIPPED:
        return None
    weight = points.weight[days.row]
    usual = UsualHazards.of(*places(asked, days, np.flatnonzero(at_risk)), ships[at_risk], weight[at_risk])
    share = min(1.0, MOST_ROWS / max(int((at_risk & ~ships).sum()), 1))
    rows = np.flatnonzero(at_risk & (ships | (draw.random(len(ships)) < share)))
    columns = np.hstack([columns_of_days(asked, days, points.names, rows), points.signals[days.row[rows]]])
    weight = np.where(ships[rows], 1.0, 1.0 / share) * weight[rows]
    names = [*OF_DAY, *points.names]
    parameters = TREES | {"feature_contri": [0.0 if name in UNREAD else 1.0 for name in names], "num_threads": 1}
    begin = usual.at(*places(asked, days, rows))
    library = load_lightgbm()
    table = library.Dataset(columns, ships[rows] * 1.0, weight=weight, init_score=begin, feature_name=names)
    booster = library.train(parameters, table, ROUNDS)
    return ShipDateModel(points.names, booster, usual, points.shipping_days, bends=bends)


def days_at_risk(days: Days, points: ShipPoints, calendar: PlantCalendar) -> tuple[Mask, Mask]:
    """(n_days,) on which days an order was seen that had not shipped before, and on which of them it shipped.

    What leaves on a day on which nothing is expected to leaves on the next one that is.
    """
    day = day_of_shipment(points.waited_until, points.promised, calendar)
    of_order, shipped = day[days.row], points.shipped[days.row]
    begins = np.append(True, days.row[1:] != days.row[:-1])[: len(days.row)]
    before = np.where(begins, np.iinfo(np.int64).min, np.append(0, days.day[:-1])[: len(days.day)])
    ships = shipped & (of_order > before) & (of_order <= days.day)
    return np.asarray((shipped & (of_order > before)) | (~shipped & (days.day < of_order))), ships
