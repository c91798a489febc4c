"""Production orders and deliveries of a state against the plans in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from features.events.schema import MICRO
from features.events.selection import Select
from features.history import PLANNED_END
from features.readiness.statements import KnownEvent, KnownPlan
from features.readiness.trucks import DELIVERIES
from serving.contract.order_state import DeliveryNow, ProductionNow
from serving.ingest.states.missing import MissingEvent, Origin, StateTimes, differs, iso, millionths
from serving.ingest.states.recorded_order import RecordedOrder

PRODUCTION_FIELDS = {"date": "planned_end", "occurred_at": "since"}
DELIVERY_FIELDS = {"date": "planned", "occurred_at": "since"}


def missing_of_production(
    items: Sequence[ProductionNow], stored: RecordedOrder, times: StateTimes
) -> Iterator[MissingEvent]:
    """What leads to the production orders that are listed; the plan of one that is gone ends now."""
    for index, item in enumerate(items):
        origin = Origin(f"/production/{index}", PRODUCTION_FIELDS)
        values = item.model_dump(exclude={"planned_end", "since"})
        values |= {"date": iso(times.date(item.planned_end, origin.of("date")))}
        yield from _production(item, values, stored, origin, times.moment(item.since, origin.of("occurred_at")))
    yield from _gone(items, stored, PLANNED_END, "production.rescheduled", Origin("/production"), times)


def _production(
    item: ProductionNow, values: dict[str, Any], stored: RecordedOrder, origin: Origin, since: int
) -> Iterator[MissingEvent]:
    given = _given(item, values)
    plans = stored.plans(PLANNED_END, item.reference, item.line_id)
    stated = stored.stated_plans(PLANNED_END, item.reference, item.line_id)
    if not stated:
        yield MissingEvent("production.released", values, None, since, origin, given)
        return
    before = stated[-1]
    if not plans or any(differs(plan.dated_by, values, "date") for plan in plans):
        yield MissingEvent("production.rescheduled", values, before, since, origin, given)
    centre = _named_last(stored, stated, "work_center")
    if _is_resized(item, plans) or item.work_center not in (None, centre):
        yield MissingEvent("production.released", values, before, since, origin, given)


def missing_of_deliveries(
    items: Sequence[DeliveryNow], stored: RecordedOrder, times: StateTimes
) -> Iterator[MissingEvent]:
    """What leads to the trucks that are listed; one that is gone is none to come any more."""
    for index, item in enumerate(items):
        origin = Origin(f"/deliveries/{index}", DELIVERY_FIELDS)
        plans = stored.plans(DELIVERIES, item.reference, item.line_id)
        stated = stored.stated_plans(DELIVERIES, item.reference, item.line_id)
        values = item.model_dump(exclude={"planned", "since"}) | {
            "date": iso(times.date(item.planned, origin.of("date"))),
            "quantity": _planned_again(item, plans, stated),
        }
        moved = not plans or any(differs(plan.dated_by, values, "date") for plan in plans)
        route = _named_last(stored, stated, "route")
        if moved or _is_resized(item, plans) or item.route not in (None, route):
            since, before = times.moment(item.since, origin.of("occurred_at")), stated[-1] if stated else None
            yield MissingEvent("delivery.planned", values, before, since, origin, _given(item, values))
    yield from _gone(items, stored, DELIVERIES, "delivery.planned", Origin("/deliveries"), times)


def _given(item: ProductionNow | DeliveryNow, values: dict[str, Any]) -> frozenset[str]:
    return frozenset(values) | ({"occurred_at"} if item.since else frozenset())


def _is_resized(item: ProductionNow | DeliveryNow, plans: Sequence[KnownPlan]) -> bool:
    """Whether a quantity is given that is not the one in force, of all lines together where it names none."""
    sizes = dict.fromkeys(plan.sized_by for plan in plans)
    known = sum(size.quantity or 0 for size in sizes if size is not None)
    return item.quantity is not None and bool(plans) and (None in sizes or millionths(item.quantity) != known)


def _planned_again(item: DeliveryNow, plans: Sequence[KnownPlan], stated: Sequence[KnownEvent]) -> float | None:
    """The quantity that is given; of a truck that was withdrawn and is planned again without one, that of before."""
    withdrawn = [plan for plan in plans if plan.sized_by is not None and plan.sized_by.quantity == 0]
    if item.quantity is not None or not withdrawn:
        return item.quantity
    sizes = [event.quantity for event in stated if event.line_id == item.line_id and event.quantity]
    return sizes[-1] / MICRO if sizes else None


def _named_last(stored: RecordedOrder, stated: Sequence[KnownEvent], dimension: str) -> str | None:
    """What was named last of a plan: its work centre, or its route."""
    named = stored.known.named(dimension)
    return next((word for event in reversed(stated) if (word := named[event.place]) is not None), None)


def _gone(
    items: Sequence[ProductionNow] | Sequence[DeliveryNow],
    stored: RecordedOrder,
    what: Select,
    kind: str,
    origin: Origin,
    times: StateTimes,
) -> Iterator[MissingEvent]:
    """Plans that lie ahead and are not listed: each ends where the state begins, and takes nothing.

    A state that begins before what is stated last ends it there, so that the same state again finds it ended.
    """
    listed = {(item.reference, item.line_id) for item in items}
    references = {item.reference for item in items}  # listed for lines, it is of the whole order no more
    for plan in stored.known.plans(what):
        keys = {(plan.reference, plan.line_id), (plan.reference, None)}
        dated = plan.dated_by
        if dated is None or (plan.line_id is None and plan.reference in references):
            continue
        if keys & listed or not stored.may_withdraw(plan.line_id):
            continue
        before = stored.stated_plans(what, plan.reference, plan.line_id)[-1]
        since = max(times.since, before.effective)
        if (dated.date or 0) < since:
            continue
        values: dict[str, Any] = {"reference": plan.reference, "line_id": plan.line_id, "reason": "withdrawn"}
        values |= {"date": iso(since - 1), "quantity": _nothing(plan) if what is DELIVERIES else None}
        yield MissingEvent(kind, values, before, since, origin)


def _nothing(plan: KnownPlan) -> float | None:
    """0 for what a truck was to take; what is stated of several lines together stays."""
    size = plan.sized_by
    return 0.0 if size is not None and size.quantity and size.line_id == plan.line_id else None
