"""What a week's events did to the risks of their orders, by the model of now: the sums of ``GET /v1/impact``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from serving.overviews.causes import CauseView, label_steps
from serving.overviews.short_memory import ShortMemory
from serving.overviews.weeks import Week
from serving.principal import Caller
from serving.scores.impact import period_steps
from serving.scores.services import Services
from serving.store.period_reads import order_rows, stated_between

LASTS_OVER, LASTS_RUNNING = 600.0, 120.0
"""Seconds that the sums of a week that is over are shown again, and of the one that runs."""
WORDS = ("order_id", "source", "event_id", "at", "type", "kind", "reason", "work_center", "reference")


@dataclass(frozen=True)
class CauseSum:
    """What all events of one cause did, in orders: 1 is the risk of one order that surely fails.

    Attributes
    ----------
    removed : negative
    value : of its orders, the plant's currency
    """

    name: str
    events: int
    orders: int
    added: float
    removed: float
    value: float


@dataclass(frozen=True)
class WeekSums:
    """A week by one view: the sums of its causes, what added most first, and of all of them."""

    causes: list[CauseSum]
    events: int
    orders: int
    added: float
    removed: float


def week_steps(memory: ShortMemory, services: Services, week: Week, caller: Caller) -> pd.DataFrame:
    """The steps of a week's events in orders that the caller may see.

    Returns
    -------
    (n_steps, 12): what ``WORDS`` name, the points (probability), the state that the event states, the order's value

    Raises
    ------
    NotReady : while there is no model
    InvalidRequest : where the week has more events than an impact may have
    """
    return memory.get(
        _key(services, week, caller),
        LASTS_OVER if week.over else LASTS_RUNNING,
        lambda: _compute(services, week, caller),
    )


def remembers(memory: ShortMemory, services: Services, week: Week, caller: Caller) -> bool:
    """Whether the steps are at hand."""
    return memory.has(_key(services, week, caller))


def _key(services: Services, week: Week, caller: Caller) -> tuple[object, ...]:
    active = services.daily_context.active_model()
    loaded = active.scorer.loaded if active.scorer else None
    by = (loaded.name, loaded.version, loaded.run_id) if loaded else ()
    return "steps", week.monday, week.over, caller.plants, by, active.context_id


def _compute(services: Services, week: Week, caller: Caller) -> pd.DataFrame:
    scorer = services.daily_context.scorer()
    steps = services.database.read(lambda connection: period_steps(connection, scorer, week.window, caller.plants))
    order_ids = steps["order_id"].unique().tolist()
    rows = services.database.read(lambda connection: order_rows(connection, order_ids))
    stated = services.database.read(lambda connection: stated_between(connection, week.window, caller.plants))
    value = {order_id: row["value"] or 0.0 for order_id, row in rows.items()}
    slim = steps[list(WORDS)].copy()
    slim["points"] = steps["points"].to_numpy(dtype=np.float64)
    keys = zip(steps["source"], steps["event_id"], strict=True)
    slim["stated"] = pd.Series([stated.get(key) for key in keys], index=slim.index, dtype=object)
    slim["value"] = slim["order_id"].map(value).fillna(0.0).astype(float)
    return slim


def sum_week(steps: pd.DataFrame, view: CauseView) -> WeekSums:
    """The sums of a week's steps by cause; what is no part of the view is left out."""
    labels = label_steps(steps, view)
    own = steps[labels.notna()]
    causes = [_sum(str(name), rows) for name, rows in own.groupby(labels[labels.notna()], sort=True)]
    points = own["points"].to_numpy(dtype=np.float64)
    return WeekSums(
        sorted(causes, key=lambda one: (-one.added, one.removed, one.name)),
        events=len(own),
        orders=int(own["order_id"].nunique()),
        added=float(points[points > 0].sum()),
        removed=float(points[points < 0].sum()),
    )


def _sum(name: str, rows: pd.DataFrame) -> CauseSum:
    points = rows["points"].to_numpy(dtype=np.float64)
    once = rows.drop_duplicates("order_id")
    return CauseSum(
        name,
        events=len(rows),
        orders=len(once),
        added=float(points[points > 0].sum()),
        removed=float(points[points < 0].sum()),
        value=float(once["value"].sum()),
    )


@dataclass(frozen=True)
class OrderBehind:
    """An order behind a figure: what the cause's events added to its risk and took off it, and which they were."""

    order_id: str
    added: float
    removed: float
    events: list[tuple[str, str]]


def orders_behind(steps: pd.DataFrame, view: CauseView, name: str) -> list[OrderBehind]:
    """The orders behind the figures of a cause, those that it added most to first."""
    own = steps[label_steps(steps, view) == name]
    found = [_order(str(order_id), rows) for order_id, rows in own.groupby("order_id", sort=True)]
    return sorted(found, key=lambda one: (-one.added, one.removed, one.order_id))


def _order(order_id: str, rows: pd.DataFrame) -> OrderBehind:
    points = rows["points"].to_numpy(dtype=np.float64)
    keys: list[tuple[str, str]] = list(zip(rows["source"], rows["event_id"], strict=True))
    return OrderBehind(order_id, float(points[points > 0].sum()), float(points[points < 0].sum()), keys)


def trend_of(weekly: Sequence[WeekSums]) -> dict[str, list[float]]:
    """By cause, what it added in each of some weeks."""
    names = {one.name for sums in weekly for one in sums.causes}
    tables: list[dict[str, Any]] = [{one.name: one.added for one in sums.causes} for sums in weekly]
    return {name: [table.get(name, 0.0) for table in tables] for name in names}
