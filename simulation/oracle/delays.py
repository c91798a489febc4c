"""The table of what delayed the orders of a played plant, and the reasons that name each cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.progress import Progress, no_progress
from features.times import timestamps
from simulation.description.description import Plant
from simulation.oracle.causes import order_delay
from simulation.plant.shop import Shop
from simulation.plant.state import Order
from simulation.run import run_until, start

HOUR = 3_600_000_000
COLUMNS = ("as_of", "order_id", "lateness", "cause", "hours", "since", "until", "is_true")

TOPICS_OF_CAUSE: dict[str, tuple[str, ...]] = {
    "component": ("material",),
    "material hold": ("material", "holds"),
    "credit hold": ("holds",),
    "engineering hold": ("holds",),
    "delivery hold": ("holds",),
    "quality hold": ("holds", "quality"),
    "documents hold": ("holds", "conditions"),
    "failed inspection": ("quality",),
    "failed final inspection": ("quality", "conditions"),
    "rework": ("quality", "work"),
    "loss": ("quality", "work"),
    "work": ("work", "plant"),
    "breakdown": ("work", "plant"),
    "packing": ("conditions", "plant"),
    "labels": ("conditions",),
    "documents": ("conditions",),
    "quantities": ("conditions",),
    "truck": ("truck",),
    "late start": ("work", "changes"),
    "short notice": ("work", "order"),
    "pulled in": ("changes", "work"),
    "postponed": ("changes",),
    "quantity raised": ("changes", "work"),
    "together": ("order",),
}
"""The topics of reasons that name a cause, each as a planner would: see docs/causes.md for why."""


@dataclass(frozen=True)
class PlayedPlant:
    """A plant that has been played to its end, with all that happened to its orders."""

    events: pd.DataFrame
    shop: Shop
    orders: dict[str, Order]

    def delays(self, order_ids: Iterable[str], as_of: Iterable[int]) -> pd.DataFrame:
        """What delayed orders that failed the promises known at moments, microseconds; ``simulation.oracle.causes``.

        Returns
        -------
        one row an order, moment and cause: as_of, order_id, lateness (working hours), cause, hours (working hours),
        since, until (when its first hour began and its last one ended), is_true; the longest cause first. Orders that
        kept their promises have none.
        """
        rows: list[tuple[object, ...]] = []
        records = self.shop.records
        for order_id, moment in zip(order_ids, as_of, strict=True):
            delay = order_delay(self.shop, self.orders[order_id], (moment - records.begins) / HOUR)
            if delay is None:
                continue
            true = delay.causes
            for cause in delay.ranked:
                when = [records.micros(each) for each in delay.when[cause]]
                rows.append((moment, order_id, delay.lateness, cause, delay.hours[cause], *when, cause in true))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        for name in ("as_of", "since", "until"):
            table[name] = timestamps(table[name].to_numpy(dtype=np.int64))
        return table


def play(plant: Plant, orders: int, days: int, seed: int, progress: Progress = no_progress) -> PlayedPlant:
    """Simulate as ``simulation.simulate`` does, the same events, and keep every order to ask what delayed it."""
    shop = start(plant, orders, days, seed)
    orders_of: dict[str, Order] = {}
    for day in range(1, days + 1):
        run_until(shop, day, progress)
        orders_of |= shop.orders
    return PlayedPlant(shop.records.frame(days), shop, orders_of)
