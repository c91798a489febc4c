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

    @property
    def is_shown_by_counts(self) -> bool:
        """Whether more failed than expected where the level is above 0, and fewer where it is below."""
        return (self.observed - self.expected) * self.log_odds > 0


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
        """What the level of a plant tells a planner, with the counts of the plant, or of all, that say the same.

        >>> plants = {"Kiel": Level(0.5, 40, 20, 9.6), "Ulm": Level(0.2, 9, 0, 1.0)}
        >>> levels = Levels(Level(0.4, 90, 31, 21.8), plants, 30)
        >>> levels.sentence("Kiel")
        'orders of Kiel have lately failed more often than expected: 20 of 40 in 30 days, where 10 were expected'
        >>> levels.sentence("Ulm")
        'orders of all plants have lately failed more often than expected: 31 of 90 in 30 days, where 22 were expected'
        """
        level = self.of_plant(plant)
        often = "more" if level.log_odds > 0 else "less"
        own = plant in self.plants and level.is_shown_by_counts
        whose, shown = (plant, level) if own else ("all plants", self.overall)
        said = f"orders of {whose} have lately failed {often} often than expected"
        if not shown.is_shown_by_counts or shown.log_odds * level.log_odds < 0:
            return said
        count = f"{shown.observed:,} of {shown.orders:,} in {self.days} days"
        return f"{said}: {count}, where {shown.expected:,.0f} were expected"

    def log_odds(self, plant: NDArray[np.object_]) -> Floats:
        """(n,) what is added to the log-odds of orders of plants (n,)."""
        return np.array([self.of_plant(str(name)).log_odds for name in plant], dtype=np.float64)

    def entries(self) -> list[dict[str, Any]]:
        """One a plant by name, and last that of all others, whose ``plant`` is ``None``."""
        named = [*((name, self.plants[name]) for name in sorted(self.plants)), (None, self.overall)]
        return [{"plant": name} | asdict(level) | {"days": self.days} for name, level in named]

    def to_json(self) -> dict[str, Any]:
        plants = {name: asdict(self.plants[name]) for name in sorted(self.plants)}
        return {"overall": asdict(self.overall), "plants": plants, "days": self.days}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Levels:
        plants = {name: Level(**level) for name, level in stored["plants"].items()}
        return cls(Level(**stored["overall"]), plants, stored["days"])
