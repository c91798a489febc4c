"""From events to a table of signals: the one path that batch, single orders and training take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalogue.registry import catalogue
from features.context.context import Context
from features.decision_points import DecisionPoints, decision_points, require_scheme, standing_orders
from features.errors import InvalidRequest
from features.history import History
from features.known.known import Known
from features.orders.commitments import statuses
from features.pipeline.computation import compute
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.times import LATEST, PlantCalendar, isoformat, micros, plant_calendar


@dataclass(frozen=True)
class RowRequest:
    """Which rows a table of signals has.

    Attributes
    ----------
    moments : a scheme of decision points; or one moment in microseconds, at which every open order is a row
    zone : the plant's time zone
    policy : what counts as on time and in full
    """

    moments: str | int
    zone: str
    policy: OutcomePolicy = DEFAULT_POLICY

    @classmethod
    def of(cls, as_of: object, scheme: str | None, zone: str, policy: OutcomePolicy = DEFAULT_POLICY) -> RowRequest:
        """Raises ``InvalidRequest`` unless exactly one of ``as_of`` and ``scheme`` is given, and can be read."""
        if (as_of is None) == (scheme is None):
            raise InvalidRequest(
                "either as_of (--as-of) or decision points (--snapshots) must be given, got both or none"
            )
        plant_calendar(zone)
        if scheme is None:
            return cls(micros(as_of), zone, policy)
        require_scheme(scheme)
        return cls(scheme, zone, policy)

    @property
    def calendar(self) -> PlantCalendar:
        """The days of the plant."""
        return plant_calendar(self.zone)

    def require_recorded(self, first: int) -> None:
        """Raise ``InvalidRequest`` for a moment before the first record, microseconds."""
        if not isinstance(self.moments, str):
            require_recorded(self.moments, first)

    def points(self, history: History, context: Context) -> DecisionPoints:
        """The rows of some orders; the context is that of all."""
        if isinstance(self.moments, str):
            return decision_points(history, self.moments, self.calendar, until=context.known_until)
        return open_orders(history, context, self.moments)


def signal_table(
    events: pd.DataFrame,
    *,
    as_of: object = None,
    scheme: str | None = None,
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
) -> pd.DataFrame:
    """Every signal of every open order.

    Parameters
    ----------
    events : validated event table
    as_of : one moment for all orders; or
    scheme : decision points, one of ``daily``, ``events``, ``all``, ``before=7``
    zone : the plant's time zone
    policy : what counts as on time and in full, see ``docs/outcomes.md``

    Returns
    -------
    (n_points, 2 + n_signals): order_id, as_of, and one float column a signal, sorted by order and moment.
    """
    request = RowRequest.of(as_of, scheme, zone, policy)
    history = History.of(events, policy)
    request.require_recorded(int(history.recorded.min(initial=LATEST)))
    context = Context.of(history, request.calendar)
    points = request.points(history, context)
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
    require_recorded(moment, int(history.recorded.min()))
    return moment


def require_recorded(moment: int, first: int) -> None:
    """Raise ``InvalidRequest`` when a moment lies before the first record, both in microseconds."""
    if moment < first:
        raise InvalidRequest(f"as_of must not be before the first record ({isoformat(first)}), got {isoformat(moment)}")


def states(known: Known) -> np.ndarray:
    """(n_points,) the state of each order at its moment, one of ``STATUSES``."""
    return statuses(known.state(), known.due(), known.as_of)
