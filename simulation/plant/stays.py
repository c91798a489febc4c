"""What stood between a line and the dock, and for how long: written down as it happens, read by the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass

SHORTAGE, HOLD, QUEUE, MACHINE, FAILED, MENDING = "shortage", "hold", "queue", "machine", "failed", "mending"
FOREVER = float("inf")


@dataclass(eq=False, slots=True)
class Stay:
    """Something that a line stands in from ``begins`` to ``ends``; it has no end while it lasts.

    Attributes
    ----------
    what : one of the words above
    detail : the component, the kind of hold, the work center, the kind of inspection or condition
    lot : the batch or the picking it happened to, counted from 1 within the line; 0 where it is the line's
    repair, again : of the hours at a machine, those of its repair and those for pieces done again
    """

    what: str
    begins: float
    detail: str
    lot: int = 0
    ends: float = FOREVER
    repair: float = 0.0
    again: float = 0.0
