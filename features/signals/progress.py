"""How far the work is."""

import numpy as np

from features.arrays import Floats
from features.catalogue.registry import signal
from features.catalogue.signal import FALLS, RISES
from features.engine.arithmetic import share
from features.history import Select, Spell
from features.known.known import Known
from features.signals.delivery import PLANNED
from features.signals.material import days_to_last_component

CONFIRMED = Select("operation.confirmed")
PARTIAL = Select("operation.confirmed", state="partial")
FINISHED = Spell(Select("operation.confirmed", state="final"), PARTIAL, per_line=True)
BEGUN = Spell(CONFIRMED, ends=Select(), per_line=True)
MILESTONES = Select("order_line.created", "production.released", "operation.confirmed")
STARTED = Select("production.released", "operation.scrapped")
CONDITIONS = Select("order_line.created", "operation.confirmed", "readiness.stated")
SHIPMENTS = Select("order_line.created", "operation.confirmed", "goods.issued")
RELEASED = Select("production.released")


@signal(
    "progress",
    "share",
    RISES,
    "{value} of the confirmations booked pieces instead of the whole",
    "no operation is confirmed",
)
def partial_completion_ratio(known: Known) -> Floats:
    """Share of the order's operation confirmations, less reversals, that were booked as partial instead of final."""
    partial = share(known.total(PARTIAL, "sign"), known.total(CONFIRMED, "sign"))
    return np.minimum(np.maximum(partial, 0.0), 1.0)


@signal(
    "progress",
    "operations",
    FALLS,
    "{value} [operation is|operations are] finished",
    "no operation is confirmed",
)
def operations_finished(known: Known) -> Floats:
    """Operations whose latest confirmation is final, operations."""
    return known.open_count(FINISHED)


@signal(
    "progress",
    "share",
    FALLS,
    "{value} of the operations that were begun are finished",
    "no operation is confirmed",
)
def begun_operations_finished_ratio(known: Known) -> Floats:
    """Share of the operations with any confirmation whose latest confirmation is final."""
    return share(known.open_count(FINISHED), known.open_count(BEGUN))


@signal("progress", "days", RISES, "the last confirmation was {value} [day|days] ago", "no operation is confirmed")
def days_since_confirmation(known: Known) -> Floats:
    """Days since good quantity was last booked."""
    return known.days_since(known.latest(CONFIRMED, "recorded"))


@signal("progress", "days", RISES, "work was released {value} [day|days] ago", "no work is released")
def days_since_release(known: Known) -> Floats:
    """Days since production was last released to the floor or to a supplier."""
    return known.days_since(known.latest(RELEASED, "recorded"))


@signal(
    "progress",
    "operations",
    FALLS,
    "{value} [operation was|operations were] finished in the last 7 days",
    negative="{value} [operation was|operations were] opened again in the last 7 days",
)
def operations_finished_last_7_days(known: Known) -> Floats:
    """Operations finished now, less those finished 7 days ago, operations."""
    return known.open_count(FINISHED) - known.ago(7).open_count(FINISHED)


@signal("progress", "lines", RISES, "work has not begun on {value} [line|lines]")
def lines_not_begun(known: Known) -> Floats:
    """Lines to ship for which no production is released and no operation confirmed, lines."""
    lines = known.lines(evidence=MILESTONES)
    return lines.count(lines.open & ~lines.begun)


@signal(
    "progress",
    "operations",
    RISES,
    "a line usually needs {value} more [operation|operations]",
    "it is not known what the items need",
)
def operations_left(known: Known) -> Floats:
    """Operations that the line with the most work left still needs, as lines of its item usually do, operations."""
    lines = known.lines(evidence=MILESTONES)
    left = np.maximum(known.lookups.usual_operations() - lines.finished, 0.0)
    return lines.highest(lines.of_open(left))


@signal("progress", "share", FALLS, "{value} of the lines are complete", "nothing is ordered")
def lines_complete_ratio(known: Known) -> Floats:
    """Share of the lines that shipped, are closed, or have the operations finished that their item usually needs."""
    lines = known.lines(evidence=SHIPMENTS)
    return share(lines.count(lines.complete), known.line_count())


@signal("progress", "share", FALLS, "{value} of the ordered quantity is complete", "nothing is ordered")
def quantity_complete_ratio(known: Known) -> Floats:
    """Share of the ordered quantity that is on complete lines or has shipped."""
    lines = known.lines(evidence=SHIPMENTS)
    done = np.where(lines.complete, lines.ordered, np.minimum(lines.issued, lines.ordered))
    return share(lines.sum(done), known.ordered())


