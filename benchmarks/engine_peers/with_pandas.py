"""pandas, naive: for each decision point, what was recorded of the order by then, and each signal from its definition.

A sample of the decision points is enough to time it. To be fair, the events lie in one small frame an order already,
and are filtered once a decision point, not once a signal; neither reading nor grouping is timed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine_peers.run import SIGNALS, OneOrder, Run

SAMPLE = 300
COLUMNS = ["order_id", "type", "state", "reference", "quantity", "occurred_at", "recorded_at", "source", "event_id"]
ONE_WEEK = pd.Timedelta(days=7)
ONE_DAY = pd.Timedelta(days=1)
NEVER = float("nan")


def naive(events: Path, points: Path) -> Run:
    """The signals of a sample of the decision points."""
    asked = pq.read_table(points)
    rows = np.sort(np.random.default_rng(1).choice(len(asked), size=SAMPLE, replace=False))
    sample = asked.take(rows).to_pandas()
    frames = _frames(events, list(sample["order_id"].unique()))
    run = Run(rows=rows)
    with run.stage("signals"):
        made = [signals(frames[o], t) for o, t in zip(sample["order_id"], sample["as_of"], strict=True)]
    run.values = np.array([[one[name] for name in SIGNALS] for one in made])
    return run


def caller(plant: Path, order_id: str) -> OneOrder:
    """What answers for one order, of which it holds a frame."""
    frame = _frames(plant, [order_id])[order_id]
    return lambda as_of: signals(frame, pd.Timestamp(as_of, unit="us", tz="UTC"))


def signals(order: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, float]:
    """Every signal of one order at one moment."""
    known = order[order["recorded_at"] <= as_of]
    return counts(known, as_of) | moments(known, as_of) | ratios(known) | holds(known, as_of)


def counts(known: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, float]:
    kind, recent = known["type"], known["recorded_at"] > as_of - ONE_WEEK
    return {
        "holds_last_7_days": ((kind == "hold.placed") & recent).sum(),
        "schedule_churn": kind.isin(["production.rescheduled", "commitment.changed"]).sum(),
        "reschedules_last_7_days": ((kind == "production.rescheduled") & recent).sum(),
        "delivery_plans": (kind == "delivery.planned").sum(),
        "shortages_stated": ((kind == "material.stated") & (known["state"] == "short")).sum(),
        "events_known": len(known),
    }


def moments(known: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, float]:
    def since(moment: pd.Timestamp) -> float:
        return (as_of - moment) / ONE_DAY

    return {
        "days_since_confirmation": since(known.loc[known["type"] == "operation.confirmed", "recorded_at"].max()),
        "days_since_release": since(known.loc[known["type"] == "production.released", "recorded_at"].max()),
        "days_since_event": since(known["recorded_at"].max()),
        "order_age": since(known["recorded_at"].min()),
    }


def ratios(known: pd.DataFrame) -> dict[str, float]:
    confirmed = known[known["type"] == "operation.confirmed"]
    sign = np.where(confirmed["quantity"] < 0, -1, 1)
    partial = sign[confirmed["state"] == "partial"].sum()
    return {
        "partial_completion_ratio": np.clip(partial / sign.sum(), 0, 1) if sign.sum() > 0 else NEVER,
        "reporting_lag": (known["recorded_at"] - known["occurred_at"]).dt.total_seconds().mean() / 86_400,
    }


def holds(known: pd.DataFrame, as_of: pd.Timestamp) -> dict[str, float]:
    """The latest statement of each hold counts, from when it happened, or was recorded if that was earlier."""
    open_, stood = 0, pd.Timedelta(0)
    stated = known[known["type"].isin(["hold.placed", "hold.released"])]
    stated = stated.sort_values(["recorded_at", "occurred_at", "source", "event_id"])
    for _, hold in stated.groupby("reference"):
        since = None
        for kind, occurred, recorded in zip(hold["type"], hold["occurred_at"], hold["recorded_at"], strict=True):
            if kind == "hold.placed" and since is None:
                since = min(occurred, recorded)
            elif kind == "hold.released" and since is not None:
                stood, since = stood + (min(occurred, recorded) - since), None
        if since is not None:
            open_, stood = open_ + 1, stood + (as_of - since)
    return {"open_holds": open_, "hold_days": stood / ONE_DAY}


def _frames(events: Path, orders: Sequence[str]) -> dict[str, pd.DataFrame]:
    """One frame an order that is asked for."""
    table = pq.read_table(events, columns=COLUMNS, filters=pc.field("order_id").isin(orders))
    return {str(order): frame for order, frame in table.to_pandas().groupby("order_id")}
