"""What the systems write down: every fact with both clocks, some late, some out of order, a few not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from features.arrays import Ints
from features.events import COLUMNS, checked_events
from features.events.schema import MOMENT, NUMBER, WHOLE
from features.times import DAY, NEVER, SECOND, micros, timestamps
from simulation.description.description import DataQuality, Records
from simulation.plant.chance import Stream
from simulation.plant.state import Line, Order
from simulation.plant.timestamps import Timestamps

LONGEST = 40.0
"""No booking is later than this, hours: within the grace that outcomes grant to late bookings."""
PROMPT = 2.0
"""What an order, its promise and its quantity wait for their record at most, hours."""
COMMERCIAL = (
    "order_line.created", "order_line.changed", "order_line.closed", "order_line.reopened", "commitment.changed",
    "commitment.requested",
)  # fmt: skip
OF_INSTALMENTS = ("order_line.created", "order_line.changed", "commitment.changed", "commitment.requested")
"""What speaks of one instalment of a line; the rest names the line alone."""

Row = tuple[
    str, str, str, str, str | None, int, int, float | None, int, str | None, str | None, str | None, str | None,
    str | None, str | None, str | None, str | None, str | None, str | None, float | None, int | None, str | None, None,
]  # fmt: skip


class Recorder:
    """Collects events. Moments are hours since the plant began; ``on`` is False in a future that nobody records."""

    def __init__(self, begins: date, plant: str, spec: Records, stream: Stream, quality: DataQuality) -> None:
        self.begins, self.plant = micros(begins), plant
        self.spec, self.stream, self.quality = spec, stream, quality
        self.timestamps = Timestamps(quality, stream)
        self.lags = {
            "erp": spec.erp_hours,
            "mes": spec.mes_hours,
            "qms": spec.qms_hours,
            "wms": spec.wms_hours,
            "tms": spec.tms_hours,
        }
        self.counts = dict.fromkeys(self.lags, 0)
        self.rows: list[Row] = []
        self.on = True

    def micros(self, moment: float) -> int:
        """Microseconds since the epoch, to the second."""
        return self.begins + round(moment * 3600) * SECOND

    def write(
        self,
        source: str,
        type_: str,
        order: Order,
        line: Line | None,
        at: float,
        *,
        lag: float = 0.0,
        known: float | None = None,
        missable: bool = False,
        quantity: float | None = None,
        date: float | None = None,
        kind: str | None = None,
        state: str | None = None,
        reference: str | None = None,
        reason: str | None = None,
        actor: str | None = None,
        customer: str | None = None,
        item: str | None = None,
        work_center: str | None = None,
        route: str | None = None,
        value: float | None = None,
    ) -> None:
        """Record a fact that occurred at ``at``; ``lag`` hours come on top of the system's own.

        ``known`` is the moment of the record itself, where that is decided.
        """
        if not self.on or (missable and self.stream.random() < self.spec.missed):
            return
        longest = PROMPT if type_ in COMMERCIAL else LONGEST
        late = min(lag + self.lags[source] * float(self.stream.standard_exponential()), longest)
        occurred, recorded = self.timestamps.of(source, type_, at, at + late) if known is None else (at, known)
        self.counts[source] += 1
        instalment = line.instalment if line is not None and type_ in OF_INSTALMENTS else None
        sequence = self.counts[source] if source in self.quality.sequenced else None
        self.rows.append((
            f"{source}-{self.counts[source]:07}", source, type_, order.order_id, line.line_id if line else None,
            self.micros(occurred), self.micros(recorded), quantity, NEVER if date is None else self.micros(date),
            kind, state, reference, reason, actor, customer, item,
            self.plant if type_ == "order_line.created" else None, work_center, route, value,
            sequence, instalment, None,
        ))  # fmt: skip

    def frame(self, days: int) -> pd.DataFrame:
        """What was recorded by the end of the plant's ``days``, in the order of the records."""
        columns = dict(zip(COLUMNS, zip(*self.rows, strict=True), strict=True)) if self.rows else {}
        recorded = np.array(columns.get("recorded_at", ()), dtype=np.int64)
        order = np.argsort(recorded, kind="stable")
        order = order[recorded[order] <= self.begins + days * DAY]
        frame = pd.DataFrame({name: _column(columns.get(name, ()), kind, order) for name, kind in COLUMNS.items()})
        return checked_events(frame, where="the simulated events")


def _column(values: Sequence[object], kind: str, order: Ints) -> Any:
    """A column of the event table from what was written, in the order of the records."""
    if kind == MOMENT:
        return timestamps(np.array(values, dtype=np.int64)[order])
    if kind == WHOLE:
        return pd.array([values[row] for row in order], dtype="Int64")
    return np.array(values, dtype=np.float64 if kind == NUMBER else object)[order]
