"""What a planner gets who looks at the N riskiest orders each morning: failures caught, warning time, false alarms.

A list sorted by due date takes every order through its first places, on its last days; a list sorted by risk keeps the
same orders there for long. So lists are compared twice: at as many places, and at as many orders looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from features.arrays import Floats, Mask
from features.times import DAY
from training.data.labelled import week_of
from training.data.worklists import DailyWorklists
from training.metrics.bootstrap import Estimate, percentiles, redraw_orders

LOOKS = (10, 25, 50)
"""Orders a planner looks at each morning."""
NOTICE = 5.0
"""Days before the promise at which there is still time to act."""
SLIGHTLY = 1.5 / 24
"""A day may be an hour shorter than others, and ends a moment before midnight."""


@dataclass(frozen=True)
class WorklistMetrics:
    """With ``looks`` orders looked at each morning.

    Attributes
    ----------
    looks : orders a morning
    caught : share of the failed orders that were looked at on some morning before their promise
    in_time : share of the failed orders that were looked at ``NOTICE`` days before their promise or earlier
    warning_days : median, over the orders caught, of the days from the first look to the promise
    mean_warning_days : mean over all failed orders of the days of warning; one that was not caught had none
    false_alarms_per_catch : orders looked at that shipped on time in full without anybody stepping in, by orders caught
    looked_at, failed, rescued : orders; ``rescued`` were looked at, then expedited or overridden, then on time in full
    """

    looks: int
    caught: Estimate
    in_time: Estimate
    warning_days: Estimate
    mean_warning_days: Estimate
    false_alarms_per_catch: Estimate
    looked_at: int
    failed: int
    rescued: int


@dataclass(frozen=True)
class Stability:
    """How much the list moves from one morning to the next, over orders open on both.

    Attributes
    ----------
    change : mean absolute change of the risk, probability
    rank_correlation : Spearman's, averaged over the mornings
    stay : share of the first ``looks`` of a list that are among the first the next morning, if still open
    """

    looks: int
    change: float
    rank_correlation: float
    stay: float


def judge_worklist(
    worklists: DailyWorklists, risk: Floats, looks: int, draws: int = 500, seed: int = 7
) -> WorklistMetrics:
    """Judge a ranking by what its first ``looks`` places of each morning caught; intervals redraw weeks.

    Orders whose outcome is not known take places on the list and are counted nowhere else.
    """
    first_look, rescued = find_first_looks(worklists, risk, looks)
    seen = ~np.isnan(first_look)
    failed, settled = worklists.failed, worklists.settled
    saved = settled & seen & ~failed & rescued
    caught, false = seen & failed, settled & seen & ~failed & ~saved
    warned = np.where(caught, np.nan_to_num(first_look), 0.0)
    n = len(failed)
    times = _redraw(worklists, draws, seed)

    def share(above: Floats | Mask, below: Mask) -> Estimate:
        return percentiles(_ratio_of_sums(above, below, np.ones((1, n))), _ratio_of_sums(above, below, times))

    median = percentiles(_median(first_look, caught, np.ones((1, n))), _median(first_look, caught, times))
    tally = (int(chosen.sum()) for chosen in (seen, failed, saved))
    return WorklistMetrics(
        looks,
        share(caught, failed),
        share(_in_time(worklists, first_look), failed),
        median,
        share(warned, failed),
        share(false, caught),
        *tally,
    )


def measure_lead(
    worklists: DailyWorklists, risk: Floats, other: Floats, looks: int, draws: int = 500, seed: int = 7
) -> Estimate:
    """The share of the failed orders looked at in time, less the same share of another ranking; on the same draws."""
    looked = (find_first_looks(worklists, by, looks)[0] for by in (risk, other))
    ours, theirs = (_in_time(worklists, first).astype(np.float64) for first in looked)
    n = len(worklists.failed)
    value, drawn = (
        _ratio_of_sums(ours - theirs, worklists.failed, t) for t in (np.ones((1, n)), _redraw(worklists, draws, seed))
    )
    return percentiles(value, drawn)


def find_first_looks(worklists: DailyWorklists, risk: Floats, looks: int) -> tuple[Floats, Mask]:
    """When each order was first among the first ``looks``.

    Returns (n_orders,) the days from that morning to its promise, NaN if there was none; and True where somebody
    expedited or overrode the order after that morning.
    """
    first, rescued = np.full(len(worklists.last), np.nan), np.zeros(len(worklists.last), dtype=bool)
    rows = np.flatnonzero((worklists.ranks(risk) < looks) & (worklists.warning >= 0))[::-1]
    first[worklists.code[rows]] = worklists.warning[rows]
    rescued[worklists.code[rows]] = worklists.points.rescued[rows]
    return first, rescued


def count_places(worklists: DailyWorklists, risk: Floats, orders: int) -> int:
    """How many places of each list must be looked at until so many orders have been."""
    best = np.full(len(worklists.last), np.iinfo(np.int64).max)
    rows = worklists.warning >= 0
    np.minimum.at(best, worklists.code[rows], worklists.ranks(risk)[rows])
    return int(np.sort(best)[min(max(orders, 1), len(best)) - 1]) + 1


def measure_stability(worklists: DailyWorklists, risk: Floats, looks: int = 25) -> Stability:
    """Compare each morning with the next; NaN where no order is on two lists in a row."""
    points, rank = worklists.points, worklists.ranks(risk)
    same = (points.order[1:] == points.order[:-1]) & (points.as_of[1:] - points.as_of[:-1] < 1.5 * DAY)
    before = np.flatnonzero(same)
    if not len(before):
        return Stability(looks, *(float("nan"),) * 3)
    after = before + 1
    top = rank[before] < looks
    correlations = [
        np.corrcoef(rankdata(risk[before[day]]), rankdata(risk[after[day]]))[0, 1]
        for day in _groups(points.as_of[before])
        if len(day) > 2 and np.ptp(risk[before[day]]) > 0 and np.ptp(risk[after[day]]) > 0
    ]
    return Stability(
        looks,
        float(np.abs(risk[after] - risk[before]).mean()),
        float(np.mean(correlations)) if correlations else float("nan"),
        float((rank[after][top] < looks).mean()) if top.any() else float("nan"),
    )


def _in_time(worklists: DailyWorklists, first_look: Floats) -> Mask:
    return np.asarray(worklists.failed & (first_look >= NOTICE - SLIGHTLY))


def _redraw(worklists: DailyWorklists, draws: int, seed: int) -> Floats:
    """(draws, n_orders) how often each order is drawn."""
    week = week_of(worklists.points.due[worklists.last])
    return redraw_orders(week, draws, np.random.default_rng(seed))


def _ratio_of_sums(above: Floats | Mask, below: Mask, times: Floats) -> Floats:
    some, all_ = times @ above.astype(np.float64), times @ below.astype(np.float64)
    return np.where(all_ > 0, some / np.where(all_ > 0, all_, 1.0), np.nan)


def _median(values: Floats, among: Mask, times: Floats) -> Floats:
    """The median over ``among``, weighted by how often each order was drawn."""
    chosen = np.flatnonzero(among)
    if not len(chosen):
        return np.full(len(times), np.nan)
    by = chosen[np.argsort(values[chosen], kind="stable")]
    weight = np.cumsum(times[:, by], axis=1)
    half = (weight >= weight[:, -1:] / 2).argmax(axis=1)
    return np.where(weight[:, -1] > 0, values[by][half], np.nan)


def _groups(days: np.ndarray) -> list[np.ndarray]:
    by = np.argsort(days, kind="stable")
    return np.split(by, np.flatnonzero(np.diff(days[by])) + 1)
