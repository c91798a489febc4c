"""What every peer gives: its numbers, and how long each stage took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIGNALS = (
    "open_holds",
    "holds_last_7_days",
    "hold_days",
    "schedule_churn",
    "reschedules_last_7_days",
    "delivery_plans",
    "shortages_stated",
    "partial_completion_ratio",
    "days_since_confirmation",
    "days_since_release",
    "events_known",
    "days_since_event",
    "reporting_lag",
    "order_age",
)
"""Those of the catalogue that an as-of join can express: counts, sums, states and the latest moment of something."""

DAY = 86_400_000_000
WEEK = 7 * DAY

OneOrder = Callable[[int], dict[str, float]]
"""Every signal of one order, held as its columns, at a moment in microseconds."""


@dataclass
class Run:
    """One run of one peer, from the file to the numbers.

    Attributes
    ----------
    names : the signals it computed
    values : (n_points, n_signals) in the order of the decision points, or of ``rows``
    seconds : by stage, in their order; the sum is what the run took
    cpu_seconds : of all threads; it tells a busy machine from a slow program
    rows : which decision points, where it looked at a sample
    """

    names: Sequence[str] = SIGNALS
    values: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    rows: Ints | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, on top of what the stage has taken before."""
        begun, worked = time.perf_counter(), time.process_time()
        yield
        self.cpu_seconds += time.process_time() - worked
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
