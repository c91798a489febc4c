"""On which weekdays goods leave: by the route of an order, else by its plant, as far as records show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.arrays import Ints, Mask
from features.context.context import Context
from features.decision_points import standing_orders
from features.events.selection import Select
from features.history import History
from features.known.known import Known
from features.times import NEVER, PlantCalendar

ISSUED = Select("goods.issued")
ENOUGH = 30
"""Days on which goods must have left by a route or from a plant before a weekday without any counts as closed."""
RARE = 0.01
"""A weekday with a smaller share of these days is one on which nothing leaves: so rare are bookings of a wrong day."""
WEEK = (True,) * 7
Weekdays = tuple[bool, ...]


@dataclass(frozen=True)
class ShippingDays:
    """The weekdays, from Monday, on which goods leave, by route and by plant; any day where too little is known."""

    routes: dict[str, Weekdays] = field(default_factory=dict)
    plants: dict[str, Weekdays] = field(default_factory=dict)

    @classmethod
    def of(cls, history: History, context: Context, until: int) -> ShippingDays:
        """From the issues recorded until a moment, microseconds, by the day on which they left."""
        orders = standing_orders(history, until)
        known = Known(history, orders, context)
        issued = (history.quantity > 0) | (history.quantity == NEVER)
        rows = np.flatnonzero(history.mask(ISSUED) & issued & (history.recorded <= until))
        day = context.calendar.day(history.occurred[rows])
        of = np.searchsorted(orders.order, history.order[rows])
        return cls(*(_by_word(known.first_word(name)[of], day) for name in ("route", "plant")))

    def of_orders(self, plants: Iterable[str], routes: Iterable[str]) -> Mask:
        """(n, 7) the weekdays on which each order can leave, by its plant and route."""
        pairs = zip(plants, routes, strict=True)
        days = [self.routes.get(route) or self.plants.get(plant, WEEK) for plant, route in pairs]
        return np.array(days, dtype=np.bool_).reshape(-1, 7)

    def to_json(self) -> dict[str, Any]:
        return {"routes": self.routes, "plants": self.plants}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> ShippingDays:
        read = ({word: tuple(days) for word, days in content[name].items()} for name in ("routes", "plants"))
        return cls(*read)


def _by_word(words: Iterable[str], day: Ints) -> dict[str, Weekdays]:
    """The weekdays of each word with ``ENOUGH`` days; "" is no word."""
    names, code = np.unique(np.asarray(words, dtype=str), return_inverse=True)
    each = np.unique(np.stack([code, day]), axis=1)
    counts = np.zeros((len(names), 7))
    np.add.at(counts, (each[0], PlantCalendar.weekday(each[1])), 1)
    total = counts.sum(axis=1, keepdims=True)
    goes = counts >= np.maximum(RARE * total, 1)
    return {
        str(name): tuple(map(bool, days))
        for name, days, count in zip(names, goes, total[:, 0], strict=True)
        if name and count >= ENOUGH
    }
