"""The level of each plant: how far failures have lately exceeded what was expected, as an intercept that follows.

A model learns from the past, and the world moves on: a season brings more orders than the plant can make, a line is
down for a month, a supplier fails, and the orders of a plant fail more often than their signals tell. What became of
orders whose outcome is known by a morning says so. The level is added to the log-odds of a plant's orders.

It is the sum of what lasts, of all plants and of each around it, and of what is new in all of them: outcomes of two
months move the first two, those of the last weeks the third. One look an order counts, the first at a fixed time
before its promise, so looks are as independent as orders are, and no order counts more because it stayed open longer.

Beside it each plant has a slope: where what is known of its orders has lately told less of what came of them than the
model learned, its risks are drawn together, at worst to one for all; where it has told more, they are drawn apart.

A discounted likelihood, as in West & Harrison (1997), Bayesian forecasting and dynamic models, with normal priors that
draw each part to 0: what chance gives on few orders moves it little.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import rankdata

from features.arrays import Floats, Ints, Mask
from features.times import DAY, PlantCalendar, plant_calendar
from training.data.labelled import LabelledPoints
from training.model.calibration import fit_intercept, fit_slope

NOTICE_DAYS = 4.0
"""The first look at an order so many days before its promise, or later, counts, where orders are looked at so late."""
LASTING_DAYS, NEW_DAYS = 60.0, 7.0
"""An outcome known for so long counts half: in what lasts, and in what is new."""
SLOPE_DAYS = 120.0
"""In the slope of a plant."""
REACH_DAYS = 365.0
"""One known for longer counts nothing (1.5 % at the longer half-life)."""
ALL_PRIOR, PLANT_PRIOR, NEW_PRIOR = 1.0, 4.0, 8.0
"""Inverse variances of the priors, in log-odds: of what lasts in all plants, in one around it, and of what is new."""
SLOPE_PRIOR = 4.0
"""Inverse variance of the prior of a plant's slope, around 1."""
SHOWN_DAYS = 30
"""A level is told with the outcomes that became known in the last so many days."""
FEWEST_JUDGED, FEWEST_OF_A_KIND = 100, 20
"""So many orders of a plant, and so many that failed and that did not, say whether its risks tell anything."""
SIGMAS, USELESS_AUC = 1.96, 0.55
"""They tell something where the area under their ROC curve is above this by so many standard errors."""
DECIMALS = 4
"""A level is rounded, in log-odds: what is too small to see is nothing."""
COLUMNS = ("known_at", "plant", "log_odds", "failed")


class PlantTerms(NamedTuple):
    """What the level of its plant makes of the log-odds of each of ``n`` orders, see ``training.model.risk_model``.

    ``base + slope * (log-odds of the model - base) + log_odds`` are those of the risk, ``base`` being those of the
    model before it looks at an order.

    Attributes
    ----------
    log_odds : (n,) what is added
    slope : (n,) by what that which signals add is multiplied
    """

    log_odds: Floats
    slope: Floats

    @classmethod
    def adding(cls, log_odds: Floats) -> PlantTerms:
        """Log-odds (n,) are added and nothing is multiplied."""
        return cls(log_odds, np.ones(len(log_odds)))

    def apply(self, log_odds: Floats, base: float) -> Floats:
        """(n,) log-odds of the risk, of those of the model (n,) without any level."""
        return np.asarray(log_odds + (self.slope - 1.0) * (log_odds - base) + self.log_odds)


