"""How far the orders of each plant have lately failed more or less often than a model expected, as mornings keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.arrays import Floats


@dataclass(frozen=True)
class Level:
    """What is added to the log-odds of orders, and what speaks for it.

    Attributes
    ----------
    log_odds : what is added
    orders, observed : the orders whose outcome has lately become known, and how many of them failed
    expected : how many were expected to, the sum of their risks without any level
    """

    log_odds: float = 0.0
    orders: int = 0
    observed: int = 0
    expected: float = 0.0

    def sentence(self, plant: str, days: int) -> str:
        """What it tells a planner; the count of the last so many ``days`` where it says the same.

        >>> Level(0.4, 90, 31, 21.8).sentence("Kiel", 30)
        'orders of Kiel have lately failed more often than expected: 31 of 90 in 30 days, where 22 were expected'
        >>> Level(-0.4, 90, 31, 21.8).sentence("", 30)
        'orders have lately failed less often than expected'
        """
        whose, often = f"orders of {plant}" if plant else "orders", "more" if self.log_odds > 0 else "less"
        said = f"{whose} have lately failed {often} often than expected"
        if (self.observed - self.expected) * self.log_odds <= 0:
            return said
        return f"{said}: {self.observed:,} of {self.orders:,} in {days} days, where {self.expected:,.0f} were expected"


@dataclass(frozen=True)
class Levels:
    """The level of each plant, and that of orders of other plants or of none.

    Attributes
    ----------
    days : "lately" are the last so many days
    """

    overall: Level = Level()
    plants: Mapping[str, Level] = field(default_factory=dict)
    days: int = 0

    def of_plant(self, plant: str) -> Level:
        return self.plants.get(plant, self.overall)

    def sentence(self, plant: str) -> str:
        """What the level of a plant tells a planner; a plant that has none of its own has that of all orders."""
        return self.of_plant(plant).sentence(plant if plant in self.plants else "", self.days)

    def log_odds(self, plant: NDArray[np.object_]) -> Floats:
        """(n,) what is added to the log-odds of orders of plants (n,)."""
        return np.array([self.of_plant(str(name)).log_odds for name in plant], dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        plants = {name: asdict(self.plants[name]) for name in sorted(self.plants)}
        return {"overall": asdict(self.overall), "plants": plants, "days": self.days}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Levels:
        plants = {name: Level(**level) for name, level in stored["plants"].items()}
        return cls(Level(**stored["overall"]), plants, stored["days"])
