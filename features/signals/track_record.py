"""How often it went wrong before, as far as that was known.

Failures are missed or partial orders among judged ones. The share of a customer, item, plant, route or work
centre is shrunk towards the share of all orders by ``WEIGHT`` orders, so that two bad orders are no verdict; it is told
as what is expected, not as what was.
"""

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER, FALLS, RISES
from features.history import Select
from features.known.known import Known
from features.known.lookups import N_PARTIAL

WEIGHT = 20.0
UNKNOWN = {
    dimension: f"no {dimension} is named, or no order was judged yet"
    for dimension in ("customer", "item", "plant", "route", "work centre")
}
CREATED = Select("order_line.created", "commitment.changed")


def _share(known: Known, dimension: str) -> Floats:
    return known.lookups.worst_share(dimension, WEIGHT)


def _recent_share(known: Known, dimension: str) -> Floats:
    return known.lookups.worst_share(dimension, WEIGHT, recent=True)


@signal(
    "track record",
    "share",
    RISES,
    "{value} of all orders of the last 180 days failed",
    "no order was judged in the last 180 days",
    topic="plant",
)
def failure_share_recent(known: Known) -> Floats:
    """Share of all orders judged in the last 180 days that were missed or partial."""
    return known.lookups.share_of_all(recent=True)


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of this customer's orders are expected to fail",
    UNKNOWN["customer"],
)
def customer_failure_share(known: Known) -> Floats:
    """Share of the customer's judged orders that were missed or partial, shrunk towards all orders."""
    return _share(known, "customer")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of the orders with this item are expected to fail",
    UNKNOWN["item"],
)
def item_failure_share(known: Known) -> Floats:
    """Highest share of missed or partial orders among the order's items, shrunk towards all orders."""
    return _share(known, "item")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of this plant's orders are expected to fail",
    UNKNOWN["plant"],
    topic="plant",
)
def plant_failure_share(known: Known) -> Floats:
    """Share of the plant's judged orders that were missed or partial, shrunk towards all orders."""
    return _share(known, "plant")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of the orders by this route are expected to fail",
    UNKNOWN["route"],
)
def route_failure_share(known: Known) -> Floats:
    """Share of the route's judged orders that were missed or partial, shrunk towards all orders."""
    return _share(known, "route")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of the orders through this work centre are expected to fail",
    UNKNOWN["work centre"],
    topic="plant",
)
def work_center_failure_share(known: Known) -> Floats:
    """Highest share of missed or partial orders among the order's work centres, shrunk towards all orders."""
    return _share(known, "work_center")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of this customer's orders are expected to fail, by the last 180 days",
    UNKNOWN["customer"],
)
def customer_failure_share_recent(known: Known) -> Floats:
    """Share of the customer's orders judged in the last 180 days that failed, shrunk towards its whole record."""
    return _recent_share(known, "customer")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of this plant's orders are expected to fail, by the last 180 days",
    UNKNOWN["plant"],
    topic="plant",
)
def plant_failure_share_recent(known: Known) -> Floats:
    """Share of the plant's orders judged in the last 180 days that failed, shrunk towards its whole record."""
    return _recent_share(known, "plant")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of the orders by this route are expected to fail, by the last 180 days",
    UNKNOWN["route"],
)
def route_failure_share_recent(known: Known) -> Floats:
    """Share of the route's orders judged in the last 180 days that failed, shrunk towards its whole record."""
    return _recent_share(known, "route")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of the orders through this work centre are expected to fail, by the last 180 days",
    UNKNOWN["work centre"],
    topic="plant",
)
def work_center_failure_share_recent(known: Known) -> Floats:
    """Highest share among its work centres of orders judged in the last 180 days that failed, shrunk."""
    return _recent_share(known, "work_center")


@signal(
    "track record",
    "orders",
    EITHER,
    "{value} [order of this customer was|orders of this customer were] judged so far",
    UNKNOWN["customer"],
)
def customer_orders_judged(known: Known) -> Floats:
    """Judged orders of the customer, orders."""
    return known.lookups.fewest_judged("customer")


@signal(
    "track record",
    "orders",
    EITHER,
    "{value} [order|orders] with the order's least known item [was|were] judged so far",
    UNKNOWN["item"],
)
def item_orders_judged(known: Known) -> Floats:
    """Judged orders of the order's least known item, orders."""
    return known.lookups.fewest_judged("item")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of the orders with this item are expected to fail, by the last 180 days",
    UNKNOWN["item"],
)
def item_failure_share_recent(known: Known) -> Floats:
    """Highest share among its items of orders judged in the last 180 days that failed, shrunk to the whole record."""
    return _recent_share(known, "item")


@signal(
    "track record",
    "share",
    RISES,
    "about {value} of this customer's orders are expected to ship in part",
    UNKNOWN["customer"],
)
def customer_partial_share(known: Known) -> Floats:
    """Share of the customer's judged orders that were partial, shrunk towards all orders."""
    return known.lookups.worst_share("customer", WEIGHT, what=N_PARTIAL)


@signal(
    "track record",
    "days",
    FALLS,
    "the promise leaves {value} [day|days] more than such lines usually take",
    "no such line has shipped yet",
    "the promise leaves {value} [day|days] less than such lines usually take",
    topic="work",
)
def usual_lead_time_slack(known: Known) -> Floats:
    """Days from when lines of the item usually ship, counted from their creation, to the promise; the tightest line."""
    lines = known.lines(evidence=CREATED)
    lead = known.days_between(lines.created, lines.promise) - known.lookups.usual_lead()
    return lines.lowest(lines.of_open(lead))
