"""How fresh and how reliable the records are."""

import numpy as np

from features.catalogue import EITHER, RISES, signal
from features.events.schema import TYPES
from features.history import Select
from features.known import Floats, Known
from features.times import DAY

ANYTHING = Select(*TYPES)


@signal("information", "days", RISES, "nothing was recorded for {value} [day|days]")
def days_since_event(known: Known) -> Floats:
    """Days since anything was last recorded about the order."""
    return known.days_since(known.latest_recorded())


@signal("information", "events", EITHER, "{value} [event is|events are] recorded")
def events_known(known: Known) -> Floats:
    """Events recorded about the order, events."""
    return known.count_all()


@signal("information", "days", RISES, "records come {value} [day|days] after the fact on average")
def reporting_lag(known: Known) -> Floats:
    """Mean days from when something happened to when it was recorded."""
    events = known.count_all()
    return known.total(ANYTHING, "lag") / DAY / np.where(events > 0, events, np.nan)
