"""Tiny histories, written by hand: days count from 2024-01-01 (a Monday), at noon unless said otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.context.context import Context
from features.decision_points import DecisionPoints
from features.events import COLUMNS, checked_events
from features.history import History
from features.known.known import Known
from features.pipeline.computation import compute
from features.times import DAY, micros, plant_calendar

START = pd.Timestamp("2024-01-01T12:00:00Z")
UTC = plant_calendar("UTC")


def at(day: float) -> pd.Timestamp:
    """The moment so many days after the story begins."""
    return START + pd.Timedelta(days=day)


def event(what: str, day: float, order: str = "A", /, *, late: float = 0.0, **says: Any) -> dict[str, Any]:
    """One event, recorded ``late`` days after it happened. ``date`` may be a day."""
    if isinstance(says.get("date"), int | float):
        says["date"] = at(says["date"])
    if "line" in says:
        says["line_id"] = says.pop("line")
    return {"type": what, "order_id": order, "occurred_at": at(day), "recorded_at": at(day + late)} | says


def created(day: float, promise: float | None, quantity: float = 10, order: str = "A", **says: Any) -> dict[str, Any]:
    return event("order_line.created", day, order, quantity=quantity, date=promise, **says)


def shipped(day: float, quantity: float | None = None, order: str = "A", **says: Any) -> dict[str, Any]:
    everything = {"state": "complete"} if quantity is None else {}
    return event("goods.issued", day, order, quantity=quantity, **everything | says)


def story(*events: dict[str, Any]) -> pd.DataFrame:
    """A checked event table; ids count up unless given."""
    rows = [{"event_id": f"e{number:03}", "source": "test"} | row for number, row in enumerate(events)]
    return checked_events(pd.DataFrame(rows).reindex(columns=list(COLUMNS)))


def moment(day: float) -> int:
    return micros(at(day))


def points(history: History, day: float, order: str | None = None) -> DecisionPoints:
    """All orders, or one, looked at on a day."""
    orders = np.arange(history.n_orders) if order is None else np.flatnonzero(history.order_ids == order)
    return DecisionPoints(orders.astype(np.int64), np.full(len(orders), moment(day), dtype=np.int64))


def known(events: pd.DataFrame, day: float, order: str | None = None) -> Known:
    history = History.of(events)
    return Known(history, points(history, day, order), Context.of(history, UTC, moment(day)))


def values(known: Known, names: list[str] | None = None) -> Any:
    """(n_points, n_signals) signals of what is known."""
    return compute(known.history, known.points, known.context, names)


def days(count: float) -> int:
    return int(count * DAY)


def value(name: str, *events: dict[str, Any], day: float, order: str = "A") -> float:
    """One signal of one order on a day."""
    return float(values(known(story(*events), day, order), [name])[0, 0])
