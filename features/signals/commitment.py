"""What was promised, and how the promise moved."""

from features.catalogue import EITHER, FALLS, RISES, signal
from features.history import Select
from features.known import Floats, Known

CHANGED = Select("commitment.changed")


@signal("commitment", "days", EITHER, "{value} [day is|days are] left to the promise", "nothing is promised")
def days_to_promise(known: Known) -> Floats:
    """Days from now to the earliest promise among unshipped lines."""
    return known.days_until(known.due())


@signal(
    "commitment",
    "days",
    EITHER,
    "the promise left {value} [day|days] from the first record of the order",
    "nothing is promised",
)
def promised_lead_time(known: Known) -> Floats:
    """Days from the first record of the order to the promise in force."""
    return known.days_until(known.due()) + known.days_since(known.first_recorded())


@signal("commitment", "days", EITHER, "the order is known for {value} [day|days]")
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
    return known.promise_moves(Select("commitment.changed", actor="plant"))


@signal(
    "commitment",
    "days",
    FALLS,
    "the promise was moved back by {value} [day|days] net",
    negative="the promise was pulled in by {value} [day|days]",
)
def promise_moved(known: Known) -> Floats:
    """Days the order's due date was moved later, net of moves to an earlier day."""
    return known.promise_moved(CHANGED)


@signal("commitment", "days", EITHER, "{value} [day lies|days lie] between the first and the last promise of the order")
def promise_spread(known: Known) -> Floats:
    """Days between the earliest and the latest promise among unshipped lines."""
    return known.days_until(known.last_due()) - known.days_until(known.due())
