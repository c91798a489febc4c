"""The trees of missed or partial with their calibration: log-odds of the risk, and what each signal adds to them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from features.arrays import Floats
from training.explanation.forest import Forest
from training.explanation.treeshap import TreeShap
from training.model.calibration import Affine, NearPromise
from training.model.missing import fill_missing, neutral_where

DAYS_TO_PROMISE = "days_to_promise"


class RiskTrees:
    """What every model of the risk does with its trees.

    Attributes
    ----------
    names : the signals, in the order of the columns
    risk : LightGBM booster of missed or partial
    calibration : of its log-odds
    neutral : by signal, what stands for a missing value where the trees have learned no direction for it
    near : added to the calibrated log-odds in the last days before the promise
    """

    names: list[str]
    risk: Any
    calibration: Affine
    neutral: dict[str, float]
    near: NearPromise

    def as_read(self, signals: Floats) -> Floats:
        """(n, n_signals) what the trees of the risk are given: neutral values where they know no way for missing."""
        return fill_missing(signals, self._risk_neutral)

    def log_odds(self, signals: Floats) -> Floats:
        """(n,) log-odds of the risk of (n, n_signals) signals, without any level."""
        return self.calibrated(self._risk_trees.scores(self.as_read(signals)), signals)

    def contributions(self, signals: Floats) -> Floats:
        """(n, n_signals) log-odds each signal adds; with ``base`` they add up to ``log_odds``."""
        return self.shares(self._risk_trees.explain(self.as_read(signals))[1], signals)

    @property
    def base(self) -> float:
        """Log-odds before a signal is looked at."""
        return self.calibration.slope * self._risk_trees.base + self.calibration.intercept

    def shares(self, added: Floats, signals: Floats) -> Floats:
        """(n, n_signals) log-odds each signal adds, of what it adds to the trees' score (n, n_signals)."""
        contributions = self.calibration.slope * added
        if self._days is not None:
            contributions[:, self._days] += self.near.of(signals[:, self._days])
        return contributions

    def calibrated(self, raw: Floats, signals: Floats) -> Floats:
        """(n,) log-odds of the risk without any level, of what the trees say (n,) of signals (n, n_signals)."""
        log_odds = self.calibration.apply(raw)
        return log_odds if self._days is None else log_odds + self.near.of(signals[:, self._days])

    @cached_property
    def _days(self) -> int | None:
        """The column of the days to the promise, ``None`` where nothing is added by them."""
        return self.names.index(DAYS_TO_PROMISE) if any(self.near.at_knots) and DAYS_TO_PROMISE in self.names else None

    @cached_property
    def _risk_trees(self) -> TreeShap:
        return TreeShap(self._risk_forest, len(self.names))

    @cached_property
    def _risk_forest(self) -> Forest:
        return Forest.of(self.risk)

    @cached_property
    def _risk_neutral(self) -> Floats:
        return self._neutral_of(self._risk_forest)

    def _neutral_of(self, forest: Forest) -> Floats:
        values = np.array([self.neutral.get(name, np.nan) for name in self.names], dtype=np.float64)
        return neutral_where(values, forest.signal, forest.missing)
