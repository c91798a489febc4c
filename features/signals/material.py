"""What is missing to build it."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import FALLS, RISES
from features.history import PLANNED_END
from features.known.known import Known
from features.orders.spells import SHORT, SHORTAGES
from features.times import NEVER


@signal("material", "components", RISES, "{value} [component is|components are] short")
def open_shortages(known: Known) -> Floats:
    """Components stated short and not yet available, components."""
    return known.open_count(SHORTAGES)


@signal("material", "times", RISES, "components ran short {value} [time|times]")
def shortages_stated(known: Known) -> Floats:
    """Times a component ran short, times; one that is stated short again is short already."""
    return known.begun_count(SHORTAGES)


@signal("material", "components", RISES, "{value} [component is|components are] expected after they are needed")
def shortages_due_after_need(known: Known) -> Floats:
    """Open shortages expected only after the planned end, or after the promise if that is earlier, components."""
    due, end = known.due(), known.latest_in_force(PLANNED_END)
    need = np.where((end == NEVER) | ((due != NEVER) & (due < end)), due, end)
    return known.open_spells(SHORTAGES).count_after(need)


@signal(
    "material",
    "days",
    FALLS,
    "the last component is expected {value} [day|days] before the promise",
    "no missing component has a date",
    "the last component is expected {value} [day|days] after the promise",
)
def shortage_slack(known: Known) -> Floats:
    """Days from the latest expected date among open shortages to the promise."""
    return known.days_between(known.open_spells(SHORTAGES).latest_date(), known.due())


@signal("material", "components", RISES, "{value} [component is|components are] past the expected date")
def shortages_overdue(known: Known) -> Floats:
    """Open shortages whose expected date has passed, components."""
    return known.open_spells(SHORTAGES).count_before(known.as_of)


@signal("material", "days", RISES, "components slipped by {value} [day|days] in total")
def component_slip(known: Known) -> Floats:
    """Days by which expected dates of short components were moved later, added up."""
    return known.slipped(SHORT, per_line=True)


@signal(
    "material",
    "days",
    RISES,
    "components like the slowest one came {value} [day|days] after their date",
    "no component is short",
    "components like the slowest one came {value} [day|days] before their date",
)
def usual_component_delay(known: Known) -> Floats:
    """Days after the date stated last that components like the short ones came; the slowest of them."""
    shortages = known.open_spells(SHORTAGES)
    return shortages.highest(known.lookups.usual_delay(shortages))


@signal(
    "material",
    "days",
    FALLS,
    "the last component usually comes {value} [day|days] before the promise",
    "no missing component has a date",
    "the last component usually comes {value} [day|days] after the promise",
)
def usual_shortage_slack(known: Known) -> Floats:
    """Days from when the last short component usually comes, its date (or now) and its usual delay, to the promise."""
    return known.days_until(known.due()) - days_to_last_component(known)


def days_to_last_component(known: Known) -> Floats:
    """(n,) days until the last short component usually comes, NaN where none has a date."""
    shortages = known.open_spells(SHORTAGES)
    expected = known.days_between(known.as_of[shortages.point], shortages.date)
    return shortages.highest(np.maximum(expected, 0.0) + known.lookups.usual_delay(shortages))
