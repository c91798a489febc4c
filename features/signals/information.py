"""How fresh and how reliable the records are."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import EITHER, RISES
from features.engine.arithmetic import share
from features.events.schema import TYPES
from features.history import Select
from features.known.known import Known
from features.times import DAY

NEWS = Select(*(name for name in TYPES if name != "decision.recorded"))
"""What happened to the order. What planners record of it is no news."""


@signal("information", "days", RISES, "nothing was recorded for {value} [day|days]")
def days_since_event(known: Known) -> Floats:
    """Days since anything was last recorded about the order."""
    return known.days_since(known.latest(NEWS, "recorded"))


@signal("information", "events", EITHER, "{value} [event is|events are] recorded")
def events_known(known: Known) -> Floats:
    """Events recorded about the order, events."""
    return known.count(NEWS)


@signal(
    "information",
    "days",
    RISES,
    "records come {value} [day|days] after the fact on average",
    negative="records come {value} [day|days] before the fact on average",
)
def reporting_lag(known: Known) -> Floats:
    """Mean days from when something happened to when it was recorded."""
    return share(known.total(NEWS, "lag") / DAY, known.count(NEWS))


@signal("information", "events", EITHER, "{value} [event was|events were] recorded in the last 7 days")
def events_last_7_days(known: Known) -> Floats:
    """Events recorded about the order in the last 7 days, events."""
    return known.count(NEWS, days=7)


@signal("information", "share", RISES, "{value} of the records came more than a day late")
def late_record_ratio(known: Known) -> Floats:
    """Share of the events that were recorded more than a day after they occurred."""
    return share(known.late_records(NEWS, days=1), known.count(NEWS))


@signal("information", "days", RISES, "the longest silence was {value} [day|days]")
def longest_silence(known: Known) -> Floats:
    """Days of the longest time without a record of the order, the present one included."""
    return np.fmax(known.longest_gap(NEWS), known.days_since(known.latest(NEWS, "recorded")))
