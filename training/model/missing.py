"""What trees are given where a signal is missing that never was among the rows they learned from.

LightGBM learns which way missing values go only where there were some; elsewhere it reads them as 0.0, which is a
statement of its own (no slack, no days left). Such a signal is given a neutral value instead: its median.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Floats, Ints, Mask


def neutral_values(signals: Floats, weight: Floats) -> Floats:
    """(n_signals,) the weighted median of each signal where it is not missing, in its unit; NaN where it always is.

    The lower weighted median: the smallest value at which half of the weight is reached.

    Parameters
    ----------
    signals, weight : (n, n_signals) and (n,)

    >>> neutral_values(np.array([[1.0], [2.0], [9.0], [np.nan]]), np.array([1.0, 1.0, 3.0, 7.0])).tolist()
    [9.0]
    """
    return np.array([_median(column, weight) for column in signals.T], dtype=np.float64)


def _median(values: Floats, weight: Floats) -> float:
    present = np.flatnonzero(~np.isnan(values))
    if not len(present):
        return float("nan")
    by = present[np.argsort(values[present], kind="stable")]
    reached = np.cumsum(weight[by])
    return float(values[by[np.searchsorted(reached, reached[-1] / 2)]])


def fill_missing(signals: Floats, neutral: Floats) -> Floats:
    """(n, n_signals) with the neutral value in place of what is missing; where that is NaN itself, it stays missing."""
    return np.where(np.isnan(signals), neutral, signals)


def fill_never_missing(signals: Floats, learned: Floats, weight: Floats) -> Floats:
    """(n, n_signals) as trees that learn from (m, n_signals) others are to read them.

    What is missing in a signal that is never missing among the others takes their weighted median.
    """
    columns = np.flatnonzero(np.isnan(signals).any(axis=0) & ~np.isnan(learned).any(axis=0))
    if not len(columns):
        return signals
    neutral = np.full(signals.shape[1], np.nan)
    neutral[columns] = neutral_values(learned[:, columns], weight)
    return fill_missing(signals, neutral)


def neutral_where(neutral: Floats, tested: Ints, missing: Ints) -> Floats:
    """(n_signals,) neutral values of the signals whose missing values trees have not learned to send a way, else NaN.

    Parameters
    ----------
    neutral : (n_signals,)
    tested, missing : (n_nodes,) the signal each node tests, and LightGBM's ``missing_type`` there; 0 is none
    """
    unlearned: Mask = np.zeros(len(neutral), dtype=bool)
    unlearned[tested[missing == 0]] = True
    return np.where(unlearned, neutral, np.nan)