@signal("progress", "lines", RISES, "{value} [line is|lines are] complete and cannot ship", topic="conditions")
def complete_not_shippable(known: Known) -> Floats:
    """Lines to ship that are complete while a shipping condition is not met or none is stated as met, lines."""
    lines = known.lines(evidence=CONDITIONS)
    return lines.count(lines.open & lines.complete & ~lines.ready)


@signal(
    "progress",
    "share",
    FALLS,
    "the work covers the ordered quantity of each line with {value} to spare",
    "no quantity of the work is stated",
    "the work falls {value} short of the ordered quantity of a line",
)
def quantity_cover(known: Known) -> Floats:
    """Quantity for which work was released, less scrap, against the ordered one, less one; the tightest line."""
    lines = known.lines(evidence=STARTED)
    cover = share(lines.started - lines.scrap, lines.ordered) - 1
    return lines.lowest(lines.of_open(cover))


@signal(
    "progress",
    "days",
    RISES,
    "lines like the slowest one needed {value} more [day|days] to ship",
    "no such line has shipped yet",
)
def usual_days_left(known: Known) -> Floats:
    """Days lines of the item needed from this stage until they shipped, less those spent in it; the slowest line."""
    lines = known.lines(evidence=MILESTONES)
    return lines.highest(lines.of_open(usual_days_of_lines(known)))


@signal(
    "progress",
    "days",
    FALLS,
    "at the usual pace the order is ready {value} [day|days] before the promise",
    "no such line has shipped yet",
    "at the usual pace the order is ready {value} [day|days] after the promise",
)
def pace_slack(known: Known) -> Floats:
    """Days from when lines like these usually ship to the promise, the tightest line; negative when too late."""
    lines = known.lines(evidence=MILESTONES)
    return lines.lowest(lines.of_open(lines.days_to_promise - usual_days_of_lines(known)))


@signal(
    "progress",
    "orders a day",
    FALLS,
    "work equal to {value} [operation|operations] on the whole order was booked a day in the last 7 days",
    "nothing is ordered",
)
def yield_booked_per_day(known: Known) -> Floats:
    """Yield booked a day in the last 7 days over all operations, in quantities of the order."""
    return share(known.total(CONFIRMED, "quantity", days=7) / 7, known.ordered())


@signal(
    "progress",
    "orders a day",
    RISES,
    "work equal to {value} [operation|operations] on the whole order has to be booked a day until the promise",
    "it is not known what the items need",
)
def yield_needed_per_day(known: Known) -> Floats:
    """Yield still needed over the usual operations of each line a day until the promise, in quantities of the order."""
    lines = known.lines(evidence=MILESTONES)
    left = lines.of_open(np.maximum(known.lookups.usual_operations() - lines.finished, 0.0) * lines.ordered)
    needed = np.where(lines.count(~np.isnan(left)) > 0, lines.sum(left), np.nan)
    return share(needed, known.ordered()) / np.maximum(known.days_until(known.due()), 1.0)


def usual_days_of_lines(known: Known) -> Floats:
    """(n_rows,) days until each line ships at the usual pace."""
    usual = known.lookups.usual_days
    return _left(known, usual(), usual(begun=True))


def _left(known: Known, usual: Floats, of_work: Floats) -> Floats:
    """(n_rows,) days left of the usual ones from a stage; before the work begins all of its days are left."""
    lines = known.lines_untraced
    left = np.maximum(usual - lines.days_in_stage, 0.0)
    return np.where(lines.begun, left, np.fmax(left, of_work))


@signal(
    "progress",
    "days",
    RISES,
    "the work on lines like the slowest one took {value} more [day|days]",
    "no such line has shipped yet",
)
def usual_work_days_left(known: Known) -> Floats:
    """Days lines of the item needed from this stage to their last operation, less those spent; the slowest line."""
    lines = known.lines(evidence=MILESTONES)
    return lines.highest(lines.of_open(usual_work_days_of_lines(known)))


@signal(
    "progress",
    "days",
    FALLS,
    "at the usual pace the work ends {value} [day|days] before the truck",
    "no such line has shipped yet",
    "at the usual pace the work ends {value} [day|days] after the truck should leave",
)
def work_slack(known: Known) -> Floats:
    """Days from the usual end of the work, begun when the last short component usually comes, to truck or promise."""
    start = np.fmax(days_to_last_component(known), 0.0)
    deadline = np.fmin(known.days_to_latest(PLANNED), known.days_until(known.due()))
    return np.asarray(deadline - start - usual_work_days_left(known))


def usual_work_days_of_lines(known: Known) -> Floats:
    """(n_rows,) days until the work on each line ends at the usual pace."""
    usual = known.lookups.usual_work_days
    return _left(known, usual(), usual(begun=True))
