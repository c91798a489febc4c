"""What a table of events must be before it is learned from, said before anything is made of it."""

from __future__ import annotations

from numbers import Integral

import pandas as pd

from features.errors import InvalidEvents
from features.events.schema import COLUMNS, MOMENT
from features.events.validation import require_columns
from features.times import micros

ORDERED = ("order_line.created", "commitment.requested", "commitment.changed")
"""What is said of an order by whoever takes it: nothing of what became of it."""
FEW = 5
"""So few orders may all stand where nothing has happened yet."""
HOW_TO_TAKE_SOME = (
    'to take some orders, such as those of one plant, filter by order_id: events[events["order_id"].isin(...)]'
)
LABELLED = {"outcome", "weight", "rescued"}
"""Columns by which a labelled table is known."""


def require_frame(events: object) -> pd.DataFrame:
    """The events. Raises ``InvalidEvents`` unless they are a frame with the columns of events, and with rows."""
    must = "the events must be a DataFrame such as read_events gives"
    if not isinstance(events, pd.DataFrame):
        how = f": read_events({events!r}) reads a file" if isinstance(events, str) else ""
        raise InvalidEvents(f"{must}, got {type(events).__name__}{how}")
    if {*events.columns} >= LABELLED:
        raise InvalidEvents(f"{must}, got a labelled table: give the events that training_table made it of")
    if not len(events):
        raise InvalidEvents(f"{must}, with at least one row, got none")
    return events


def require_checked(given: object) -> pd.DataFrame:
    """The events. Raises ``InvalidEvents`` unless columns and types are those that ``checked_events`` gives."""
    events = require_frame(given)
    require_columns([str(column) for column in events])
    wrong = [column for column in COLUMNS if column not in events]
    got = f"got no {', '.join(wrong)}"
    if not wrong:
        moments = [column for column, kind in COLUMNS.items() if kind == MOMENT]
        wrong = [column for column in moments if not isinstance(events[column].dtype, pd.DatetimeTZDtype)]
        got = ", ".join(f"got {column} of type {events[column].dtype}" for column in wrong)
    if wrong:
        raise InvalidEvents(
            f"the events must be checked, with moments as UTC timestamps, {got}: "
            "features.events.checked_events(frame) reads them"
        )
    return events


def require_what_became(events: pd.DataFrame) -> None:
    """Raise ``InvalidEvents`` where of all orders, unless they are few, nothing is told but what was ordered."""
    orders = events["order_id"].nunique()
    if orders > FEW and events["type"].isin(ORDERED).all():
        got = ", ".join(name for name in ORDERED if (events["type"] == name).any())
        raise InvalidEvents(
            "the events must hold what became of the orders, such as production, holds and goods issues, "
            f"got {orders:,} orders with {got} alone: nothing else is recorded yet, or was filtered out. "
            "plant, customer and item stand on order_line.created only, so that a filter by one of them leaves all "
            f"else out: {HOW_TO_TAKE_SOME}"
        )


def moment_of(until: object) -> int | None:
    """Microseconds of an ISO 8601 text, a timestamp, or microseconds; ``None`` for none.

    >>> moment_of("1970-01-02"), moment_of(7), moment_of(None)
    (86400000000, 7, None)
    """
    if until is None:
        return None
    return int(until) if isinstance(until, Integral) else micros(until)
