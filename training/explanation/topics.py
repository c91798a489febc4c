"""Points of signals added up by topic: what each story of an order adds to its risk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import catalogue
from features.catalogue.topics import TOPICS

LEVEL_TOPIC = "plant"
"""The level of its plant is told with the plant's load and record."""


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
    entries = catalogue()
    topics = np.zeros((len(signals), len(TOPICS)))
    for column, name in enumerate(names):
        topics[:, TOPICS.index(entries[name].topic)] += signals[:, column]
    topics[:, TOPICS.index(LEVEL_TOPIC)] += level
    return topics
