"""LightGBM, or a sentence that says what it needs; and the signals that none of our trees test."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from features.errors import LibraryMissing

UNREAD = ("customer_orders_judged", "item_orders_judged", "events_known", "events_last_7_days")
"""Signals that only say how much is known of an order: no split tests them, so that records alone move no risk."""

HELD = {
    "planned_quantity_ratio": -1,
    "quantity_complete_ratio": -1,
    "ordered_quantity": 1,
    "ordered_quantity_change": 1,
    "moves_last_7_days": 1,
    "promise_moves": 1,
    "schedule_churn": 1,
}
"""Signals of which more never raises the risk (-1) or never lowers it (1), all else the same. Orders whose promise was
moved later teach that a move is no sin; that one more move is good by itself they must not, nor that to order more is.
"""


@lru_cache(maxsize=1)
def load_lightgbm() -> Any:
    """The module. Raises ``LibraryMissing`` on a machine without the OpenMP runtime it is linked to."""
    try:
        import lightgbm as module
    except OSError as error:
        raise LibraryMissing(
            f"LightGBM needs the OpenMP runtime libgomp on this machine, got: {error}. "
            "Install it with the system's package manager: libgomp1 on Debian and Ubuntu, libgomp on Fedora, "
            "libomp on macOS"
        ) from error
    return module
