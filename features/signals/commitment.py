"""What was promised, and how the promise moved."""

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER, FALLS, RISES
from features.engine.arithmetic import share
from features.history import Select
from features.known.known import Known

CHANGED = Select("commitment.changed")
BY_PLANT = Select("commitment.changed", actor="plant")
BY_CUSTOMER = Select("commitment.changed", actor="customer")


@signal(
    "commitment", "days", EITHER, "{value} [day is|days are] left to the promise", "nothing is promised", topic="work"
)
def days_to_promise(known: Known) -> Floats:
    """Days from now to the earliest promise among unshipped lines."""
    return known.days_until(known.due())


@signal(
    "commitment",
    "days",
    EITHER,
    "the promise left {value} [day|days] from the first record of the order",
    "nothing is promised",
    topic="order",
)
def promised_lead_time(known: Known) -> Floats:
    """Days from the first record of the order to the promise in force."""
    return known.days_until(known.due()) + known.days_since(known.first_recorded())


@signal("commitment", "days", EITHER, "the order is known for {value} [day|days]", topic="order")
def order_age(known: Known) -> Floats:
    """Days since the first record of the order."""
    return known.days_since(known.first_recorded())


@signal("commitment", "moves", RISES, "the promise was moved {value} [time|times]")
def promise_moves(known: Known) -> Floats:
    """Times the order's due date was moved, moves."""
    return known.promise_moves(CHANGED)


@signal("commitment", "moves", RISES, "the plant moved the promise {value} [time|times]")
def promise_moves_by_plant(known: Known) -> Floats:
    """Times the plant moved the order's due date, moves."""
    return known.promise_moves(BY_PLANT)


@signal(
    "commitment",
    "days",
    FALLS,
    "the promise was moved later by {value} [day|days] in all",
    negative="the promise was pulled in by {value} [day|days]",
)
def promise_moved(known: Known) -> Floats:
    """Days the order's due date was moved later, net of moves to an earlier day."""
    return known.promise_moved(CHANGED)


@signal(
    "commitment",
    "days",
    EITHER,
    "{value} [day lies|days lie] between the first and the last promise of the order",
    topic="order",
)
def promise_spread(known: Known) -> Floats:
    """Days between the earliest and the latest promise among unshipped lines."""
    return known.days_until(known.last_due()) - known.days_until(known.due())


@signal("commitment", "moves", EITHER, "the customer moved the promise {value} [time|times]")
def promise_moves_by_customer(known: Known) -> Floats:
    """Times the customer moved the order's due date, moves."""
    return known.promise_moves(BY_CUSTOMER)


@signal("commitment", "changes", RISES, "the ordered quantity was changed {value} [time|times]")
def quantity_changes(known: Known) -> Floats:
    """Times an ordered quantity was changed, changes; stated again it is not."""
    return known.quantity_changes()


@signal(
    "commitment",
    "share",
    RISES,
    "the ordered quantity grew by {value}",
    "nothing is ordered",
    "the ordered quantity shrank by {value}",
)
def ordered_quantity_change(known: Known) -> Floats:
    """Ordered quantity in force against the quantity first ordered, less one; cancelled lines count as nothing."""
    return share(known.ordered(), known.first_ordered()) - 1
