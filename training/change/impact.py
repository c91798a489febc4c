"""What added risk and what removed it: the steps of events, summed by what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints
from features.catalogue.topics import TOPICS
from features.context.context import Context
from features.errors import InvalidRequest
from features.history import History
from features.progress import Progress, no_progress
from training.change.steps import change_steps
from training.change.value_at_risk import value_at_risk
from training.model.risk_model import RiskModel

Cause = Literal["type", "kind", "reason", "work_center", "actor", "component", "topic"]
"""What steps are summed by; a component is the reference of ``material.stated``."""
CAUSES: tuple[Cause, ...] = get_args(Cause)
MOST_ORDERS = 5
"""So many orders are named behind a figure."""
FIGURES = ("events", "orders", "added", "removed", "net", "top_orders")


@dataclass(frozen=True)
class Impact:
    """What the events of a period did to the risks of a plant's orders.

    Attributes
    ----------
    events, orders : how many were recorded in the period, and of how many orders
    added, removed : the sum of the steps that raise and of those that lower a risk, in orders: 1 is one order that
        surely fails; ``removed`` is negative
    causes : by cause, a table with what ``FIGURES`` name, see ``sum_steps``
    at_risk : value at risk at the end of the period by what is in the way, see ``value_at_risk``
    """

    events: int
    orders: int
    added: float
    removed: float
    causes: dict[Cause, pd.DataFrame]
    at_risk: pd.DataFrame

    @property
    def net(self) -> float:
        """What is added less what is removed."""
        return self.added + self.removed

    @property
    def totals(self) -> dict[str, float]:
        """The figures of all events, by name."""
        names = ("events", "orders", "added", "removed", "net")
        return {name: getattr(self, name) for name in names}


def measure_impact(
    model: RiskModel,
    history: History,
    context: Context,
    since: int,
    until: int,
    *,
    by: Sequence[Cause] = CAUSES,
    plant: str | None = None,
    progress: Progress = no_progress,
) -> Impact:
    """What was recorded in a period, summed by what it says.

    Parameters
    ----------
    context : load, track record and levels of all orders
    since, until : microseconds; events recorded after ``since`` up to ``until``
    plant : only orders that name it first; all if not given
    progress : called with events done and in all

    Raises
    ------
    InvalidRequest : where ``until`` is not after ``since``
    """
    steps = change_steps(model, history, context, since, until, events_only=True, progress=progress)
    if plant is not None:
        steps = steps[steps["plant"] == plant]
    at_risk = value_at_risk(model, history, context, until, plant=plant)
    return sum_impact(steps, at_risk, by)


def sum_impact(steps: pd.DataFrame, at_risk: pd.DataFrame, by: Sequence[Cause] = CAUSES) -> Impact:
    """The sums of the steps of events, as ``change_steps`` has them."""
    points = steps["points"].to_numpy(dtype=np.float64)
    return Impact(
        events=len(steps),
        orders=int(steps["order_id"].nunique()),
        added=float(points[points > 0].sum()),
        removed=float(points[points < 0].sum()),
        causes={cause: sum_steps(steps, cause) for cause in by},
        at_risk=at_risk,
    )


def sum_steps(steps: pd.DataFrame, cause: Cause) -> pd.DataFrame:
    """The steps of events summed by a cause, what moved most first.

    What names no word of the cause is one row too, so the net of all rows is that of all steps. By ``topic`` each event
    adds to several rows, in each what the points of that topic changed by.

    Returns
    -------
    (n_words, 7): the cause, events, orders, added, removed and net (in orders), and ``top_orders``: the orders that
    moved most, each with its net points.
    """
    if cause not in CAUSES:
        raise InvalidRequest(f"a cause must be one of {', '.join(CAUSES)}, got {cause!r}")
    order, order_ids = pd.factorize(steps["order_id"])
    rows = [
        {cause: name} | _figures(order[own], points, order_ids)
        for name, own, points in _groups(steps, cause)
        if len(own)
    ]
    table = pd.DataFrame(rows, columns=[cause, *FIGURES])
    table[cause] = table[cause].astype(object).where(table[cause].notna(), None)
    moved = table["net"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[moved].reset_index(drop=True)


def _groups(steps: pd.DataFrame, cause: Cause) -> Iterator[tuple[str | None, Ints, Floats]]:
    """By word, in their order and none last: the rows that say so, and their points; by topic those that it moved."""
    if cause == "topic":
        for topic in TOPICS:
            points = steps[f"topic_{topic}"].to_numpy(dtype=np.float64)
            moved = np.flatnonzero(points)
            yield topic, moved, points[moved]
        return
    code, words = pd.factorize(_words(steps, cause), sort=True)
    points = steps["points"].to_numpy(dtype=np.float64)
    by = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[by], np.arange(-1, len(words)), side="right")
    for number, name in enumerate([*words, None]):
        own = by[: ends[0]] if name is None else by[ends[number] : ends[number + 1]]
        yield name, own, points[own]


def _figures(order: Ints, points: Floats, order_ids: pd.Index) -> dict[str, Any]:
    """What ``FIGURES`` name, of some events: the code of the order of each, and what it adds."""
    orders, place = np.unique(order, return_inverse=True)
    nets = np.bincount(place, weights=points)
    most = np.lexsort((orders, -np.abs(nets)))[:MOST_ORDERS]
    named = zip(order_ids[orders[most]].tolist(), nets[most].tolist(), strict=True)
    return {
        "events": len(points),
        "orders": len(orders),
        "added": float(points[points > 0].sum()),
        "removed": float(points[points < 0].sum()),
        "net": float(points.sum()),
        "top_orders": [{"order_id": order_id, "points": net} for order_id, net in named],
    }


def _words(steps: pd.DataFrame, cause: Cause) -> pd.Series:
    """(n_steps,) the word of each step, ``None`` for none."""
    if cause != "component":
        return steps[cause].astype(object)
    return steps["reference"].astype(object).where(steps["type"] == "material.stated", None)
