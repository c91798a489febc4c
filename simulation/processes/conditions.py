"""Shipping conditions, as they are stated."""

from __future__ import annotations

from simulation.plant.shop import Shop
from simulation.plant.state import Line, Order

SOURCE = {"inspection": "qms", "documents": "erp", "carrier": "tms"}


def state_condition(
    shop: Shop, order: Order, line: Line | None, kind: str, state: str, reason: str | None = None
) -> None:
    """State that a condition of a line, or of the whole order, is met or not."""
    shop.records.write(
        SOURCE.get(kind, "wms"), "readiness.stated", order, line, shop.now,
        kind=kind, state=state, reason=reason, missable=state == "met",
    )  # fmt: skip
