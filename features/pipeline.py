"""From events to a table of signals: the one path that batch, single orders and training take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.catalogue import catalogue, compute
from features.context import Context
from features.decision_points import DecisionPoints, decision_points, standing_orders
from features.errors import InvalidRequest
from features.history import History
from features.known import Known
from features.orders import CANCELLED, NONE, OPEN, SHIPPED
from features.times import isoformat, micros, plant_calendar

STATES = ("unknown", "open", "late", "shipped", "cancelled")


def signal_table(
    events: pd.DataFrame, *, as_of: object = None, scheme: str | None = None, zone: str = "UTC"
) -> pd.DataFrame:
    """Every signal of every open order.

    Parameters
    ----------
    events : validated event table
    as_of : one moment for all orders; or
    scheme : decision points, one of ``daily``, ``events``, ``all``, ``before=7``
    zone : the plant's time zone

    Returns
    -------
    (n_points, 2 + n_signals): order_id, as_of, and one float column a signal, sorted by order and moment.
    """
    if (as_of is None) == (scheme is None):
        raise InvalidRequest("either as_of (--as-of) or decision points (--snapshots) must be given, got both or none")
    calendar = plant_calendar(zone)
    history = History.of(events)
    context = Context.of(history, calendar)
    if scheme is not None:
        points = decision_points(history, scheme, calendar)
    else:
        points = open_orders(history, context, moment_in_records(history, as_of))
    names = list(catalogue())
    values = compute(history, points, context, names)
    return pd.concat([points.frame(history), pd.DataFrame(values, columns=names)], axis=1)


def open_orders(history: History, context: Context, as_of: int) -> DecisionPoints:
    """Every order that is open at ``as_of``, microseconds."""
    points = standing_orders(history, as_of)
    return points.take(np.flatnonzero(states(Known(history, points, context)) == "open"))


def moment_in_records(history: History, as_of: object) -> int:
    """``as_of`` in microseconds, refused when it lies before the records begin."""
    moment = micros(as_of)
    first = int(history.recorded.min())
    if moment < first:
        raise InvalidRequest(f"as_of must not be before the first record ({isoformat(first)}), got {isoformat(moment)}")
    return moment


def states(known: Known) -> np.ndarray:
    """(n_points,) the state of each order at its moment, one of ``STATES``."""
    state, due = known.state(), known.due()
    names = np.full(len(known), "unknown", dtype=object)
    names[state == OPEN] = "open"
    names[(state == OPEN) & (due < known.as_of)] = "late"
    names[state == SHIPPED] = "shipped"
    names[state == CANCELLED] = "cancelled"
    names[state == NONE] = "unknown"
    return names