@dataclass(frozen=True)
class Level:
    """What is added to the log-odds of orders, and what speaks for it.

    Attributes
    ----------
    log_odds : what is added
    slope : by what that which signals add is multiplied
    of_slope : the part of what is added that keeps the plant's mean where it is while its risks are stretched or drawn
        together around the base
    orders, observed : the orders whose outcome has lately become known, and how many of them failed
    expected : how many were expected to, the sum of their risks without any level
    judged : the orders of the last year whose outcome is known
    auc, auc_error : how well their risks told those that failed from the others, the area under the ROC curve and its
        standard error; ``None`` where too few failed or too few did not
    """

    log_odds: float = 0.0
    orders: int = 0
    observed: int = 0
    expected: float = 0.0
    judged: int = 0
    auc: float | None = None
    auc_error: float | None = None
    slope: float = 1.0
    of_slope: float = 0.0

    @property
    def lately(self) -> float:
        """Log-odds added because more, or fewer, orders failed than was expected."""
        return self.log_odds - self.of_slope

    @property
    def is_by_slope(self) -> bool:
        """Whether what is added is more of the slope's than of what came lately."""
        return abs(self.of_slope) > abs(self.lately)

    @property
    def tells_nothing(self) -> bool:
        """Whether enough orders are known, and their risks did not tell failures from the others beyond chance."""
        if self.auc is None or self.auc_error is None or self.judged < FEWEST_JUDGED:
            return False
        return self.auc - SIGMAS * self.auc_error < USELESS_AUC

    @property
    def is_shown_by_counts(self) -> bool:
        """Whether more failed than expected where what is added for it is above 0, and fewer where it is below."""
        return (self.observed - self.expected) * self.lately > 0


@dataclass(frozen=True)
class Levels:
    """The level of each plant, and that of orders of other plants or of none.

    Attributes
    ----------
    days : "lately" are the last so many days
    """

    overall: Level = Level()
    plants: Mapping[str, Level] = field(default_factory=dict)
    days: int = 0

    def of_plant(self, plant: str) -> Level:
        return self.plants.get(plant, self.overall)

    def sentence(self, plant: str, rises: bool) -> str:
        """What the level of a plant tells a planner of an order, with the counts of the plant, or of all, that say so.

        ``rises`` is whether it adds to the risk of the order, which a slope does on one side of what is usual alone.

        >>> plants = {"Kiel": Level(0.5, 40, 20, 9.6), "Ulm": Level(0.2, 9, 0, 1.0)}
        >>> levels = Levels(Level(0.4, 90, 31, 21.8), plants, 30)
        >>> levels.sentence("Kiel", rises=True)
        'orders of Kiel have lately failed more often than expected: 20 of 40 in 30 days, where 10 were expected'
        >>> levels.sentence("Ulm", rises=True)
        'orders of all plants have lately failed more often than expected: 31 of 90 in 30 days, where 22 were expected'
        >>> Levels(plants={"Bonn": Level(0.5, slope=0.4, of_slope=0.6)}).sentence("Bonn", rises=True)
        'orders of plant Bonn that looked as risky as this one have lately failed more often than expected'
        """
        level = self.of_plant(plant)
        if level.is_by_slope:
            often = "more" if rises else "less"
            those = f"orders of plant {plant} that looked as risky as this one"
            return f"{those} have lately failed {often} often than expected"
        often = "more" if level.lately > 0 else "less"
        own = plant in self.plants and level.is_shown_by_counts
        whose, shown = (plant, level) if own else ("all plants", self.overall)
        said = f"orders of {whose} have lately failed {often} often than expected"
        if not shown.is_shown_by_counts or shown.lately * level.lately < 0:
            return said
        count = f"{shown.observed:,} of {shown.orders:,} in {self.days} days"
        return f"{said}: {count}, where {shown.expected:,.0f} were expected"

    def terms(self, plant: NDArray[np.object_]) -> PlantTerms:
        """What becomes of the log-odds of orders of plants (n,)."""
        levels = [self.of_plant(str(name)) for name in plant]
        log_odds, slope = ([getattr(level, name) for level in levels] for name in ("log_odds", "slope"))
        return PlantTerms(np.array(log_odds, dtype=np.float64), np.array(slope, dtype=np.float64))

    def entries(self) -> list[dict[str, Any]]:
        """One a plant by name, and last that of all others, whose ``plant`` is ``None``."""
        named = [*((name, self.plants[name]) for name in sorted(self.plants)), (None, self.overall)]
        return [{"plant": name} | asdict(level) | {"days": self.days} for name, level in named]

    def to_json(self) -> dict[str, Any]:
        plants = {name: asdict(self.plants[name]) for name in sorted(self.plants)}
        return {"overall": asdict(self.overall), "plants": plants, "days": self.days}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Levels:
        plants = {name: Level(**level) for name, level in stored["plants"].items()}
        return cls(Level(**stored["overall"]), plants, stored["days"])


