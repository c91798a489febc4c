"""The level of each plant: how far failures have lately exceeded what was foretold, as an intercept that follows.

A model learns from the past, and the world moves on: a line is down for a month, a supplier fails, and the orders of a
plant fail more often than their signals tell. What became of orders whose outcome is known by a morning says so. The
level is added to the log-odds of a plant's orders, and is 0 while what came is within chance of what was foretold.

One look an order counts, the first within a week of its promise, which is known at the moment; so looks are as
independent as orders are, and no order counts more because it stayed open longer. A discounted likelihood, as in West &
Harrison (1997), Bayesian forecasting and dynamic models, with normal priors that draw the level of all plants to 0 and
that of one plant to the level of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.arrays import Floats, Ints, Mask
from features.times import DAY
from training.data.labelled import LabelledPoints
from training.model.calibration import fit_intercept

NOTICE_DAYS = 7.0
"""The first look at an order so many days before its promise, or later, counts."""
HALF_LIFE_DAYS = 45.0
"""An outcome known for so long counts half."""
REACH_DAYS = 365.0
"""One known for longer counts nothing (0.4 % at this half-life)."""
ALL_PRIOR, PLANT_PRIOR = 1.0, 4.0
"""Inverse variances of the priors, in log-odds: of the level of all plants, and of one plant around it."""
SIGMAS = 1.96
"""A residual of fewer standard errors than this moves nothing."""


@dataclass(frozen=True)
class MaturedLooks:
    """``n`` orders whose outcome is known, with what was foretold of each by a model that had not seen it.

    Attributes
    ----------
    known_at : (n,) when the outcome was known, microseconds
    plant : (n,) names, "" where none was named
    log_odds : (n,) foretold, calibrated, without any level
    failed : (n,) 1.0 for missed or partial, else 0.0
    """

    known_at: Ints
    plant: NDArray[np.object_]
    log_odds: Floats
    failed: Floats

    def __len__(self) -> int:
        return len(self.known_at)

    @classmethod
    def of(cls, points: LabelledPoints, log_odds: Floats) -> MaturedLooks:
        """The look of each order that counts, of points whose outcome is settled and their log-odds (n,)."""
        rows = first_within_notice(points)
        return cls(points.known_at[rows], points.plant[rows], log_odds[rows], points.failed[rows])

    def take(self, rows: Mask | Ints) -> MaturedLooks:
        return MaturedLooks(self.known_at[rows], self.plant[rows], self.log_odds[rows], self.failed[rows])

    def join(self, other: MaturedLooks) -> MaturedLooks:
        """Both, one after the other."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("known_at", "plant", "log_odds", "failed"))
        return MaturedLooks(*(np.concatenate(pair) for pair in pairs))

    def recent(self, as_of: int) -> MaturedLooks:
        """Those known at a moment, microseconds, that still count; sorted, so that the order of rows means nothing."""
        looks = self.take((self.known_at <= as_of) & (self.known_at > as_of - REACH_DAYS * DAY))
        return looks.take(np.lexsort((looks.failed, looks.log_odds, looks.plant.astype(str), looks.known_at)))

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in ("known_at", "plant", "log_odds", "failed")}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> MaturedLooks:
        return cls(
            np.array(stored["known_at"], dtype=np.int64),
            np.array(stored["plant"], dtype=object),
            np.array(stored["log_odds"], dtype=np.float64),
            np.array(stored["failed"], dtype=np.float64),
        )


@dataclass(frozen=True)
class Levels:
    """What is added to log-odds: by plant, and for orders of other plants or of none."""

    overall: float = 0.0
    plants: Mapping[str, float] = field(default_factory=dict)

    def of(self, plant: NDArray[np.object_]) -> Floats:
        """(n,) log-odds to add for plants (n,)."""
        return np.array([self.plants.get(str(name), self.overall) for name in plant], dtype=np.float64)


def estimate_levels(looks: MaturedLooks, as_of: int) -> Levels:
    """The levels as of a moment, microseconds: a function of the outcomes known by then, whatever their order.

    First the level of all plants, then of each how far it is from that; either is 0 within chance.
    """
    known = looks.recent(as_of)
    weight = np.exp2((known.known_at - as_of) / (HALF_LIFE_DAYS * DAY))
    overall = _beyond_chance(known.log_odds, known.failed, weight, ALL_PRIOR)
    plants = sorted({str(name) for name in known.plant} - {""})
    if len(plants) < 2:
        return Levels(overall, dict.fromkeys(plants, overall))
    own = {}
    for name in plants:
        rows = known.plant == name
        own[name] = overall + _beyond_chance(
            known.log_odds[rows] + overall, known.failed[rows], weight[rows], PLANT_PRIOR
        )
    return Levels(overall, own)


def _beyond_chance(log_odds: Floats, failed: Floats, weight: Floats, prior: float) -> float:
    """The intercept that evidence and prior ask for; 0 where outcomes drawn from the risks may well differ as much."""
    risk = expit(log_odds)
    residual = float(np.sum(weight * (failed - risk)))
    error = float(np.sqrt(np.sum(weight**2 * risk * (1 - risk))))
    return fit_intercept(log_odds, failed, weight, prior) if abs(residual) > SIGMAS * error else 0.0


def levels_by_morning(looks: MaturedLooks, as_of: Ints, plant: NDArray[np.object_]) -> Floats:
    """(n,) what is added at each moment (n,) for each plant (n,), estimated anew at the start of each day, UTC."""
    morning = as_of // DAY * DAY
    added = np.zeros(len(as_of))
    for moment in np.unique(morning):
        rows = morning == moment
        added[rows] = estimate_levels(looks, int(moment)).of(plant[rows])
    return added


def first_within_notice(points: LabelledPoints) -> Ints:
    """(n_orders,) the row of each order's first look at most ``NOTICE_DAYS`` before its promise, if there is one."""
    rows = np.flatnonzero(points.days_to_promise <= NOTICE_DAYS)
    by = rows[np.lexsort((points.as_of[rows], points.order[rows]))]
    _, first = np.unique(points.order[by], return_index=True)
    return by[first]
