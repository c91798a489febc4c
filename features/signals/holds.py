"""What may not move on."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import FALLS, RISES
from features.known.known import Known
from features.orders.spells import HOLD_PLACED, HOLDS, SHIPPING_HOLDS, WORK_HOLDS


@signal("holds", "holds", RISES, "{value} [hold is|holds are] open")
def open_holds(known: Known) -> Floats:
    """Holds placed and not released, holds."""
    return known.open_count(HOLDS)


@signal("holds", "holds a week", RISES, "{value} [hold was|holds were] placed a week")
def hold_frequency(known: Known) -> Floats:
    """Holds placed, not restated, per week of the order's life so far, a life of less than a week counted as one."""
    weeks = known.days_since(known.first_recorded()) / 7
    return known.begun_count(HOLDS) / np.maximum(weeks, 1.0)


@signal("holds", "holds", RISES, "{value} [hold was|holds were] placed in the last 7 days")
def holds_last_7_days(known: Known) -> Floats:
    """Holds placed in the last 7 days, holds."""
    return known.begun_count(HOLDS, days=7)


@signal("holds", "days", RISES, "holds have stood for {value} [day|days] in total")
def hold_days(known: Known) -> Floats:
    """Days that holds have stood, added up over all holds, released ones included."""
    return known.days_open(HOLDS)


@signal("holds", "holds", RISES, "{value} [hold repeats|holds repeat] one of the same kind")
def repeat_holds(known: Known) -> Floats:
    """Holds placed of a kind that had been placed on the order before, holds."""
    return np.maximum(known.begun_count(HOLDS) - known.distinct(HOLD_PLACED, "kind"), 0.0)


@signal("holds", "days", RISES, "the oldest open hold stands for {value} [day|days]", "no hold is open")
def open_hold_days(known: Known) -> Floats:
    """Days for which the oldest open hold has stood."""
    return known.open_spells(HOLDS).days_of_oldest()


@signal("holds", "holds", RISES, "{value} open [hold stops|holds stop] the work")
def open_work_holds(known: Known) -> Floats:
    """Open holds for quality, engineering or material, which stop the work, holds."""
    return known.open_count(WORK_HOLDS)


@signal("holds", "holds", RISES, "{value} open [hold stops|holds stop] the shipment")
def open_shipping_holds(known: Known) -> Floats:
    """Open holds for credit, delivery or documents, which stop the shipment, holds."""
    return known.open_count(SHIPPING_HOLDS)


@signal("holds", "holds", RISES, "{value} open [hold is|holds are] past the expected release")
def holds_overdue(known: Known) -> Floats:
    """Open holds whose expected release has passed, holds."""
    return known.open_spells(HOLDS).count_before(known.as_of)


@signal(
    "holds",
    "days",
    FALLS,
    "the last open hold is expected to be released {value} [day|days] before the promise",
    "no open hold states an expected release",
    "the last open hold is expected to be released {value} [day|days] after the promise",
)
def hold_release_slack(known: Known) -> Floats:
    """Days from the expected releases of open holds to the promises of their lines, the tightest."""
    return known.slack_of(known.open_spells(HOLDS))


@signal("holds", "days", RISES, "holds like the longest one stood for {value} [day|days]", "no hold is open")
def usual_hold_days(known: Known) -> Floats:
    """Days that holds of the kinds that are open usually stood; the longest of them."""
    holds = known.open_spells(HOLDS)
    return holds.highest(known.lookups.usual_hold(holds))