@dataclass(frozen=True)
class MaturedLooks:
    """``n`` orders whose outcome is known, with what was expected of each by a model that had not seen it.

    Attributes
    ----------
    known_at : (n,) when the outcome was known, microseconds
    plant : (n,) names, "" where none was named
    log_odds : (n,) expected, calibrated, without any level
    failed : (n,) 1.0 for missed or partial, else 0.0
    notice : days before the promise at which orders are looked at, see ``notice_of``
    """

    known_at: Ints
    plant: NDArray[np.object_]
    log_odds: Floats
    failed: Floats
    notice: float = NOTICE_DAYS

    def __len__(self) -> int:
        return len(self.known_at)

    @classmethod
    def none(cls, notice: float = NOTICE_DAYS) -> MaturedLooks:
        return cls(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object), np.zeros(0), np.zeros(0), notice)

    @classmethod
    def of(cls, points: LabelledPoints, log_odds: Floats, notice: float | None = None) -> MaturedLooks:
        """The look of each order that counts, of points whose outcome is settled and their log-odds (n,)."""
        notice = notice_of(points) if notice is None else notice
        rows = first_within(points.order, points.as_of, points.days_to_promise, notice)
        return cls(points.known_at[rows], points.plant[rows], log_odds[rows], points.failed[rows], notice)

    def take(self, rows: Mask | Ints) -> MaturedLooks:
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})

    def join(self, other: MaturedLooks) -> MaturedLooks:
        """Both, one after the other."""
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in COLUMNS
        }
        return replace(self, **columns)

    def recent(self, as_of: int, days: float = REACH_DAYS) -> MaturedLooks:
        """Those that became known in the days up to a moment, microseconds; sorted, whatever their order was."""
        looks = self.take((self.known_at <= as_of) & (self.known_at > as_of - days * DAY))
        return looks.take(np.lexsort((looks.failed, looks.log_odds, looks.plant.astype(str), looks.known_at)))

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in COLUMNS} | {"notice": self.notice}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> MaturedLooks:
        return cls(
            np.array(stored["known_at"], dtype=np.int64),
            np.array(stored["plant"], dtype=object),
            np.array(stored["log_odds"], dtype=np.float64),
            np.array(stored["failed"], dtype=np.float64),
            stored["notice"],
        )


def notice_of(points: LabelledPoints) -> float:
    """How many days before its promise a look counts: ``NOTICE_DAYS``, or as late as the points look at orders.

    Orders that fail stay open until their promise, so their last looks show how late that is.
    """
    failed = np.flatnonzero(points.failed == 1)
    if not len(failed):
        return NOTICE_DAYS
    by = failed[np.lexsort((points.as_of[failed], points.order[failed]))]
    last = np.append(points.order[by][1:] != points.order[by][:-1], True)
    return max(NOTICE_DAYS, float(np.median(points.days_to_promise[by[last]])))


def first_within(order: Ints, as_of: Ints, days_to_promise: Floats, notice: float) -> Ints:
    """(n_orders,) the row of each order's first look at most ``notice`` days before its promise, if there is one."""
    rows = np.flatnonzero(days_to_promise <= notice)
    by = rows[np.lexsort((as_of[rows], order[rows]))]
    _, first = np.unique(order[by], return_index=True)
    return by[first]


