"""The gate: a candidate becomes champion on evidence only.

Both models are judged on the same orders, which neither has learned from. The difference is taken order by order, so
that what makes an order hard for both does not count. A candidate passes only where it is better by more than chance.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from features.arrays import Floats, Ints
from features.times import isoformat
from training.data.labelled import LabelledPoints
from training.evaluate.evaluation import BASE_RATE, error_by_chance
from training.metrics.bootstrap import LEVEL, Estimate
from training.metrics.scores import calibration_error

RULES = (BASE_RATE, "slack to promise", "ERP status")
"""What the first champion must be better than."""
NOTHING_NEW = (
    "none: no order is new to both, as one has learned from all of them; once more is recorded, "
    "'shiprisk promote NAME@VERSION --events' with the later events compares them"
)


@dataclass(frozen=True)
class Limits:
    """What a champion must hold.

    Attributes
    ----------
    fewest_orders, fewest_failures : in the window both models are judged on
    calibration_error : at most so much, or what chance alone gives a perfectly calibrated model on so few orders
    latency_ms : milliseconds for the risk and the contributions of one order, median
    covered : the least and the most of the orders that must ship within the range of their ship date, of which four of
        five should, or what chance gives on so few
    """

    fewest_orders: int = 100
    fewest_failures: int = 20
    calibration_error: float = 0.1
    latency_ms: float = 20.0
    covered: tuple[float, float] = (0.7, 0.9)


@dataclass(frozen=True)
class Check:
    """One thing the gate asks for: what must hold, and what was found."""

    name: str
    must: str
    got: str
    passed: bool

    def __str__(self) -> str:
        return f"{self.name}: must {self.must}, got {self.got}"


@dataclass(frozen=True)
class Verdict:
    """What the gate found.

    Attributes
    ----------
    champion : the version compared with, ``None`` for the first model
    after, until : ISO 8601, the window of the decision points both were judged on
    orders, failures : in it
    improvement : Brier score of the champion (of the base rate for a first model) less that of the candidate
    """

    champion: str | None
    after: str
    until: str
    orders: int
    failures: int
    improvement: Estimate
    checks: list[Check]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def falls_short(self) -> list[str]:
        """Each check that was not passed, as a sentence."""
        return [str(check) for check in self.checks if not check.passed]

    def to_json(self) -> dict[str, Any]:
        improvement = {name: value if np.isfinite(value) else None for name, value in asdict(self.improvement).items()}
        return asdict(self) | {"improvement": improvement, "passed": self.passed, "falls_short": self.falls_short}


def paired_gain(order: Ints, week: Ints, failed: Floats, weight: Floats, theirs: Floats, ours: Floats) -> Estimate:
    """By how much our Brier score is lower than theirs on the same rows, with the interval of the weighted mean.

    Rows of an order are one piece of evidence, and so are the orders of a week: their differences are added up first.
    The error is that of orders or that of weeks, whichever is larger, and the reach Student's with as many degrees of
    freedom as there are clusters less one. Cameron & Miller (2015), A practitioner's guide to cluster-robust inference.

    Parameters
    ----------
    order, week, failed, weight, theirs, ours : (n,); the week is that in which the row's order is due
    """
    if not len(order):
        return Estimate(float("nan"), float("-inf"), float("inf"))
    difference = (theirs - failed) ** 2 - (ours - failed) ** 2
    mean = float(weight @ difference / weight.sum())
    share = weight * (difference - mean) / weight.sum()
    reach = max(_reach(share, order), _reach(share, week))
    return Estimate(mean, mean - reach, mean + reach)


def _reach(share: Floats, cluster: Ints) -> float:
    """Half the width of the interval of a mean, from what each row (n,) adds to its deviation."""
    _, code = np.unique(cluster, return_inverse=True)
    n = int(code.max()) + 1
    if n < 2:
        return float("inf")
    error = float(np.sqrt(np.sum(np.bincount(code, share) ** 2) * n / (n - 1)))
    return float(student.ppf((1 + LEVEL) / 2, n - 1)) * error


def judge_candidate(
    window: LabelledPoints,
    candidate: Floats,
    champion: tuple[str, Floats] | None,
    baselines: dict[str, Floats],
    latency_ms: float | None,
    limits: Limits | None = None,
    covered: Estimate | None = None,
) -> Verdict:
    """The verdict on a candidate.

    Parameters
    ----------
    window : (n,) decision points that neither model has learned from, outcomes matured
    candidate : (n,) its risks
    champion : the version and its risks, ``None`` where there is none yet
    baselines : risks by name, see ``training.model.baselines``
    latency_ms : what one order takes the candidate, ``None`` for one that is not to serve
    covered : how often orders shipped within the range of their ship date, ``None`` where none was judged
    """
    limits = limits or Limits()
    orders = window.n_orders
    failures = len(np.unique(window.order[window.failed == 1]))
    gains = {name: _gain(window, risk, candidate) for name, risk in baselines.items()}
    improvement = _gain(window, champion[1], candidate) if champion else gains[BASE_RATE]
    checks = [_check_evidence(orders, failures, limits)]
    if orders:
        checks += _check_gains(None if champion is None else champion[0], improvement, gains)
        checks.append(_check_calibration(window, candidate, limits))
    checks += [] if latency_ms is None else [_check_latency(latency_ms, limits)]
    checks += [] if covered is None else [_check_covered(covered, limits)]
    after, until = (isoformat(int(moment)) or "" for moment in _first_and_last(window))
    return Verdict(champion[0] if champion else None, after, until, orders, failures, improvement, checks)


def _check_gains(champion: str | None, improvement: Estimate, gains: dict[str, Estimate]) -> list[Check]:
    """Beside the champion, or the rules where there is none, and beside every baseline."""
    if champion is None:
        better = [_check_better(f"better than {name}", gains[name]) for name in RULES]
    else:
        better = [_check_better(f"better than the champion, version {champion}", improvement)]
    return better + [_check_not_worse(name, gain) for name, gain in gains.items() if champion or name not in RULES]


def _gain(window: LabelledPoints, theirs: Floats, ours: Floats) -> Estimate:
    return paired_gain(window.order, window.week, window.failed, window.weight, theirs, ours)


def _first_and_last(window: LabelledPoints) -> tuple[int, int]:
    return (int(window.as_of.min()), int(window.as_of.max())) if len(window) else (0, 0)


def _check_evidence(orders: int, failures: int, limits: Limits) -> Check:
    must = f"have at least {limits.fewest_orders} orders and {limits.fewest_failures} failures that are new to both"
    passed = orders >= limits.fewest_orders and failures >= limits.fewest_failures
    got = f"{orders:,} orders, {failures:,} of which failed" if orders else NOTHING_NEW
    return Check("evidence", must, got, passed)


def _check_better(name: str, gain: Estimate) -> Check:
    return Check(name, "lower the Brier score by more than chance", _in_words(gain), gain.low > 0)


def _check_not_worse(name: str, gain: Estimate) -> Check:
    return Check(f"not behind {name}", "not raise the Brier score by more than chance", _in_words(gain), gain.high >= 0)


def _check_calibration(window: LabelledPoints, risk: Floats, limits: Limits) -> Check:
    error = float(calibration_error(window.failed, risk, window.weight))
    chance = error_by_chance(window, risk).high
    must = f"have a calibration error of at most {limits.calibration_error:.3f}, or what chance gives ({chance:.3f})"
    return Check("calibration", must, f"{error:.3f}", error <= max(limits.calibration_error, chance))


def _check_latency(latency_ms: float, limits: Limits) -> Check:
    must = f"score and explain an order in at most {limits.latency_ms:g} ms"
    return Check("latency", must, f"{latency_ms:.2f} ms", latency_ms <= limits.latency_ms)


def _check_covered(covered: Estimate, limits: Limits) -> Check:
    least, most = limits.covered
    must = f"see {least:.0%} to {most:.0%} of the orders ship within their range, or what chance gives on so few"
    got = f"{covered.value:.0%} ({covered.low:.0%} to {covered.high:.0%})"
    return Check("ranges of ship dates", must, got, covered.low <= most and covered.high >= least)


def _in_words(gain: Estimate) -> str:
    if not np.isfinite([gain.low, gain.high]).all():
        return f"a gain of {gain.value:+.4f} on too few orders for an interval"
    return f"a gain of {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
