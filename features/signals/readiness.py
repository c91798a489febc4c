"""What stands between complete and shippable."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import FALLS, RISES
from features.engine.arithmetic import share
from features.history import Select
from features.known.known import Known
from features.known.tables import OF_THE_GOODS
from features.orders.spells import CONDITIONS_MET, CONDITIONS_NOT_MET

STATED = Select("readiness.stated")


@signal("readiness", "conditions", RISES, "{value} shipping [condition is|conditions are] stated as not met")
def conditions_not_met(known: Known) -> Floats:
    """Shipping conditions whose latest statement is not met, conditions."""
    return known.open_count(CONDITIONS_NOT_MET)


@signal("readiness", "conditions", FALLS, "{value} shipping [condition is|conditions are] met")
def conditions_met(known: Known) -> Floats:
    """Shipping conditions whose latest statement is met, conditions."""
    return known.open_count(CONDITIONS_MET)


@signal(
    "readiness",
    "conditions",
    FALLS,
    "{value} shipping [condition was|conditions were] met in the last 7 days",
    negative="{value} fewer shipping [condition is|conditions are] stated as met than 7 days ago",
)
def conditions_met_last_7_days(known: Known) -> Floats:
    """Shipping conditions met now, less those met 7 days ago, conditions."""
    return known.open_count(CONDITIONS_MET) - known.ago(7).open_count(CONDITIONS_MET)


@signal("readiness", "conditions", RISES, "{value} of the five shipping conditions [is|are] outstanding")
def conditions_outstanding(known: Known) -> Floats:
    """Inspection, packaging, labels, documents, quantities: how many are not met for the order or each line to ship."""
    met = known.lines(evidence=STATED).met_of_order & OF_THE_GOODS
    return np.where(known.found, 5.0 - np.bitwise_count(met), np.nan)


@signal(
    "readiness",
    "days",
    RISES,
    "a shipping condition is not met for {value} [day|days]",
    "every stated condition is met",
)
def days_condition_not_met(known: Known) -> Floats:
    """Days for which the oldest unmet shipping condition has been stated as not met."""
    return known.open_spells(CONDITIONS_NOT_MET).days_of_oldest()


@signal("readiness", "times", RISES, "shipping conditions were lost again {value} [time|times]")
def conditions_lost(known: Known) -> Floats:
    """Times a shipping condition that was met was stated as not met, times."""
    return known.ended_count(CONDITIONS_MET)


@signal("readiness", "share", FALLS, "{value} of the lines to ship are ready", "nothing is left to ship")
def lines_ready_ratio(known: Known) -> Floats:
    """Share of the lines to ship with a shipping condition other than the carrier met, and none not met."""
    lines = known.lines(evidence=STATED)
    return share(lines.count(lines.open & lines.ready), lines.count(lines.open))
