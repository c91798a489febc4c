"""The usual pack time of a plant: how long before orders leave it begins to state that their conditions are met.

From then on a line of which nobody says so is late with packing and papers; before, it is not due yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Ints, Mask
from features.engine.ordering import known_until
from features.events.selection import Select
from features.history import History
from features.readiness.kinds import FIVE
from features.times import DAY, NEVER

DEFAULT_PACK_TIME = 5 * DAY
"""Microseconds, where no past is known: a working week less two days, which most plants pack within."""
RECENT = 180 * DAY
"""Orders that left longer ago say nothing any more."""
LEAST_ORDERS = 20
"""A plant of fewer such orders has the time of all plants, and where they are fewer too, the default."""
MET_GOODS = Select("readiness.stated", state="met", kind=FIVE)
ISSUED = Select("goods.issued")
FAR = np.iinfo(np.int64).max


class PackSample(NamedTuple):
    """One order that left: its plant, empty for none, and microseconds from its first condition met to its issue."""

    plant: str
    took: int


@dataclass(frozen=True)
class PackTimes:
    """Usual pack times, microseconds.

    Attributes
    ----------
    by_plant : of the plants whose past is known
    overall : of any other
    """

    by_plant: Mapping[str, int] = field(default_factory=dict)
    overall: int = DEFAULT_PACK_TIME

    @classmethod
    def of_samples(cls, samples: Iterable[PackSample]) -> PackTimes:
        """The median of each plant, whatever the order of the samples."""
        by_plant: dict[str, list[int]] = defaultdict(list)
        for plant, took in samples:
            by_plant[plant].append(took)
        every = [took for own in by_plant.values() for took in own]
        enough = {plant: median_low(own) for plant, own in by_plant.items() if plant and len(own) >= LEAST_ORDERS}
        return cls(enough, median_low(every) if len(every) >= LEAST_ORDERS else DEFAULT_PACK_TIME)

    def of(self, plant: str | None) -> int:
        """That of a plant."""
        return self.overall if plant is None else self.by_plant.get(plant, self.overall)

    def to_json(self) -> dict[str, Any]:
        return {"by_plant": dict(sorted(self.by_plant.items())), "overall": self.overall}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PackTimes:
        return cls(dict(stored["by_plant"]), int(stored["overall"]))


UNKNOWN_PAST = PackTimes()


def pack_times(history: History, as_of: int) -> PackTimes:
    """Usual pack times by what was recorded until a moment, microseconds, of the orders of one history."""
    return PackTimes.of_samples(pack_samples(history, as_of))


def pack_samples(history: History, as_of: int) -> list[PackSample]:
    """The orders that left in the half year before a moment, each by its first issue; parts of all orders add up."""
    known = history.recorded <= as_of
    issued = known & history.mask(ISSUED) & ((history.quantity > 0) | (history.quantity == NEVER))
    met_at = _first(history, known & history.mask(MET_GOODS), np.minimum(history.occurred, history.recorded))
    left_at = _first(history, issued, history.occurred)
    orders = np.flatnonzero((left_at < FAR) & (left_at > as_of - RECENT) & (met_at <= left_at))
    plants = _first_plants(history, orders, as_of)
    took = (left_at - met_at)[orders].tolist()
    return [PackSample(plants.get(place, ""), one) for place, one in enumerate(took)]


def _first(history: History, chosen: Mask, moments: Ints) -> Ints:
    """(n_orders,) the earliest moment of chosen events of each order, ``FAR`` for none."""
    first = np.full(history.n_orders, FAR, dtype=np.int64)
    np.minimum.at(first, history.order[chosen], moments[chosen])
    return first


def _first_plants(history: History, orders: Ints, as_of: int) -> dict[int, str]:
    """By place among some orders, ascending, the plant that each named first; none where it named none."""
    stop = known_until(history.first, history.recorded, orders, np.full(len(orders), as_of, dtype=np.int64))
    owner, code, _ = history.words_known("plant", orders, stop)
    words = history.coded["plant"].words
    named: dict[int, str] = {}
    for place, word in zip(owner.tolist(), code.tolist(), strict=True):
        named.setdefault(place, str(words[word]))
    return named
