"""How good ship dates are on later mornings: beside their baselines, with intervals, and whether ranges hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints, Mask
from features.times import DAY, NEVER, PlantCalendar
from training.data.labelled import week_due_last
from training.data.ship_points import ShipPoints, points_on_mornings
from training.data.snapshots import Snapshots
from training.metrics.bootstrap import Estimate, order_weight_blocks, percentiles
from training.metrics.distribution import LIMIT, NOT_YET, crps, pinball
from training.model.risk_model import RiskModel
from training.ship_date.baselines import fit_date_baselines
from training.ship_date.curve import BEYOND, ShipCurves
from training.ship_date.days import day_of_shipment
from training.ship_date.fit import question_of
from training.ship_date.model import ShipDateModel, ShipForecast
from training.ship_date.ranges import BUCKETS, buckets, is_covered

MODEL, UNBENT = "model", "without the risk"
MORNINGS = 12
TIME_TO_JUDGE = 25 * DAY
"""The last morning lies so long before the end of the records."""
BRIER_DAYS = 30
QUANTILES = (0.1, 0.5, 0.9)
FEWEST_ORDERS = 20


@dataclass(frozen=True)
class RangeCoverage:
    """Of some looks at orders: how often they shipped within the range, and how wide it was, days, the median."""

    name: str
    looks: int
    orders: int
    covered: Estimate
    width: float


@dataclass(frozen=True)
class ShipDateEvaluation:
    """What ship dates of later orders were worth.

    Attributes
    ----------
    mornings, looks, orders, late : what was judged: mornings, orders on them, different orders, looks at late ones
    crps : by model, days, see ``training.metrics.distribution``
    ahead : by baseline, 1 - CRPS of the model / CRPS of the baseline, on the same draws
    integrated_brier : by model, over the first ``BRIER_DAYS`` days
    pinball : by model, of each of ``QUANTILES``, days, of orders that shipped
    error : by model, mean distance of the expected day from the day that came, days
    coverage : of the range: all looks first, then by days to the promise; of those that had time to ship since and were
        not cancelled or closed with less; none where they are few
    """

    mornings: int
    looks: int
    orders: int
    late: int
    crps: dict[str, Estimate]
    ahead: dict[str, Estimate]
    integrated_brier: dict[str, Estimate]
    pinball: dict[str, list[float]]
    error: dict[str, float]
    coverage: list[RangeCoverage]

    @property
    def covered(self) -> Estimate | None:
        """How often orders shipped within their range; ``None`` where too few had time to."""
        return self.coverage[0].covered if self.coverage else None

    @property
    def best_baseline(self) -> str:
        """The baseline with the least CRPS."""
        return min((name for name in self.crps if name not in (MODEL, UNBENT)), key=lambda name: self.crps[name].value)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class CameOn:
    """What came of looks at orders, days since 1970-01-01.

    Attributes
    ----------
    today : (n,)
    day : (n,) on which each shipped, ``NOT_YET`` where it has not
    seen : (n,) where it has not, the first day of which nothing is known
    """

    today: Ints
    day: Ints
    seen: Ints

    @classmethod
    def of(cls, points: ShipPoints, calendar: PlantCalendar) -> CameOn:
        today = calendar.day(points.as_of)
        day = np.maximum(day_of_shipment(points.waited_until, points.promised, calendar), today)
        return cls(today, np.where(points.shipped, day, NOT_YET), day)

    def crps(self, curves: ShipCurves, days: int = LIMIT) -> Floats:
        """(n,) of the curves of these looks."""
        return crps(curves.days.first, curves.days.day, curves.shipped_by, self.today, self.day, self.seen, days)

    def pinball(self, curves: ShipCurves, rows: Mask) -> list[float]:
        """The mean loss of each of ``QUANTILES`` over some looks that shipped, days."""
        return [float(pinball(_quantile(curves, share)[rows], self.day[rows], share).mean()) for share in QUANTILES]

    def days_off(self, curves: ShipCurves, rows: Mask) -> float:
        """The mean distance of the median from the day that came, of some looks that shipped, days."""
        return float(np.abs(_quantile(curves, 0.5) - self.day)[rows].mean())


def judge_ship_dates(
    dates: ShipDateModel,
    learned: ShipPoints,
    test: ShipPoints,
    on_time: Floats,
    calendar: PlantCalendar,
    draws: int = 500,
) -> ShipDateEvaluation:
    """Ship dates beside baselines fitted on what they were learned from.

    Parameters
    ----------
    test : (n,) looks at orders whose outcome was not learned, though some were seen waiting before
    on_time : (n,) one minus their risks as served, NaN where late
    """
    asked = question_of(test)
    forecast = dates.forecast(asked, on_time, calendar)
    curves = {MODEL: forecast.curves, UNBENT: dates.curves(asked, np.full(len(test), np.nan), calendar)}
    curves |= {name: baseline(test) for name, baseline in fit_date_baselines(learned, calendar).items()}
    came = CameOn.of(test, calendar)
    resample = _Resampling(test.order, week_due_last(test.order, test.promised), draws)
    scores = {name: came.crps(each) for name, each in curves.items()}
    early = {name: came.crps(each, BRIER_DAYS) / BRIER_DAYS for name, each in curves.items()}
    return ShipDateEvaluation(
        mornings=len(np.unique(test.as_of)),
        looks=len(test),
        orders=len(np.unique(test.order)),
        late=int(test.late.sum()),
        crps={name: resample.mean(score) for name, score in scores.items()},
        ahead={name: resample.gain(scores[MODEL], score) for name, score in scores.items() if name != MODEL},
        integrated_brier={name: resample.mean(score) for name, score in early.items()},
        pinball={name: came.pinball(each, test.shipped) for name, each in curves.items()},
        error={name: came.days_off(each, test.shipped) for name, each in curves.items()},
        coverage=list(_coverage(forecast, test, came, calendar, resample)),
    )


def _coverage(
    forecast: ShipForecast, test: ShipPoints, came: CameOn, calendar: PlantCalendar, resample: _Resampling
) -> Iterator[RangeCoverage]:
    """How often ranges held, of all looks with time to ship since and by days to the promise."""
    covered = is_covered(forecast.earliest, forecast.latest, came.day).astype(np.float64)
    width = np.where(forecast.latest == BEYOND, LIMIT, forecast.latest - forecast.earliest + 1)
    for name, rows in _rows_by_days(test, came, calendar):
        orders = len(np.unique(test.order[rows]))
        held, median = resample.mean(covered, rows), float(np.median(width[rows]))
        yield RangeCoverage(name, int(rows.sum()), orders, held, median)


def judge_on_mornings(
    model: RiskModel,
    learned: ShipPoints,
    snapshots: Snapshots,
    risks: pd.DataFrame,
    without: Ints,
    draws: int = 500,
) -> ShipDateEvaluation | None:
    """The ship dates of a model on ``MORNINGS`` mornings after it was fitted; ``None`` where nothing can be told.

    Parameters
    ----------
    risks : order, as_of, risk of open orders on mornings, as served
    without : the orders that it has learned from
    """
    if model.ship_dates is None or not len(risks):
        return None
    mornings = np.unique(risks["as_of"].to_numpy())
    mornings = mornings[mornings <= snapshots.until - TIME_TO_JUDGE]
    if not len(mornings):
        return None
    some = mornings[np.unique(np.linspace(0, len(mornings) - 1, MORNINGS).astype(int))]
    test = points_on_mornings(snapshots, some, model.names, without)
    asked = pd.DataFrame({"order": test.order, "as_of": test.as_of})
    risk = asked.merge(risks, how="left", on=["order", "as_of"])["risk"].to_numpy(dtype=np.float64)
    judged = test.late | ~np.isnan(risk)
    test, risk = test.take(judged), risk[judged]
    if len(np.unique(test.order[test.shipped])) < FEWEST_ORDERS:
        return None
    return judge_ship_dates(model.ship_dates, learned, test, 1.0 - risk, snapshots.calendar, draws)


class _Resampling:
    """Means with their intervals when weeks of orders are drawn again."""

    def __init__(self, order: Ints, week: Ints, draws: int) -> None:
        self._blocks = partial(order_weight_blocks, order, week, draws, seed=7)

    def mean(self, values: Floats, rows: Mask | None = None) -> Estimate:
        """Of some rows."""
        some = np.ones(len(values)) if rows is None else rows.astype(np.float64)
        total, looks = np.vstack([times @ np.column_stack([values * some, some]) for times in self._blocks()]).T
        return percentiles(float(values @ some / some.sum()), total[looks > 0] / looks[looks > 0])

    def gain(self, ours: Floats, theirs: Floats) -> Estimate:
        """1 - our mean / their mean."""
        drawn = np.vstack([times @ np.column_stack([ours, theirs]) for times in self._blocks()])
        return percentiles(float(1 - ours.mean() / theirs.mean()), 1 - drawn[:, 0] / drawn[:, 1])


def _rows_by_days(points: ShipPoints, came: CameOn, calendar: PlantCalendar) -> Iterator[tuple[str, Mask]]:
    """Looks with time to ship since: all, then at late orders and those so many days before their promise."""
    judged = points.could_ship(TIME_TO_JUDGE) & (points.dates.ended_at == NEVER)
    if len(np.unique(points.order[judged])) >= FEWEST_ORDERS:
        yield "all", judged
    bucket = buckets(points.late, calendar.day(points.promised) - came.today)
    for place, name in enumerate(BUCKETS):
        some = judged & (bucket == place)
        if len(np.unique(points.order[some])) >= FEWEST_ORDERS:
            yield name, some


def _quantile(curves: ShipCurves, share: float) -> Ints:
    """(n,) the day by which so much has shipped; the day after the last where that is beyond."""
    day = curves.quantile(np.full(len(curves), share))
    return np.where(day == BEYOND, curves.days.day[curves.days.first[1:] - 1] + 1, day)
