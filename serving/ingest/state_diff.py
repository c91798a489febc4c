"""An order's present state against what is known of it: the events that lead from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from features.events.schema import MICRO
from features.orders.spells import CONDITIONS_MET, HOLDS, SHORTAGES
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownLine, KnownOrder, SpellState
from features.times import isoformat
from serving.contract.cloudevents import PREFIX
from serving.contract.order_state import (
    ComponentNow,
    ConditionNow,
    DeliveryNow,
    HoldNow,
    LineNow,
    OrderSnapshot,
    ProductionNow,
)
from serving.plant_time import moment_of


@dataclass(frozen=True)
class MissingEvent:
    """One event that is missing: its data, and the event whose statement it replaces."""

    type: str
    data: dict[str, Any]
    replaces: KnownEvent | None


def missing_events(
    order_id: str, snapshot: OrderSnapshot, order: KnownOrder, now: int, zone: str
) -> list[dict[str, Any]]:
    """CloudEvents after which the order is known as it stands; none where it is known so already."""
    occurred = moment_of(snapshot.time, zone, end=False) if snapshot.time else now
    return [
        _event(order_id, snapshot.source, event, occurred, len(order.events))
        for event in _missing(snapshot, order, zone)
    ]


def _event(order_id: str, source: str, missing: MissingEvent, occurred: int, known: int) -> dict[str, Any]:
    """The id comes from the data and what it replaces, so that the same difference is the same event.

    It begins with how many events are known: of events of one moment, the later one has the later id.
    """
    replaced = [missing.replaces.source, missing.replaces.event_id] if missing.replaces else None
    data = {name: value for name, value in missing.data.items() if value is not None}
    digest = hashlib.blake2b(orjson.dumps([order_id, missing.type, sorted(data.items()), replaced]), digest_size=12)
    return {
        "id": f"state-{known:06}-{digest.hexdigest()}",
        "source": source,
        "type": PREFIX + missing.type,
        "subject": order_id,
        "time": isoformat(occurred),
        "data": data,
    }


def _missing(snapshot: OrderSnapshot, order: KnownOrder, zone: str) -> Iterator[MissingEvent]:
    def date(text: str | None) -> int | None:
        return None if text is None else moment_of(text, zone, end=True)

    if snapshot.lines is not None:
        yield from _lines(snapshot.lines, order, date)
    if snapshot.holds is not None:
        yield from _holds(snapshot.holds, order, date)
    for production in snapshot.production or ():
        yield from _production(production, order, date)
    for condition in snapshot.conditions or ():
        yield from _condition(condition, order)
    for component in snapshot.components or ():
        yield from _component(component, order, date)
    for delivery in snapshot.deliveries or ():
        yield from _delivery(delivery, order, date)


Date = Callable[[str | None], int | None]


# -- lines ---------------------------------------------------------------------------------------------------


def _lines(lines: Iterable[LineNow], order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    known = {line.id: line for line in order.lines}
    closed = _closed(order)
    for line in lines:
        before = known.pop(line.line_id, None)
        if before is None:
            yield MissingEvent("order_line.created", _created(line, date), None)
        else:
            yield from _changed(line, before, date)
        yield from _issued(line, before, order)
        if line.closed and line.line_id not in closed:
            yield MissingEvent(
                "order_line.closed", {"line_id": line.line_id, "reason": line.closed}, _last(order, line.line_id)
            )
    for gone in known.values():
        if gone.id not in closed and gone.open:
            yield MissingEvent("order_line.closed", {"line_id": gone.id, "reason": "cancelled"}, gone.ordered_by)


def _created(line: LineNow, date: Date) -> dict[str, Any]:
    named = line.model_dump(include={"line_id", "quantity", "customer", "item", "plant", "route", "value"})
    return named | {"date": _iso(date(line.promised))}


def _changed(line: LineNow, before: KnownLine, date: Date) -> Iterator[MissingEvent]:
    if _millionths(line.quantity) != before.ordered:
        yield MissingEvent(
            "order_line.changed", {"line_id": line.line_id, "quantity": line.quantity}, before.ordered_by
        )
    promised = date(line.promised)
    if promised is not None and promised != (before.promised_by and before.promised_by.date):
        yield MissingEvent("commitment.changed", {"line_id": line.line_id, "date": _iso(promised)}, before.promised_by)


def _issued(line: LineNow, before: KnownLine | None, order: KnownOrder) -> Iterator[MissingEvent]:
    already = before.issued if before else 0
    more = None if line.issued is None else (_millionths(line.issued) or 0) - already
    if more:
        lines = (line.line_id, None)
        issues = [event for event in order.events if event.type == "goods.issued" and event.line_id in lines]
        values = {"line_id": line.line_id, "quantity": more / MICRO}
        yield MissingEvent("goods.issued", values, issues[-1] if issues else None)


def _closed(order: KnownOrder) -> set[str | None]:
    """Lines that are closed; all that are known, where the whole order is."""
    matches: set[str | None] = set()
    for event in order.events:
        if event.type == "order_line.closed":
            lines = {one.line_id for one in order.events if one.line != WHOLE_ORDER}
            matches |= lines if event.line == WHOLE_ORDER else {event.line_id}
    return matches


def _last(order: KnownOrder, line_id: str | None) -> KnownEvent | None:
    return next((event for event in reversed(order.events) if event.line_id == line_id), None)


# -- spells --------------------------------------------------------------------------------------------------


def _holds(holds: Iterable[HoldNow], order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    known = {spell.latest.reference: spell for spell in order.spells(HOLDS)}
    for hold in holds:
        before = known.pop(hold.reference, None)
        values = hold.model_dump(exclude={"expected"}) | {"date": _iso(date(hold.expected))}
        if before is None or not before.open or _differs(before.latest, values, "kind", "reason", "date"):
            yield MissingEvent("hold.placed", values, before.latest if before else None)
    for spell in known.values():
        if spell.open:
            values = {"reference": spell.latest.reference, "kind": spell.latest.kind, "line_id": spell.latest.line_id}
            yield MissingEvent("hold.released", values, spell.latest)


def _production(production: ProductionNow, order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    values = production.model_dump(exclude={"planned_end"}) | {"date": _iso(date(production.planned_end))}
    before = _latest(order, production.reference, "production.released", "production.rescheduled")
    if before is None:
        yield MissingEvent("production.released", values, None)
    elif _differs(before, values, "date"):
        yield MissingEvent("production.rescheduled", values, before)


def _delivery(delivery: DeliveryNow, order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    values = delivery.model_dump(exclude={"planned"}) | {"date": _iso(date(delivery.planned))}
    before = _latest(order, delivery.reference, "delivery.planned")
    if before is None or _differs(before, values, "date", "quantity"):
        yield MissingEvent("delivery.planned", values, before)


def _condition(condition: ConditionNow, order: KnownOrder) -> Iterator[MissingEvent]:
    matches = [spell for spell in order.spells(CONDITIONS_MET) if spell.latest.kind == condition.kind]
    before = _of_line(matches, condition.line_id)
    if before is None or before.open != (condition.state == "met"):
        yield MissingEvent("readiness.stated", condition.model_dump(), before.latest if before else None)


def _component(component: ComponentNow, order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    matches = [spell for spell in order.spells(SHORTAGES) if spell.latest.reference == component.reference]
    before = _of_line(matches, component.line_id)
    values = component.model_dump(exclude={"expected"}) | {"date": _iso(date(component.expected))}
    if before is None or _differs(before.latest, values, "state", "quantity", "date"):
        yield MissingEvent("material.stated", values, before.latest if before else None)


def _of_line(matches: list[SpellState], line_id: str | None) -> SpellState | None:
    """What is stated of a line itself, else of the whole order."""
    own = [spell for spell in matches if spell.latest.line_id == line_id]
    return next(iter(own or [spell for spell in matches if spell.line == WHOLE_ORDER]), None)


def _latest(order: KnownOrder, reference: str, *types: str) -> KnownEvent | None:
    of_types = [event for event in order.events if event.type in types and event.reference == reference]
    return of_types[-1] if of_types else None


def _differs(before: KnownEvent, values: dict[str, Any], *columns: str) -> bool:
    """Whether the values say something else; what they leave out, they do not deny."""
    known = {"date": _iso(before.date), "quantity": before.quantity}
    now = values | {"quantity": _millionths(values.get("quantity"))}
    return any(now[name] is not None and now[name] != known.get(name, getattr(before, name)) for name in columns)


def _iso(moment: int | None) -> str | None:
    return None if moment is None else isoformat(moment)


def _millionths(quantity: float | None) -> int | None:
    return None if quantity is None else round(quantity * MICRO)
