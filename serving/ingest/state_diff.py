"""An order's present state against what is known of it: the events that lead from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from features.events.schema import MICRO
from features.orders.spells import CONDITIONS_MET, HOLDS, SHORTAGES
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownOrder, Line, SpellState
from features.times import isoformat
from serving.contract.cloudevents import PREFIX
from serving.contract.order_state import (
    ComponentNow,
    ConditionNow,
    DeliveryNow,
    HoldNow,
    LineNow,
    OrderState,
    ProductionNow,
)
from serving.plant_time import moment_of


@dataclass(frozen=True)
class Step:
    """One event that is missing: what it says, and the event whose statement it replaces."""

    type: str
    data: dict[str, Any]
    replaces: KnownEvent | None


def missing_events(order_id: str, state: OrderState, known: KnownOrder, now: int, zone: str) -> list[dict[str, Any]]:
    """CloudEvents after which the order is known as it stands; none where it is known so already."""
    occurred = moment_of(state.time, zone, end=False) if state.time else now
    return [_event(order_id, state.source, step, occurred, len(known.events)) for step in _steps(state, known, zone)]


def _event(order_id: str, source: str, step: Step, occurred: int, known: int) -> dict[str, Any]:
    """The id comes from what is said and what it replaces, so that the same difference is the same event.

    It begins with how many events are known: of events of one moment, the later one has the later id.
    """
    replaced = [step.replaces.source, step.replaces.event_id] if step.replaces else None
    said = {name: value for name, value in step.data.items() if value is not None}
    digest = hashlib.blake2b(orjson.dumps([order_id, step.type, sorted(said.items()), replaced]), digest_size=12)
    return {
        "id": f"state-{known:06}-{digest.hexdigest()}",
        "source": source,
        "type": PREFIX + step.type,
        "subject": order_id,
        "time": isoformat(occurred),
        "data": said,
    }


def _steps(state: OrderState, order: KnownOrder, zone: str) -> Iterator[Step]:
    def date(text: str | None) -> int | None:
        return None if text is None else moment_of(text, zone, end=True)

    if state.lines is not None:
        yield from _lines(state.lines, order, date)
    if state.holds is not None:
        yield from _holds(state.holds, order, date)
    for production in state.production or ():
        yield from _production(production, order, date)
    for condition in state.conditions or ():
        yield from _condition(condition, order)
    for component in state.components or ():
        yield from _component(component, order, date)
    for delivery in state.deliveries or ():
        yield from _delivery(delivery, order, date)


Date = Callable[[str | None], int | None]


# -- lines ---------------------------------------------------------------------------------------------------


def _lines(lines: Iterable[LineNow], order: KnownOrder, date: Date) -> Iterator[Step]:
    known = {line.id: line for line in order.lines}
    closed = _closed(order)
    for line in lines:
        before = known.pop(line.line_id, None)
        if before is None:
            yield Step("order_line.created", _created(line, date), None)
        else:
            yield from _changed(line, before, date)
        yield from _issued(line, before, order)
        if line.closed and line.line_id not in closed:
            yield Step(
                "order_line.closed", {"line_id": line.line_id, "reason": line.closed}, _last(order, line.line_id)
            )
    for gone in known.values():
        if gone.id not in closed and gone.open:
            yield Step("order_line.closed", {"line_id": gone.id, "reason": "cancelled"}, gone.ordered_by)


def _created(line: LineNow, date: Date) -> dict[str, Any]:
    named = line.model_dump(include={"line_id", "quantity", "customer", "item", "plant", "route", "value"})
    return named | {"date": _iso(date(line.promised))}


def _changed(line: LineNow, before: Line, date: Date) -> Iterator[Step]:
    if _millionths(line.quantity) != before.ordered:
        yield Step("order_line.changed", {"line_id": line.line_id, "quantity": line.quantity}, before.ordered_by)
    promised = date(line.promised)
    if promised != before.promised_by.date:
        yield Step("commitment.changed", {"line_id": line.line_id, "date": _iso(promised)}, before.promised_by)


def _issued(line: LineNow, before: Line | None, order: KnownOrder) -> Iterator[Step]:
    already = before.issued if before else 0
    more = None if line.issued is None else (_millionths(line.issued) or 0) - already
    if more:
        issues = [
            event for event in order.events if event.type == "goods.issued" and event.line_id in (line.line_id, None)
        ]
        told = {"line_id": line.line_id, "quantity": more / MICRO}
        yield Step("goods.issued", told, issues[-1] if issues else None)


def _closed(order: KnownOrder) -> set[str | None]:
    """Lines that are closed; all that are known, where the whole order is."""
    found: set[str | None] = set()
    for event in order.events:
        if event.type == "order_line.closed":
            lines = {one.line_id for one in order.events if one.line != WHOLE_ORDER}
            found |= lines if event.line == WHOLE_ORDER else {event.line_id}
    return found


def _last(order: KnownOrder, line_id: str | None) -> KnownEvent | None:
    return next((event for event in reversed(order.events) if event.line_id == line_id), None)


# -- spells --------------------------------------------------------------------------------------------------


def _holds(holds: Iterable[HoldNow], order: KnownOrder, date: Date) -> Iterator[Step]:
    known = {spell.latest.reference: spell for spell in order.spells(HOLDS)}
    for hold in holds:
        before = known.pop(hold.reference, None)
        told = hold.model_dump(exclude={"expected"}) | {"date": _iso(date(hold.expected))}
        if before is None or not before.open or _differs(before.latest, told, "kind", "reason", "date"):
            yield Step("hold.placed", told, before.latest if before else None)
    for spell in known.values():
        if spell.open:
            told = {"reference": spell.latest.reference, "kind": spell.latest.kind, "line_id": spell.latest.line_id}
            yield Step("hold.released", told, spell.latest)


def _production(production: ProductionNow, order: KnownOrder, date: Date) -> Iterator[Step]:
    told = production.model_dump(exclude={"planned_end"}) | {"date": _iso(date(production.planned_end))}
    before = _latest(order, production.reference, "production.released", "production.rescheduled")
    if before is None:
        yield Step("production.released", told, None)
    elif _differs(before, told, "date"):
        yield Step("production.rescheduled", told, before)


def _delivery(delivery: DeliveryNow, order: KnownOrder, date: Date) -> Iterator[Step]:
    told = delivery.model_dump(exclude={"planned"}) | {"date": _iso(date(delivery.planned))}
    before = _latest(order, delivery.reference, "delivery.planned")
    if before is None or _differs(before, told, "date", "quantity"):
        yield Step("delivery.planned", told, before)


def _condition(condition: ConditionNow, order: KnownOrder) -> Iterator[Step]:
    found = [spell for spell in order.spells(CONDITIONS_MET) if spell.latest.kind == condition.kind]
    before = _of_line(found, condition.line_id)
    if before is None or before.open != (condition.state == "met"):
        yield Step("readiness.stated", condition.model_dump(), before.latest if before else None)


def _component(component: ComponentNow, order: KnownOrder, date: Date) -> Iterator[Step]:
    found = [spell for spell in order.spells(SHORTAGES) if spell.latest.reference == component.reference]
    before = _of_line(found, component.line_id)
    told = component.model_dump(exclude={"expected"}) | {"date": _iso(date(component.expected))}
    if before is None or _differs(before.latest, told, "state", "quantity", "date"):
        yield Step("material.stated", told, before.latest if before else None)


def _of_line(found: list[SpellState], line_id: str | None) -> SpellState | None:
    """What is stated of a line itself, else of the whole order."""
    own = [spell for spell in found if spell.latest.line_id == line_id]
    return next(iter(own or [spell for spell in found if spell.line == WHOLE_ORDER]), None)


def _latest(order: KnownOrder, reference: str, *types: str) -> KnownEvent | None:
    return next(
        (event for event in reversed(order.events) if event.type in types and event.reference == reference), None
    )


def _differs(before: KnownEvent, told: dict[str, Any], *columns: str) -> bool:
    """Whether what is told says something else; what it leaves out, it does not deny."""
    known = {"date": _iso(before.date), "quantity": before.quantity}
    now = told | {"quantity": _millionths(told.get("quantity"))}
    return any(now[name] is not None and now[name] != known.get(name, getattr(before, name)) for name in columns)


def _iso(moment: int | None) -> str | None:
    return None if moment is None else isoformat(moment)


def _millionths(quantity: float | None) -> int | None:
    return None if quantity is None else round(quantity * MICRO)
