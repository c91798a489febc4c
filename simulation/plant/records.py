"""What the systems write down: every fact with both clocks, some late, some out of order, a few not at all."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.events import COLUMNS, checked_events
from features.events.schema import MOMENT
from features.times import DAY, NEVER, SECOND, micros, timestamps
from simulation.description.description import Records
from simulation.plant.chance import Stream
from simulation.plant.state import Line, Order

LONGEST = 40.0
"""No booking is later than this, hours: within the grace that outcomes grant to late bookings."""
PROMPT = 2.0
"""What an order, its promise and its quantity wait for their record at most, hours."""
COMMERCIAL = ("order_line.created", "order_line.changed", "order_line.closed", "commitment.changed")

Row = tuple[
    str, str, str, str, str | None, int, int, float | None, int, str | None, str | None, str | None, str | None,
    str | None, str | None, str | None, str | None, str | None, str | None, float | None,
]  # fmt: skip


class Recorder:
    """Collects events. Moments are hours since the plant began; ``on`` is False in a future that nobody records."""

    def __init__(self, begins: date, plant: str, spec: Records, stream: Stream) -> None:
        self.begins, self.plant = micros(begins), plant
        self.spec, self.stream = spec, stream
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
        """Record a fact that occurred at ``at``; ``lag`` hours come on top of the system's own."""
        if not self.on or (missable and self.stream.random() < self.spec.missed):
            return
        longest = PROMPT if type_ in COMMERCIAL else LONGEST
        late = min(lag + self.lags[source] * float(self.stream.standard_exponential()), longest)
        self.counts[source] += 1
        self.rows.append((
            f"{source}-{self.counts[source]:07}", source, type_, order.order_id, line.line_id if line else None,
            self.micros(at), self.micros(at + late), quantity, NEVER if date is None else self.micros(date),
            kind, state, reference, reason, actor, customer, item,
            self.plant if type_ == "order_line.created" else None, work_center, route, value,
        ))  # fmt: skip

    def frame(self, days: int) -> pd.DataFrame:
        """What was recorded by the end of the plant's ``days``, in the order of the records."""
        columns = dict(zip(COLUMNS, zip(*self.rows, strict=True), strict=True)) if self.rows else {}
        recorded = np.array(columns.get("recorded_at", ()), dtype=np.int64)
        order = np.argsort(recorded, kind="stable")
        order = order[recorded[order] <= self.begins + days * DAY]
        frame = pd.DataFrame(
            {
                name: timestamps(np.array(columns.get(name, ()), dtype=np.int64)[order])
                if kind == MOMENT
                else np.array(columns.get(name, ()), dtype=np.float64 if name in ("quantity", "value") else object)[
                    order
                ]
                for name, kind in COLUMNS.items()
            }
        )
        return checked_events(frame, where="the simulated events")
