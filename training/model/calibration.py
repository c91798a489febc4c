"""Affine calibration in log-odds: ranks stay as they are, and contributions stay exact."""

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


def fit_affine(log_odds: Floats, failed: Floats, weight: Floats, prior_strength: float = 4.0) -> Affine:
    """Platt's scaling as a maximum a posteriori estimate.

    Parameters
    ----------
    log_odds, failed, weight : (n,) scores of rows the model has not seen, outcomes in {0, 1}, weights
    prior_strength : inverse variance of normal priors on log(slope) and on the intercept, centred on the
        identity. With few outcomes the calibration stays close to what the trees say.

    Platt, J. (1999), Probabilistic outputs for support vector machines.
    """
    if len(log_odds) == 0:
        return Affine()

    def loss(parameters: Floats) -> float:
        z = np.exp(parameters[0]) * log_odds + parameters[1]
        fit = np.sum(weight * (np.logaddexp(0.0, z) - failed * z))
        return float(fit + prior_strength / 2 * np.sum(parameters**2))

    def gradient(parameters: Floats) -> Floats:
        slope = np.exp(parameters[0])
        residual = weight * (expit(slope * log_odds + parameters[1]) - failed)
        slopes = np.array([np.sum(residual * log_odds) * slope, np.sum(residual)])
        return slopes + prior_strength * parameters

    from scipy.optimize import minimize

    best = minimize(loss, np.zeros(2), jac=gradient, method="BFGS")
    return Affine(float(np.exp(best.x[0])), float(best.x[1]))


def fit_intercept(log_odds: Floats, failed: Floats, weight: Floats, prior_strength: float = 4.0) -> float:
    """What to add to log-odds (n,) so that as many fail as are foretold; drawn towards 0 as in ``fit_affine``."""

    def excess(intercept: float) -> float:
        return float(np.sum(weight * (expit(log_odds + intercept) - failed)) + prior_strength * intercept)

    from scipy.optimize import brentq

    reach = float(np.sum(weight)) / prior_strength + 1.0
    return float(brentq(excess, -reach, reach, xtol=1e-12))
