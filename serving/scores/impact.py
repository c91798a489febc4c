"""What stored events did to the risks of their orders, by the active model, computed when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection, RowMapping

from features.errors import InvalidRequest
from features.readiness.pack_time import PackTimes
from serving.models.scorer import Scorer
from serving.settings import Settings
from serving.store.dialects import chunks
from serving.store.schema import SCORED
from serving.store.tables.events import events_of, history_of, recorded_between
from serving.store.tables.worklist import WorklistQuery, page
from training.change.steps import change_steps, no_steps
from training.change.value_at_risk import OrderAtRisk, blockers_of, sum_at_risk

MOST_EVENTS = 50_000
"""A period with more events is refused: each is scored twice, and the whole life of its order is read."""
MOST_LINES = 2_000_000
"""A period is refused in which events look at more lines together: the events of an order times its lines."""
MOST_AT_RISK = 500
"""Value at risk is told of so many orders: what is in the way of each is assessed anew."""
ORDERS_AT_ONCE = 200
"""Orders whose events are in memory at a time."""


def period_steps(
    connection: Connection, scorer: Scorer, window: tuple[int, int], plants: frozenset[str] | None
) -> pd.DataFrame:
    """The steps of all events of a period, as ``change_steps`` has them.

    Parameters
    ----------
    window : two moments, microseconds
    plants : of which a line of the order must name one, ``None`` for all orders

    Raises
    ------
    InvalidRequest : where the period has more than ``MOST_EVENTS`` events, or these look at more than ``MOST_LINES``
    """
    counts = recorded_between(connection, *window, plants)
    total = sum(counts.values())
    if total > MOST_EVENTS:
        raise InvalidRequest(
            f"a period must have at most {MOST_EVENTS:,} events, got {total:,}: ask for a shorter one or for one "
            "plant, or run shiprisk impact, which has no limit"
        )
    frames, lines = [], 0
    for some in chunks(list(counts), ORDERS_AT_ONCE):
        history = history_of(events_of(connection, some), scorer.model.policy)
        lines += sum(int(n) * counts[name] for name, n in zip(history.order_ids, history.lines, strict=True))
        if lines > MOST_LINES:
            raise InvalidRequest(
                f"the events of a period must look at most at {MOST_LINES:,} lines, each at those of its order, got "
                "more: ask for a shorter one or for one plant, or run shiprisk impact, which has no limit"
            )
        frames.append(change_steps(scorer.model, history, scorer.context, *window, events_only=True))
    return pd.concat(frames, ignore_index=True) if frames else no_steps()


def at_risk_now(
    connection: Connection, plants: frozenset[str] | None, now: int, settings: Settings, usual: PackTimes
) -> tuple[pd.DataFrame, int]:
    """Value at risk by what is in the way, of the orders with most of it as they were last scored; and how many."""
    query = WorklistQuery(now, sort="value_at_risk", states=SCORED, plants=plants, snoozed=None)
    rows = page(connection, query, MOST_AT_RISK)
    return sum_at_risk(_at_risk(connection, rows, now, settings, usual)), len(rows)


def _at_risk(
    connection: Connection, rows: Sequence[RowMapping], now: int, settings: Settings, usual: PackTimes
) -> list[OrderAtRisk]:
    if not rows:
        return []
    history = history_of(events_of(connection, [row["order_id"] for row in rows]), settings.policy)
    place = {order_id: number for number, order_id in enumerate(history.order_ids.tolist())}
    return [
        OrderAtRisk(
            row["order_id"],
            np.nan if row["value"] is None else row["value"],
            row["risk"] or 0.0,
            blockers_of(history, place[row["order_id"]], max(now, row["as_of"]), settings.zone, usual),
        )
        for row in rows
    ]
