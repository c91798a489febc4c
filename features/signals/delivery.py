"""Whether a truck is planned, and what already left."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER, FALLS, RISES
from features.engine.arithmetic import share
from features.history import Select
from features.known.known import Known

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
    """Days from the trucks to come to the promises of the lines they take, the tightest; negative when one is late."""
    return known.delivery_slack(PLANNED)


@signal("delivery", "statements", RISES, "deliveries were planned or planned again {value} [time|times]")
def delivery_plans(known: Known) -> Floats:
    """Times a delivery was planned, or planned otherwise, statements."""
    return known.distinct(PLANNED, "reference") + known.revisions(PLANNED)


@signal("delivery", "share", FALLS, "{value} of the ordered quantity has shipped", "nothing is ordered")
def shipped_ratio(known: Known) -> Floats:
    """Share of the ordered quantity that has left the dock."""
    return share(known.issued(), known.ordered())


@signal("delivery", "share", EITHER, "{value} of the ordered quantity came back", "nothing is ordered")
def returned_ratio(known: Known) -> Floats:
    """Share of the ordered quantity that the customer sent back, as stated or by a reversal long after the delivery."""
    return share(known.returned(), known.ordered())


@signal("delivery", "revisions", RISES, "planned deliveries were revised {value} [time|times]")
def deliveries_revised(known: Known) -> Floats:
    """Times a delivery that was planned was given another date or quantity, revisions."""
    return known.revisions(PLANNED)


@signal(
    "delivery",
    "days",
    RISES,
    "planned ship dates were moved back by {value} [day|days] net",
    negative="planned ship dates were pulled in by {value} [day|days]",
)
def delivery_moved(known: Known) -> Floats:
    """Days planned ship dates were moved later, net of moves to an earlier day, over all deliveries."""
    return known.moved(PLANNED)


@signal(
    "delivery",
    "days",
    EITHER,
    "the truck leaves in {value} [day|days]",
    "no truck is planned",
)
def days_to_truck(known: Known) -> Floats:
    """Days from now to the last of the trucks to come; one that has left is no plan."""
    return known.days_to_latest(PLANNED)


@signal(
    "delivery",
    "share",
    FALLS,
    "deliveries are planned for {value} of the ordered quantity",
    "no planned delivery states a quantity",
)
def planned_quantity_ratio(known: Known) -> Floats:
    """Quantity on the planned deliveries as a share of the ordered quantity; missing where none of them states one."""
    planned = share(known.total_in_force(PLANNED), known.ordered())
    return np.where((known.count(PLANNED) > 0) & (known.stated(PLANNED, "quantity") == 0), np.nan, planned)
