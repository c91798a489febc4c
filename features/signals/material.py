"""What is missing to build it."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import FALLS, RISES
from features.history import PLANNED_END, Select
from features.known.known import Known
from features.orders.spells import SHORT, SHORTAGES
from features.times import NEVER

CREATED = Select("order_line.created", "commitment.changed")


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
    """Open shortages expected only after the planned end, or their line's promise if that is earlier, components."""
    shortages, end = known.open_spells(SHORTAGES), known.latest_in_force(PLANNED_END)
    promise, end = known.promises_of(shortages), end[shortages.point]
    need = np.where((end == NEVER) | ((promise != NEVER) & (promise < end)), promise, end)
    return shortages.count((need != NEVER) & (shortages.date != NEVER) & (shortages.date > need))


@signal(
    "material",
    "days",
    FALLS,
    "the last component is expected {value} [day|days] before the promise",
    "no missing component has a date",
    "the last component is expected {value} [day|days] after the promise",
)
def shortage_slack(known: Known) -> Floats:
    """Days from the expected dates of short components to the promises of their lines, the tightest."""
    return known.slack_of(known.open_spells(SHORTAGES))


@signal("material", "components", RISES, "{value} [component is|components are] past the expected date")
def shortages_overdue(known: Known) -> Floats:
    """Open shortages whose expected date has passed, components."""
    return known.open_spells(SHORTAGES).count_before(known.as_of)


@signal("material", "days", RISES, "the dates of its components slipped by {value} [day|days] in all")
def component_slip(known: Known) -> Floats:
    """Days by which expected dates of short components were moved later, added up."""
    return known.slipped(SHORT)


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
    """Days from when short components usually come, by date and usual delay, to their lines' promises; the least."""
    shortages = known.open_spells(SHORTAGES)
    promise = known.promises_of(shortages)
    return shortages.lowest(known.days_between(known.as_of[shortages.point], promise) - _days_to_arrival(known))


def days_to_last_component(known: Known) -> Floats:
    """(n,) days until the last short component usually comes, NaN where none has a date."""
    return known.open_spells(SHORTAGES).highest(_days_to_arrival(known))


def _days_to_arrival(known: Known) -> Floats:
    """(n_rows,) days until each short component usually comes, NaN where it has no date."""
    shortages = known.open_spells(SHORTAGES)
    expected = known.days_between(known.as_of[shortages.point], shortages.date)
    return np.asarray(np.maximum(expected, 0.0) + known.lookups.usual_delay(shortages))
