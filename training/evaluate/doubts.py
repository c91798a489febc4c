"""Where the model cannot tell: orders unlike those it learned from, or of a plant in which its risks tell nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats
from training.model.level import Levels
from training.model.risk_model import RiskModel
from training.model.risk_trees import DAYS_TO_PROMISE

UNSEEN = ("customer_orders_judged", "item_orders_judged")
FARTHER = 1.25
"""A promise so many times as far ahead as any that was learned from is unlike them."""


def doubts_of(model: RiskModel, signals: Floats, plant: NDArray[np.object_], levels: Levels) -> list[tuple[str, ...]]:
    """Why the risks of orders are worth little, in words, none for most of them.

    Parameters
    ----------
    signals : (n, n_signals)
    plant : (n,) names, "" where none is named
    levels : those of the morning, which hold how well risks have told anything in each plant

    Returns
    -------
    (n,) sentences of each order.
    """
    found: list[list[str]] = [[] for _ in range(len(signals))]
    for name, level in levels.plants.items():
        if level.tells_nothing:
            last = f"the last {level.judged:,} orders of {name}"
            for row in np.flatnonzero(plant == name):
                found[row].append(f"among {last} the risk hardly told those that failed from the others")
    if all(name in model.names for name in UNSEEN):
        judged = signals[:, [model.names.index(name) for name in UNSEEN]]
        for row in np.flatnonzero((judged == 0).all(axis=1)):
            found[row].append("no order of this customer and none with its items is known to have ended yet")
    farthest = model.about.get("farthest_promise")
    if farthest is not None and DAYS_TO_PROMISE in model.names:
        days = signals[:, model.names.index(DAYS_TO_PROMISE)]
        for row in np.flatnonzero(days > FARTHER * farthest):
            found[row].append(
                f"the promise is {days[row]:,.0f} days ahead, the farthest that was learned from {farthest:,.0f}"
            )
    return [tuple(reasons) for reasons in found]
