"""Random streams, one a concern, so that what happens to one order does not stir the luck of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Stream = np.random.Generator
CONCERNS = ("world", "demand", "orders", "machines", "routes", "records", "stock", "choices")


class Chance:
    """Every stream of a run comes from one seed, its concern and a number within the concern."""

    def __init__(self, *seed: int) -> None:
        self.seed = seed

    def stream(self, concern: str, number: int = 0) -> Stream:
        """The stream of a concern; the same arguments give the same stream."""
        key = (CONCERNS.index(concern), number)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))


def pick(stream: Stream, bounds: Sequence[float]) -> int:
    """An index, drawn with weights given as their cumulative sums ending in 1."""
    drawn = stream.random()
    for index, bound in enumerate(bounds):
        if drawn < bound:
            return index
    return len(bounds) - 1


def happens(stream: Stream, chance: float) -> bool:
    """Whether something of a chance happens; what never does draws nothing, so that it stirs no other luck."""
    return chance > 0 and bool(stream.random() < chance)


def cumulative_shares(weights: Sequence[float]) -> list[float]:
    """Weights as cumulative shares."""
    total = np.cumsum(np.asarray(weights, dtype=np.float64))
    return [float(share) for share in total / total[-1]]


def draw_between(stream: Stream, bounds: tuple[float, float]) -> float:
    """A number drawn evenly between two bounds."""
    return bounds[0] + (bounds[1] - bounds[0]) * stream.random()
