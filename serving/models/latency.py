"""What scoring and explaining one order takes on this machine."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np

from training.model.risk_model import RiskModel

TIMES = 50


def scoring_latency(model: RiskModel, times: int = TIMES) -> float:
    """Milliseconds for the risk and the contributions of one order, the median of so many."""
    signals = np.zeros((1, len(model.names)))
    durations = []
    for _ in range(times):
        begin = perf_counter()
        model.predict(signals)
        model.explain(signals)
        durations.append((perf_counter() - begin) * 1000)
    return median(durations)
