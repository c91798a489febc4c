"""What was lost, repeated or found wanting."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import RISES
from features.engine.arithmetic import share
from features.history import Select
from features.known.known import Known
from features.orders.spells import FAILED, FAILED_LOTS

RESULTS = Select("inspection.recorded")
MILESTONES = Select("order_line.created", "production.released", "operation.confirmed")
SCRAPPED = Select("operation.scrapped")
REWORKED = Select("operation.reworked")


@signal("quality", "lots", RISES, "{value} inspection [lot stands|lots stand] failed")
def failed_inspections(known: Known) -> Floats:
    """Inspection lots whose latest result is failed, lots."""
    return known.open_count(FAILED_LOTS)


@signal("quality", "share", RISES, "{value} of the ordered quantity was scrapped", "nothing is ordered")
def scrap_ratio(known: Known) -> Floats:
    """Quantity scrapped over all operations as a share of the ordered quantity."""
    return _of_ordered(known, SCRAPPED)


@signal("quality", "share", RISES, "{value} of the ordered quantity was reworked", "nothing is ordered")
def rework_ratio(known: Known) -> Floats:
    """Quantity reworked over all operations as a share of the ordered quantity."""
    return _of_ordered(known, REWORKED)


def _of_ordered(known: Known, what: Select) -> Floats:
    ordered = known.ordered()
    return known.total(what, "quantity") / np.where(ordered > 0, ordered, np.nan)


@signal("quality", "inspections", RISES, "{value} [inspection|inspections] failed")
def inspections_failed(known: Known) -> Floats:
    """Inspections that failed, those passed later included, inspections."""
    return known.count(FAILED)


@signal("quality", "share", RISES, "{value} of the inspections failed", "nothing is inspected")
def inspection_failure_ratio(known: Known) -> Floats:
    """Share of the inspection results that were failed."""
    return share(known.count(FAILED), known.count(RESULTS))


@signal(
    "quality",
    "inspections",
    RISES,
    "orders like this still fail {value} [inspection|inspections] on average",
    "no such line has shipped yet",
)
def usual_failures_left(known: Known) -> Floats:
    """Inspections that lines of these items failed from their stage on, added up over the lines to ship."""
    lines = known.lines(evidence=MILESTONES)
    usual = lines.of_open(known.lookups.usual_failures())
    return np.where(lines.count(~np.isnan(usual)) > 0, lines.sum(usual), np.nan)
