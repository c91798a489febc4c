"""The reasons of every open order as a table, the same that the service gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Floats
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events.text import Texts
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.pipeline.table import moment_in_records, open_orders
from features.reasons.slowest_lines import slowest_lines
from features.times import PlantCalendar, plant_calendar
from training.contributions.reasons_of_each import reasons_of_each
from training.model.level import Levels
from training.model.morning import add_levels, levels_of
from training.model.risk_model import Points, RiskModel
from training.reasons.reasons import Reason, ReasonWriter

ORDER_COLUMNS = ("order_id", "risk", "base_risk")
REASON_COLUMNS = ("topic", "points", "text", "changeable", "situation")
USUAL_COLUMNS = ("usual", "like_orders", "like_failed_share", "all_orders", "all_failed_share", "days_from", "days_to")
COLUMNS = (*ORDER_COLUMNS, *REASON_COLUMNS, *USUAL_COLUMNS, "evidence")


def reason_table(
    model: RiskModel, events: pd.DataFrame, as_of: object, *, context: Context | None = None
) -> pd.DataFrame:
    """The reasons of every order that is open at a moment, as the service words and weighs them.

    Parameters
    ----------
    events : validated event table
    as_of : the moment; what was recorded later is not seen
    context : load, track record and levels of all orders; that of the morning of ``as_of`` by the events if not given

    Returns
    -------
    (n_reasons, 16), the riskiest order first, the reasons of an order in the order in which they are told. By order:
    ``order_id``, ``risk``, ``base_risk`` (probability). By reason: ``topic``, ``points`` (probability; base risk and
    the points of an order's reasons add up to its risk), ``text``, ``changeable``, ``situation``. What is usual:
    ``usual`` in words, ``like_orders`` training orders of which ``like_failed_share`` failed, beside ``all_orders`` and
    ``all_failed_share`` of those about as far from their promise, ``days_from`` to ``days_to`` days (NaN where nothing
    is compared or there is no bound). ``evidence``: the events that prove it, a tuple of (source, id).

    Raises
    ------
    InvalidRequest : where ``as_of`` is before the first record
    """
    history = History.of(events, model.policy)
    moment = moment_in_records(history, as_of)
    calendar = plant_calendar(str(model.about.get("zone", "UTC")))
    if context is None:
        context = _context_of_morning(model, history, calendar, moment)
    orders = OpenOrders.at(model, history, context, moment)
    order_ids = history.order_ids[orders.points.order].tolist()
    written = zip(order_ids, orders.risk.tolist(), orders.reasons(model, history, context), strict=True)
    riskiest = sorted(written, key=lambda one: (-one[1], one[0]))
    return _table((order_id, risk, orders.shares.base_risk, reasons) for order_id, risk, reasons in riskiest)


def _context_of_morning(model: RiskModel, history: History, calendar: PlantCalendar, moment: int) -> Context:
    """Load, track record, and the levels as they were that morning."""
    return add_levels(Context.of(history, calendar), model, [history], calendar.start_of_day(moment))


@dataclass(frozen=True)
class OpenOrders:
    """The (n,) orders that are open at a moment, scored.

    Attributes
    ----------
    points : the orders, sorted, and the moment
    plants : (n,) the plant each names first
    signals : (n, n_signals)
    risk : (n,) probability
    shares : what signals and level add to it
    """

    points: DecisionPoints
    plants: Texts
    levels: Levels
    signals: Floats
    risk: Floats
    shares: Points

    @classmethod
    def at(cls, model: RiskModel, history: History, context: Context, moment: int) -> OpenOrders:
        """Those open at a moment, microseconds."""
        points = open_orders(history, context, moment)
        known = Known(history, points, context)
        plants, levels = known.first_word("plant"), levels_of(model, context)
        known.close()
        signals = compute(history, points, context, model.names)
        predicted, explanation = model.predict_and_explain(signals, levels.terms(plants))
        return cls(points, plants, levels, signals, predicted.risk, explanation.points())

    def reasons(self, model: RiskModel, history: History, context: Context) -> Iterable[tuple[Reason, ...]]:
        """The reasons of each order."""
        writer = ReasonWriter(model.names, model.peers, context.calendar.zone)
        slowest = slowest_lines(history, self.points, context)
        return reasons_of_each(
            writer, self.levels, history, self.points, self.signals, self.shares, self.plants, slowest
        )


def _table(orders: Iterable[tuple[str, float, float, tuple[Reason, ...]]]) -> pd.DataFrame:
    rows = [(order_id, risk, base, *_cells(reason)) for order_id, risk, base, reasons in orders for reason in reasons]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = ["risk", "base_risk", "points", *USUAL_COLUMNS[1:]]
    return table.astype(dict.fromkeys(numbers, np.float64) | {"changeable": bool})


def _cells(reason: Reason) -> tuple[Any, ...]:
    compared = reason.comparison
    usual: tuple[float | None, ...] = (None,) * 6
    if compared is not None:
        like = (compared.orders, compared.failed_share, compared.all_orders, compared.all_failed_share)
        usual = (*like, compared.days_from, compared.days_to)
    own = (reason.topic, reason.points, reason.text, reason.changeable, reason.situation)
    return *own, reason.usual, *usual, tuple((event.source, event.id) for event in reason.evidence)
