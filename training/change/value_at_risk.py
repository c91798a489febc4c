"""The value of open orders that is at risk, by what is in their way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from features.context.context import Context
from features.decision_points import standing_orders
from features.history import History
from features.known.known import Known
from features.pipeline.table import states
from features.readiness.assessment import assess
from features.readiness.pack_time import PackTimes, pack_times
from training.change.states import score_states
from training.model.risk_model import RiskModel

NOTHING = "nothing"
"""What is in the way of an order of which nothing is stated or inferred to be."""
MOST_ORDERS = 5


@dataclass(frozen=True)
class OrderAtRisk:
    """An open or late order.

    Attributes
    ----------
    value : in the plant's currency, NaN where its lines state none
    risk : probability
    blockers : the kinds of what is in its way, what stops it first before the others
    """

    order_id: str
    value: float
    risk: float
    blockers: tuple[str, ...]

    @property
    def value_at_risk(self) -> float:
        """Value times risk; 0 where no value is stated."""
        return 0.0 if np.isnan(self.value) else self.value * self.risk


def value_at_risk(
    model: RiskModel, history: History, context: Context, as_of: int, plant: str | None = None
) -> pd.DataFrame:
    """The table of ``sum_at_risk`` for every order that is open or late at a moment, microseconds.

    Parameters
    ----------
    plant : only orders that name it first; all if not given
    """
    points = standing_orders(history, as_of)
    known = Known(history, points, context)
    of_plant = True if plant is None else known.first_word("plant") == plant
    rows = np.flatnonzero(np.isin(states(known), ("open", "late")) & of_plant)
    points, value = points.take(rows), known.value()[rows]
    known.close()
    risk = score_states(model, history, points, context).risk
    zone, usual = context.calendar.zone, pack_times(history, as_of)
    orders = zip(points.order.tolist(), value.tolist(), risk.tolist(), strict=True)
    return sum_at_risk(
        OrderAtRisk(str(history.order_ids[order]), worth, own, blockers_of(history, order, as_of, zone, usual))
        for order, worth, own in orders
    )


def blockers_of(history: History, order: int, as_of: int, zone: str, usual: PackTimes) -> tuple[str, ...]:
    """The kinds of what is in the way of an order, each once, what stops it first before the others."""
    return assess(history, order, as_of, zone, usual).kinds


@dataclass
class _Sums:
    orders: int = 0
    value: float = 0.0
    at_risk: float = 0.0
    first_orders: int = 0
    first_at_risk: float = 0.0
    own: list[tuple[float, str]] = field(default_factory=list)


def sum_at_risk(orders: Iterable[OrderAtRisk]) -> pd.DataFrame:
    """Value at risk by kind of blocker, the most first.

    Returns
    -------
    (n_kinds, 7): ``blocker`` (or ``nothing``), ``orders``, ``value`` and ``value_at_risk`` of the orders that it is in
    the way of, an order with several counted in each; ``first_orders`` and ``first_value_at_risk`` count each order
    only by what stops it first, so that they add up to all orders and their value at risk; ``top_orders``, those with
    most of it.
    """
    sums: dict[str, _Sums] = defaultdict(_Sums)
    for order in orders:
        for place, kind in enumerate(order.blockers or (NOTHING,)):
            own = sums[kind]
            own.orders += 1
            own.value += 0.0 if np.isnan(order.value) else order.value
            own.at_risk += order.value_at_risk
            own.first_orders += not place
            own.first_at_risk += 0.0 if place else order.value_at_risk
            own.own.append((-order.value_at_risk, order.order_id))
    rows = [
        {
            "blocker": kind,
            "orders": own.orders,
            "value": own.value,
            "value_at_risk": own.at_risk,
            "first_orders": own.first_orders,
            "first_value_at_risk": own.first_at_risk,
            "top_orders": [{"order_id": name, "value_at_risk": -less} for less, name in sorted(own.own)[:MOST_ORDERS]],
        }
        for kind, own in sorted(sums.items(), key=lambda one: (-one[1].at_risk, one[0]))
    ]
    columns = ["blocker", "orders", "value", "value_at_risk", "first_orders", "first_value_at_risk", "top_orders"]
    return pd.DataFrame(rows, columns=columns)
