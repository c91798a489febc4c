"""What stands in the plant: orders, their lines, the batches made for them, holds and shortages.

Moments are hours since the plant began, quantities whole units of the item.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulation.plant.chance import Stream
from simulation.plant.stays import Stay
from simulation.plant.world import Customer, Item

BLOCKS_WORK = ("quality", "engineering")
BLOCKS_RELEASE = ("quality", "engineering", "material", "credit")
REQUESTED = "requested"
BLOCKS_SHIPPING = ("quality", "credit", "delivery", "documents")


@dataclass(eq=False, slots=True)
class Hold:
    """Something may not move on; on each working day it may be released with the chance ``daily``."""

    reference: str
    kind: str
    order: Order
    line: Line | None
    placed: float
    daily: float
    expected: float
    stay: Stay


@dataclass(eq=False, slots=True)
class Shortage:
    """A component that is not there, by when it is expected, and how many deliveries were made for it."""

    component: str
    quantity: int
    expected: float
    stay: Stay


@dataclass(eq=False, slots=True)
class Batch:
    """A production order: a quantity of a line's item on its way through the routing."""

    reference: str
    line: Line
    quantity: int
    good: int
    planned_end: float
    lot: int
    released: float
    work_ended: float = float("inf")
    step: int = 0
    replanned_at: float = -1e9
    pieces: int = 0
    scrapped: int = 0
    finished: bool = False


@dataclass(eq=False, slots=True)
class Line:
    """An order line: what is promised, what the floor has for it, and the truth of what shipped.

    ``ordered_log`` and ``shipped_log`` are the ledger: (moment, quantity), the statement and the amount; ``closed_log``
    is that of closings: (moment, reason), an empty reason where the line was reopened; ``promise_log`` that of dates:
    (moment, date, who promised it), ``REQUESTED`` where it was only asked for. ``instalment`` names the part of
    a line that is promised in parts; ``closed_in_error`` is the reason of a closing that the floor knows nothing of.
    ``stays`` is what the line stood in; ``arrivals`` what came to the dock: (moment, quantity, lot); ``left_behind``
    when no truck took it though it could have gone: (moment, reason). ``pickings`` counts the lots from the shelf.
    """

    line_id: str
    order: Order
    item: Item
    ordered: int
    promise: float
    ordered_log: list[tuple[float, int]]
    instalment: str | None = None
    shipped_log: list[tuple[float, int]] = field(default_factory=list)
    closed_log: list[tuple[float, str]] = field(default_factory=list)
    promise_log: list[tuple[float, float, str]] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    arrivals: list[tuple[float, int, int]] = field(default_factory=list)
    left_behind: list[tuple[float, str]] = field(default_factory=list)
    pickings: int = 0
    shortages: list[Shortage] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    shipped: int = 0
    ready: int = 0
    finishing: int = 0
    reserved: int = 0
    running: int = 0
    settled_short: bool = False
    needs_documents: bool = False
    begun: bool = False
    closed: str = ""
    closed_at: float = -1.0
    closed_in_error: str = ""

    @property
    def secured(self) -> int:
        """What has shipped or will, if nothing more is lost."""
        made = sum(batch.good for batch in self.batches if not batch.finished)
        return self.shipped + self.ready + self.finishing + self.reserved + made

    @property
    def open(self) -> int:
        """What is still to ship."""
        return 0 if self.closed else max(0, self.ordered - self.shipped)

    @property
    def parts(self) -> list[Line]:
        """The instalments of the line, in the order of their promises; the line alone where it has none."""
        return [line for line in self.order.lines if line.line_id == self.line_id]


@dataclass(eq=False, slots=True)
class Order:
    """An order: its lines ship together where the customer wants that."""

    order_id: str
    number: int
    customer: Customer
    created: float
    luck: Stream
    hold_released: Any
    lines: list[Line] = field(default_factory=list)
    holds: dict[str, Hold] = field(default_factory=dict)
    holds_placed: int = 0
    expedited: bool = False
    promised: bool = True
    deliveries: int = 1
    planned_ship: float = 0.0

    @property
    def due(self) -> float:
        """The earliest promise among the lines still to ship."""
        return min((line.promise for line in self.lines if not line.closed), default=float("inf"))

    @property
    def delivery(self) -> str:
        return f"DL{self.number:06}-{self.deliveries}"

    def held(self, kinds: tuple[str, ...], line: Line | None = None) -> bool:
        """Whether a hold of these kinds stands on the order or on this line of it."""
        if not self.holds:
            return False
        return any(hold.kind in kinds and (hold.line is None or hold.line is line) for hold in self.holds.values())
