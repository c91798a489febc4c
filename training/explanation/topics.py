"""Points of signals added up by topic: what each story of an order adds to its risk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from features.arrays import Floats, Ints
from features.catalogue.registry import catalogue
from features.catalogue.topics import TOPICS

LEVEL_TOPIC = "plant"
"""The level of its plant is told with the plant's load and record."""


@lru_cache(maxsize=64)
def topic_of_each(names: tuple[str, ...]) -> Ints:
    """(n_signals,) the place of each signal's topic in ``TOPICS``."""
    entries = catalogue()
    return np.array([TOPICS.index(entries[name].topic) for name in names], dtype=np.int64)


def points_by_topic(names: Sequence[str], signals: Floats, level: Floats) -> Floats:
    """(n, n_topics) points by topic, in the order of ``TOPICS``; each row adds up to those of its signals and level.

    Parameters
    ----------
    names : the signals of the columns
    signals : (n, n_signals) points, or contributions in log-odds
    level : (n,) what the level of its plant adds, in the same unit

    >>> by_topic = points_by_topic(["open_holds", "hold_days"], np.array([[0.5, 0.25]]), np.zeros(1))
    >>> float(by_topic[0, TOPICS.index("holds")])
    0.75
    """
    place = topic_of_each(tuple(names))
    topics = np.empty((len(signals), len(TOPICS)))
    for row, added in enumerate(signals):
        topics[row] = np.bincount(place, added, len(TOPICS))
    topics[:, TOPICS.index(LEVEL_TOPIC)] += level
    return topics
