"""The planner's morning: releases work, moves plans, expedites and promises again, each for a reason."""

from __future__ import annotations

from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import BLOCKS_RELEASE, Batch, Line, Order
from simulation.processes import materials
from simulation.processes.corrections import state_promise
from simulation.processes.holds import place_hold
from simulation.processes.production import release_batch
from simulation.processes.trucks import departure_by, last_departure, plan_for_promise, route_of

EXPEDITE_WITHIN = 12 * DAY
REPROMISE_WITHIN = 10 * DAY
LEAST_MOVE = DAY / 2
"""By how much a planned end has to move to be stated anew when the promise is moved, hours."""
SMALL_SHORTFALL = 0.05
"""The share of a line that a customer may agree to do without."""


def review_line(shop: Shop, line: Line) -> None:
    """Release, make up for what was lost, or move the plan of one line that is made to order."""
    if not line.begun:
        _release_when_due(shop, line)
    elif line.ordered > line.secured and not line.settled_short and not line.order.held(BLOCKS_RELEASE, line):
        _make_up(shop, line)
    for batch in line.batches:
        if not batch.finished:
            _replan(shop, batch)


def planned_hours(shop: Shop, line: Line) -> float:
    """Working hours that are allowed for in the plan from the release to the end of the work."""
    days = len(line.item.group.routing) * shop.plant.planning.days_per_operation
    return days * shop.calendar.hours_per_day


def end_in_time(shop: Shop, ships: float) -> float:
    """When work has to end so that its goods are packed, and have their papers, by the moment at which they ship."""
    return shop.calendar.before(ships, shop.plant.planning.shipping_days * shop.calendar.hours_per_day)


def _end_for_truck(shop: Shop, line: Line) -> float:
    """When the work of a line has to end for the last truck that keeps its promise, or the next where that has left."""
    return end_in_time(shop, last_departure(shop, route_of(shop, line.order), line.promise))


def _end_as_it_stands(shop: Shop, line: Line, anew: bool = False) -> float:
    """When the work of a line is to end: in time for its truck, or later where the planner's estimate says so.

    ``anew`` counts a batch that begins now. Nothing is planned for a moment that has passed.
    """
    return max(shop.now, _end_for_truck(shop, line), end_in_time(shop, shop.ready_estimate(line, anew)))


def _release_when_due(shop: Shop, line: Line) -> None:
    if shop.now < shop.calendar.before(_end_for_truck(shop, line), planned_hours(shop, line)):
        return
    if line.shortages:
        if not line.order.held(("material",), line):
            latest = max(shortage.expected for shortage in line.shortages)
            hold = place_hold(shop, line.order, line, "material", line.shortages[0].component,
                         max(1.0, (latest - shop.now) / DAY))  # fmt: skip
            hold.expected = latest
        return
    if line.order.held(BLOCKS_RELEASE, line) or not materials.recount(shop, line):
        return
    release_batch(shop, line, line.ordered - line.secured, _end_as_it_stands(shop, line, anew=True))


def _make_up(shop: Shop, line: Line) -> None:
    missing = line.ordered - line.secured
    agrees = not line.order.customer.ship_complete and not line.instalment and missing <= SMALL_SHORTFALL * line.ordered
    if agrees and line.order.luck.random() < shop.plant.planning.accepts_short:
        line.settled_short = True
        return
    release_batch(shop, line, missing, _end_as_it_stands(shop, line, anew=True))


def _replan(shop: Shop, batch: Batch) -> None:
    """State a new planned end when the estimate, or the day, has left the plan behind."""
    if shop.now - batch.replanned_at < 2 * DAY:
        return
    end = _end_as_it_stands(shop, batch.line)
    slip = (end - batch.planned_end) / DAY
    patience = shop.plant.planning.reschedule_after_days
    pulled_in = batch.replanned_at > 0 and slip < -2 * patience
    if slip <= patience and not pulled_in:
        return
    reason, center = _reason(shop, batch)
    _reschedule(shop, batch, end, "capacity found" if pulled_in else reason, center)


def _reschedule(shop: Shop, batch: Batch, end: float, reason: str, center: str | None = None) -> None:
    batch.planned_end, batch.replanned_at = end, shop.now
    shop.records.write(
        "erp", "production.rescheduled", batch.line.order, batch.line, shop.now, date=end, reference=batch.reference,
        reason=reason, work_center=center, actor="planner",
    )  # fmt: skip


def _follow_promise(shop: Shop, line: Line) -> None:
    """Plan the work that is under way for the truck of the promise as it is now."""
    end = _end_as_it_stands(shop, line)
    for batch in line.batches:
        if not batch.finished and abs(end - batch.planned_end) > LEAST_MOVE:
            _reschedule(shop, batch, end, "promise moved")


def _reason(shop: Shop, batch: Batch) -> tuple[str, str | None]:
    for hold in batch.line.order.holds.values():
        if hold.line is None or hold.line is batch.line:
            return f"{hold.kind} hold", None
    names = batch.line.item.group.routing[batch.step :] or (shop.plant.shipping.packaging,)
    return "queue", max(names, key=lambda name: shop.centers[name].wait_hours)


def expedite(shop: Shop, order: Order, reason: str, actor: str = "planner") -> None:
    """Put an order first in every queue, and its holds and components on somebody's desk."""
    order.expedited = True
    shop.records.write("erp", "decision.recorded", order, None, shop.now, kind="expedite", reason=reason, actor=actor)


def promise_anew(shop: Shop, order: Order, line: Line, promise: float, reason: str, actor: str) -> None:
    """Change the promised date of a line, and plan its work for the truck of that date.

    An instalment is promised no earlier than the one before it.
    """
    line.promise = promise
    line.promise_log.append((shop.now, promise, actor))
    state_promise(shop, line, reason, actor)
    _follow_promise(shop, line)
    for part in line.parts:
        if (part.instalment or "") > (line.instalment or "") and not part.closed and part.promise < promise:
            promise_anew(shop, order, part, promise, reason, actor)


def rescue(shop: Shop, slots: int) -> int:
    """Expedite the most urgent of the orders that will miss their truck, at most ``slots``; promise some anew.

    Returns how many were expedited.
    """
    late = []
    for order in shop.open_orders():
        left = order.due - shop.now
        if 0 < left < EXPEDITE_WITHIN:
            ready = max(shop.ready_estimate(line) for line in order.lines if line.open)
            if ready > departure_by(shop, route_of(shop, order), order.due):
                late.append((order, ready))
    done = 0
    for order, ready in sorted(late, key=lambda entry: (entry[0].due, entry[0].number)):
        if not order.expedited and done < slots:
            expedite(shop, order, "behind schedule")
            done += 1
        if order.promised and ready > order.due + DAY / 2 and order.due - shop.now < REPROMISE_WITHIN:
            _perhaps_promise_anew(shop, order)
    return done


def _perhaps_promise_anew(shop: Shop, order: Order) -> None:
    if order.luck.random() >= shop.plant.planning.repromise:
        return
    for line in order.lines:
        ready = shop.ready_estimate(line) if line.open else 0.0
        if ready > line.promise:
            promise = shop.calendar.end_of_working_day(ready + 4 * DAY)
            promise_anew(shop, order, line, promise, "not ready in time", "plant")
    plan_for_promise(shop, order, "promise moved")
