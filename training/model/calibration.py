"""Calibration in log-odds: affine, and a term of the days to the promise; contributions stay exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from features.arrays import Floats


@dataclass(frozen=True)
class Affine:
    """``slope * log_odds + intercept``, with a positive slope.

    >>> float(Affine(2.0, 0.5).apply(np.array([1.0]))[0])
    2.5
    """

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, log_odds: Floats) -> Floats:
        """Calibrated log-odds, shape as given."""
        return self.slope * log_odds + self.intercept


KNOTS = (1.0, 2.0, 4.0, 7.0)
"""Days to the promise between which ``NearPromise`` is linear; from the last on it is 0, before the first constant."""

MOST_STEPS, LONGEST_STEP, CLOSE_ENOUGH = 50, 2.0, 1e-10
"""Of Newton's method in ``fit_slope``; a step is cut to the longest, so that one too far is none out of all bounds."""

FEWEST_BEFORE = 0.25
"""Share of the looks that lie before the last days, without which these have no term of their own."""


@dataclass(frozen=True)
class NearPromise:
    """What is added to log-odds in the last days before the promise, where trees have few rows and stay too careful.

    It depends on the signal ``days_to_promise`` alone, whose contribution it is part of.

    >>> NearPromise((0.6, 0.4, 0.0)).of(np.array([0.5, 1.5, 3.0, 9.0])).tolist()
    [0.6, 0.5, 0.2, 0.0]
    """

    at_knots: tuple[float, ...] = (0.0,) * (len(KNOTS) - 1)

    def of(self, days_to_promise: Floats) -> Floats:
        """(n,) log-odds to add, of days (n,); 0 where there is no promise."""
        return np.interp(np.nan_to_num(days_to_promise, nan=np.inf), KNOTS, (*self.at_knots, 0.0))


def fit_affine(log_odds: Floats, failed: Floats, weight: Floats, prior_strength: float = 4.0) -> Affine:
    """Platt's scaling as a maximum a posteriori estimate.

    Parameters
    ----------
    log_odds, failed, weight : (n,) scores of rows the model has not seen, outcomes in {0, 1}, weights
    prior_strength : inverse variance of normal priors on log(slope) and on the intercept, centred on the
        identity. With few outcomes the calibration stays close to what the trees say.

    Platt, J. (1999), Probabilistic outputs for support vector machines.
    """
    none = np.zeros((len(log_odds), 0))
    return _fit(log_odds, none, failed, weight, prior_strength, 0.0)[0]


def fit_calibration(
    log_odds: Floats, days_to_promise: Floats, failed: Floats, weight: Floats, prior_strength: float = 4.0
) -> tuple[Affine, NearPromise]:
    """Platt's scaling as in ``fit_affine``, and the term of the last days, all at once.

    Parameters
    ----------
    log_odds, days_to_promise, failed, weight : (n,)

    A row weighs far less than one, so that all looks at an order together weigh about one. In the term of the last
    days a look is nearly all there is of an order: its prior is weaker by as much. Where orders are hardly looked at
    before the last days nothing tells these apart, and there is no term.
    """
    if not len(log_odds) or np.average(days_to_promise >= KNOTS[-1], weights=weight) < FEWEST_BEFORE:
        return fit_affine(log_odds, failed, weight, prior_strength), NearPromise()
    basis = np.stack([NearPromise(tuple(at)).of(days_to_promise) for at in np.eye(len(KNOTS) - 1)], axis=1)
    near_prior = prior_strength * float(weight.mean())
    affine, at_knots = _fit(log_odds, basis, failed, weight, prior_strength, near_prior)
    return affine, NearPromise(tuple(at_knots.tolist()))


def _fit(
    log_odds: Floats, columns: Floats, failed: Floats, weight: Floats, prior: float, columns_prior: float
) -> tuple[Affine, Floats]:
    """Slope and intercept, and the coefficients of further columns (n, k): maximum a posteriori, normal priors."""
    if len(log_odds) == 0:
        return Affine(), np.zeros(columns.shape[1])
    priors = np.append([prior, prior], np.full(columns.shape[1], columns_prior))

    def scores(parameters: Floats) -> Floats:
        return np.asarray(np.exp(parameters[0]) * log_odds + parameters[1] + columns @ parameters[2:])

    def loss(parameters: Floats) -> float:
        z = scores(parameters)
        fit = np.sum(weight * (np.logaddexp(0.0, z) - failed * z))
        return float(fit + np.sum(priors * parameters**2) / 2)

    def gradient(parameters: Floats) -> Floats:
        residual = weight * (expit(scores(parameters)) - failed)
        slopes = [np.sum(residual * log_odds) * np.exp(parameters[0]), np.sum(residual)]
        return np.asarray(np.append(slopes, columns.T @ residual) + priors * parameters)

    from scipy.optimize import minimize

    best = minimize(loss, np.zeros(len(priors)), jac=gradient, method="BFGS")
    return Affine(float(np.exp(best.x[0])), float(best.x[1])), np.asarray(best.x[2:])


def fit_slope(
    log_odds: Floats, offset: float, failed: Floats, weight: Floats, intercept_prior: float, slope_prior: float
) -> float:
    """By what to multiply log-odds (n,), beside an offset, so that they tell failures as well as they can.

    Maximum a posteriori beside an intercept of its own, by Newton's steps: a normal prior of inverse variance
    ``slope_prior`` around 1, where nothing is changed, and one of ``intercept_prior`` around 0. Never below 0, where
    the order of risks would be turned over.
    """
    found = np.array([0.0, 1.0])
    columns, prior = np.stack([np.ones(len(log_odds)), log_odds], axis=1), np.array([intercept_prior, slope_prior])
    for _ in range(MOST_STEPS):
        risk = expit(offset + columns @ found)
        gradient = columns.T @ (weight * (risk - failed)) + prior * (found - [0.0, 1.0])
        curvature = (columns * (weight * risk * (1 - risk))[:, None]).T @ columns + np.diag(prior)
        step = np.linalg.solve(curvature, gradient)
        length = float(np.abs(step).max())
        found = found - step * (LONGEST_STEP / max(length, LONGEST_STEP))
        if length < CLOSE_ENOUGH:
            break
    return max(float(found[1]), 0.0)


def fit_intercept(log_odds: Floats, failed: Floats, weight: Floats, prior_strength: float = 4.0) -> float:
    """What to add to log-odds (n,) so that as many fail as are foretold; drawn towards 0 as in ``fit_affine``."""

    def excess(intercept: float) -> float:
        return float(np.sum(weight * (expit(log_odds + intercept) - failed)) + prior_strength * intercept)

    from scipy.optimize import brentq

    reach = float(np.sum(weight)) / prior_strength + 1.0
    return float(brentq(excess, -reach, reach, xtol=1e-12))
