from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.catalogue.topics import TOPICS
from training.contributions.contributions import Contributions

NAMES = ["open_holds", "days_to_promise", "order_value"]
BASE_RISK = 0.3


@pytest.fixture
def contributions() -> Contributions:
    """Four orders; the points of the three signals are of holds, work and order."""
    index = pd.Index(["A", "B", "C", "D"], name="order_id")
    points = pd.DataFrame(
        [[0.2, -0.1, 0.05], [0.2, 0.1, -0.05], [-0.1, 0.0, 0.15], [0.0, 0.0, 0.0]], index, pd.Index(NAMES)
    )
    values = pd.DataFrame(
        [[1.0, 9.0, 5.0], [2.0, 1.0, 1.0], [0.0, np.nan, 9.0], [0.0, 4.0, 4.0]], index, pd.Index(NAMES)
    )
    level = pd.Series([0.01, 0.0, 0.0, 0.0], index)
    topics = pd.DataFrame(0.0, index, pd.Index(TOPICS))
    topics[["holds", "work", "order"]] = points.to_numpy()
    topics["plant"] = level
    risk = BASE_RISK + points.sum(axis=1) + level
    return Contributions(values, points * 5, points, topics, level * 5, level, risk, float(np.log(3 / 7)), BASE_RISK)
