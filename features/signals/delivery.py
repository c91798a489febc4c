"""Whether a truck is planned, and what already left."""

import numpy as np

from features.catalogue import FALLS, RISES, signal
from features.history import Select
from features.known import Floats, Known

PLANNED = Select("delivery.planned")


@signal(
    "delivery",
    "days",
    FALLS,
    "the truck is planned {value} [day|days] before the promise",
    absent="no truck is planned",
    negative="the truck is planned {value} [day|days] after the promise",
)
def delivery_slack(known: Known) -> Floats:
    """Days from the latest planned ship date in force to the promise; negative when the truck is too late."""
    due = known.due()
    ship = known.latest_end(PLANNED, "reference")
    return known.days_until(due) - known.days_until(ship)


@signal("delivery", "statements", RISES, "deliveries were planned or planned again {value} [time|times]")
def delivery_plans(known: Known) -> Floats:
    """Times a delivery was planned or planned again, statements."""
    return known.count(PLANNED)


@signal("delivery", "share", FALLS, "{value} of the ordered quantity has shipped", "nothing is ordered")
def shipped_ratio(known: Known) -> Floats:
    """Share of the ordered quantity that has left the dock."""
    ordered = known.ordered()
    return known.issued() / np.where(ordered > 0, ordered, np.nan)
