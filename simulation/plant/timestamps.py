"""How exactly systems know when something happened, and when they come to know it."""

from __future__ import annotations

from simulation.description.description import DataQuality
from simulation.plant.calendar import DAY
from simulation.plant.chance import Stream

BOOKED_LATE = ("inspection.recorded", "operation.confirmed", "readiness.stated")
"""What people book when they come to it, after what happened later; never what leaves, nor what is promised."""
LATEST_BOOKING = 10 * DAY


class Timestamps:
    """Turns the moment of a fact and of its record into what the system says of both; moments are hours."""

    def __init__(self, quality: DataQuality, stream: Stream) -> None:
        self.quality, self.stream = quality, stream
        self.last: dict[str, tuple[float, float]] = {}

    def of(self, source: str, type_: str, at: float, known: float) -> tuple[float, float]:
        """``occurred_at`` and ``recorded_at`` of a fact that occurred at ``at`` and would be recorded at ``known``."""
        quality = self.quality
        if source in quality.dates:
            day = at // DAY
            return day * DAY, (day + (at - day * DAY > quality.nightly_hour)) * DAY + quality.nightly_hour
        if quality.booked_late and type_ in BOOKED_LATE and self.stream.random() < quality.booked_late:
            return at, known + min(LATEST_BOOKING, quality.late_days * DAY * float(self.stream.standard_exponential()))
        if source in quality.transactions:
            before, then = self.last.get(source, (-1.0, 0.0))
            known = then if before == at else known
            self.last[source] = at, known
        return at, known