def estimate_levels(looks: MaturedLooks, as_of: int, base: float) -> Levels:
    """The levels as of a moment, microseconds: a function of the outcomes known by then, whatever their order.

    First what lasts in all plants, then of each its slope and how far it is from that, last what is new in all, beyond
    all of these. ``base`` are the log-odds of the model before it looks at an order.
    """
    known = looks.recent(as_of)
    lasting, new = (np.exp2((known.known_at - as_of) / (days * DAY)) for days in (LASTING_DAYS, NEW_DAYS))
    overall = fit_intercept(known.log_odds, known.failed, lasting, ALL_PRIOR)
    names = sorted({str(name) for name in known.plant} - {""})
    expected, slopes, added = known.log_odds + overall, dict[str, _Slope](), dict[str, float]()
    for name in names:
        rows = known.plant == name
        slopes[name] = _slope(known.take(rows), as_of, overall)
        expected[rows] = slopes[name].apply(known.log_odds[rows]) + overall
        own = fit_intercept(expected[rows], known.failed[rows], lasting[rows], PLANT_PRIOR) if len(names) > 1 else 0.0
        expected[rows] += own
        added[name] = overall + own
    wave = fit_intercept(expected, known.failed, new, NEW_PRIOR)
    plants = {
        name: _level(added[name] + wave, known.take(known.plant == name), as_of, slopes[name], base) for name in names
    }
    return Levels(_level(overall + wave, known, as_of, _Slope(), base), plants, SHOWN_DAYS)


class _Slope(NamedTuple):
    """Log-odds are multiplied around a centre."""

    slope: float = 1.0
    centre: float = 0.0

    def apply(self, log_odds: Floats) -> Floats:
        return self.centre + self.slope * (log_odds - self.centre)


def _slope(known: MaturedLooks, as_of: int, overall: float) -> _Slope:
    """The slope of the orders of a plant around their mean, beside what lasts in all plants."""
    weight = np.exp2((known.known_at - as_of) / (SLOPE_DAYS * DAY))
    centre = float(np.average(known.log_odds, weights=weight))
    around = known.log_odds - centre
    return _Slope(fit_slope(around, centre + overall, known.failed, weight, PLANT_PRIOR, SLOPE_PRIOR), centre)


def _level(lately: float, known: MaturedLooks, as_of: int, stretch: _Slope, base: float) -> Level:
    shown = known.recent(as_of, SHOWN_DAYS)
    observed, expected = int(shown.failed.sum()), float(expit(shown.log_odds).sum())
    slope = round(stretch.slope, DECIMALS)
    of_slope = round((1.0 - slope) * (stretch.centre - base), DECIMALS) + 0.0
    log_odds = round(lately, DECIMALS) + of_slope
    return Level(log_odds, len(shown), observed, expected, len(known), *_auc(known), slope, of_slope)


def _auc(known: MaturedLooks) -> tuple[float | None, float | None]:
    """The area under the ROC curve and its error. Hanley & McNeil (1982), The meaning and use of the area under it."""
    bad = int(known.failed.sum())
    good = len(known) - bad
    if min(bad, good) < FEWEST_OF_A_KIND:
        return None, None
    ranks = rankdata(known.log_odds)
    auc = float((ranks[known.failed == 1].sum() - bad * (bad + 1) / 2) / (bad * good))
    both_bad, both_good = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    variance = (auc * (1 - auc) + (bad - 1) * both_bad + (good - 1) * both_good) / (bad * good)
    return round(auc, DECIMALS), round(float(np.sqrt(variance)), DECIMALS)


def levels_by_morning(
    looks: MaturedLooks, as_of: Ints, plant: NDArray[np.object_], base: float, calendar: PlantCalendar | None = None
) -> PlantTerms:
    """What becomes of log-odds at moments (n,) for plants (n,), estimated anew at the start of each plant's day."""
    calendar = calendar or plant_calendar()
    day = calendar.day(as_of)
    found = PlantTerms.adding(np.zeros(len(as_of)))
    for morning in np.unique(day):
        rows = day == morning
        begin = int(calendar.starts_of(np.array([morning]))[0])
        for whole, part in zip(found, estimate_levels(looks, begin, base).terms(plant[rows]), strict=True):
            whole[rows] = part
    return found
