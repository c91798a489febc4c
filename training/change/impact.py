"""What added risk and what removed it: the steps of events, summed by what they say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

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
    rows = _by_topic(steps) if cause == "topic" else steps.assign(cause=_words(steps, cause))
    rows = rows.assign(added=rows["points"].clip(lower=0), removed=rows["points"].clip(upper=0))
    groups = rows.groupby("cause", dropna=False, sort=True)
    table = pd.DataFrame(
        {
            "events": groups.size(),
            "orders": groups["order_id"].nunique(),
            "added": groups["added"].sum(),
            "removed": groups["removed"].sum(),
            "net": groups["points"].sum(),
        }
    )
    table["top_orders"] = pd.Series(_top_orders(rows), index=table.index, dtype=object)
    table = table.reset_index(names=cause)
    table[cause] = table[cause].astype(object).where(table[cause].notna(), None)
    moved = table["net"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[moved].reset_index(drop=True)


def _words(steps: pd.DataFrame, cause: Cause) -> pd.Series:
    """(n_steps,) the word of each step, ``None`` for none."""
    if cause != "component":
        return steps[cause].astype(object)
    return steps["reference"].astype(object).where(steps["type"] == "material.stated", None)


def _by_topic(steps: pd.DataFrame) -> pd.DataFrame:
    """A row a step and topic that it moved."""
    parts = [
        pd.DataFrame({"cause": topic, "order_id": steps["order_id"], "points": steps[f"topic_{topic}"]})
        for topic in TOPICS
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["points"] != 0]


def _top_orders(rows: pd.DataFrame) -> list[list[dict[Hashable, Any]]]:
    """By cause, in their order, the orders that moved most."""
    nets = rows.groupby(["cause", "order_id"], dropna=False, sort=True)["points"].sum().reset_index()
    nets = nets.loc[nets["points"].abs().sort_values(ascending=False, kind="stable").index]
    first = nets.groupby("cause", dropna=False, sort=False).head(MOST_ORDERS)
    groups = first.groupby("cause", dropna=False, sort=True)
    return [some[["order_id", "points"]].to_dict("records") for _, some in groups]
