"""The planner's morning: releases work, moves plans, expedites and promises again, each for a reason."""

from __future__ import annotations

from simulation.plant.calendar import DAY
from simulation.plant.shop import Shop
from simulation.plant.state import BLOCKS_RELEASE, Batch, Line, Order
from simulation.processes import materials
from simulation.processes.corrections import state_promise
from simulation.processes.holds import place_hold
from simulation.processes.production import release_batch
from simulation.processes.trucks import plan_for_promise

EXPEDITE_WITHIN = 12 * DAY
REPROMISE_WITHIN = 10 * DAY
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


def _planned_days(shop: Shop, line: Line) -> float:
    return len(line.item.group.routing) * shop.plant.planning.days_per_operation


def _release_when_due(shop: Shop, line: Line) -> None:
    shipping = shop.plant.planning.shipping_days
    if shop.now < line.promise - (_planned_days(shop, line) + shipping) * DAY:
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
    end = max(line.promise - shipping * DAY, shop.now + _planned_days(shop, line) * DAY)
    release_batch(shop, line, line.ordered - line.secured, end)


def _make_up(shop: Shop, line: Line) -> None:
    missing = line.ordered - line.secured
    agrees = not line.order.customer.ship_complete and not line.instalment and missing <= SMALL_SHORTFALL * line.ordered
    if agrees and line.order.luck.random() < shop.plant.planning.accepts_short:
        line.settled_short = True
        return
    release_batch(shop, line, missing, shop.now + _planned_days(shop, line) * DAY)


def _replan(shop: Shop, batch: Batch) -> None:
    """State a new planned end when the estimate has left the plan behind."""
    if shop.now - batch.replanned_at < 2 * DAY:
        return
    line = batch.line
    end = shop.ready_estimate(line) - DAY
    slip = (end - batch.planned_end) / DAY
    patience = shop.plant.planning.reschedule_after_days
    pulled_in = batch.replanned_at > 0 and slip < -2 * patience
    if slip <= patience and not pulled_in:
        return
    batch.planned_end, batch.replanned_at = end, shop.now
    reason, center = _reason(shop, batch)
    shop.records.write(
        "erp", "production.rescheduled", line.order, line, shop.now, date=end, reference=batch.reference,
        reason="capacity found" if pulled_in else reason, work_center=center, actor="planner",
    )  # fmt: skip


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
    """Change the promised date of a line; an instalment is promised no earlier than the one before it."""
    line.promise = promise
    line.promise_log.append((shop.now, promise, actor))
    state_promise(shop, line, reason, actor)
    for part in line.parts:
        if (part.instalment or "") > (line.instalment or "") and not part.closed and part.promise < promise:
            promise_anew(shop, order, part, promise, reason, actor)


def rescue(shop: Shop, slots: int) -> int:
    """Expedite the most urgent of the orders that will not make it, at most ``slots``; promise some anew.

    Returns how many were expedited.
    """
    late = []
    for order in shop.open_orders():
        left = order.due - shop.now
        if 0 < left < EXPEDITE_WITHIN:
            ready = max(shop.ready_estimate(line) for line in order.lines if line.open)
            if ready > order.due - DAY:
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
