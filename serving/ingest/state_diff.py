"""An order's present state against what is known of it: the events that lead from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from features.events.schema import MICRO
from features.readiness.statements import CONDITIONS, HOLDS, SHORTAGES, WHOLE_ORDER, Line, Said, Thing, lines_of, things
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
class Step:
    """One event that is missing: its data, and the event whose statement it replaces."""

    type: str
    data: dict[str, Any]
    replaces: Said | None


def missing_events(
    order_id: str, snapshot: OrderSnapshot, events: list[Said], now: int, zone: str
) -> list[dict[str, Any]]:
    """CloudEvents after which the order is known as it stands; none where it is known so already."""
    occurred = moment_of(snapshot.time, zone, end=False) if snapshot.time else now
    return [_event(order_id, snapshot.source, step, occurred, len(events)) for step in _steps(snapshot, events, zone)]


def _event(order_id: str, source: str, step: Step, occurred: int, known: int) -> dict[str, Any]:
    """The id comes from the data and what it replaces, so that the same difference is the same event.

    It begins with how many events are known: of events of one moment, the later one has the later id.
    """
    replaced = list(step.replaces.ref) if step.replaces else None
    data = {name: value for name, value in step.data.items() if value is not None}
    digest = hashlib.blake2b(orjson.dumps([order_id, step.type, sorted(data.items()), replaced]), digest_size=12)
    return {
        "id": f"state-{known:06}-{digest.hexdigest()}",
        "source": source,
        "type": PREFIX + step.type,
        "subject": order_id,
        "time": isoformat(occurred),
        "data": data,
    }


def _steps(snapshot: OrderSnapshot, events: list[Said], zone: str) -> Iterator[Step]:
    def date(text: str | None) -> int | None:
        return None if text is None else moment_of(text, zone, end=True)

    if snapshot.lines is not None:
        yield from _lines(snapshot.lines, events, date)
    if snapshot.holds is not None:
        yield from _holds(snapshot.holds, events, date)
    for production in snapshot.production or ():
        yield from _production(production, events, date)
    for condition in snapshot.conditions or ():
        yield from _condition(condition, events)
    for component in snapshot.components or ():
        yield from _component(component, events, date)
    for delivery in snapshot.deliveries or ():
        yield from _delivery(delivery, events, date)


Date = Callable[[str | None], int | None]


# -- lines ---------------------------------------------------------------------------------------------------


def _lines(lines: Iterable[LineNow], events: list[Said], date: Date) -> Iterator[Step]:
    known = {line.id: line for line in lines_of(events)}
    closed = _closed(events)
    for line in lines:
        before = known.pop(line.line_id, None)
        if before is None:
            yield Step("order_line.created", _created(line, date), None)
        else:
            yield from _changed(line, before, date)
        yield from _issued(line, before, events)
        if line.closed and line.line_id not in closed:
            yield Step(
                "order_line.closed", {"line_id": line.line_id, "reason": line.closed}, _last(events, line.line_id)
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


def _issued(line: LineNow, before: Line | None, events: list[Said]) -> Iterator[Step]:
    already = before.issued if before else 0
    more = None if line.issued is None else (_millionths(line.issued) or 0) - already
    if more:
        issues = [event for event in events if event.type == "goods.issued" and event.line_id in (line.line_id, None)]
        values = {"line_id": line.line_id, "quantity": more / MICRO}
        yield Step("goods.issued", values, issues[-1] if issues else None)


def _closed(events: list[Said]) -> set[str | None]:
    """Lines that are closed; all that are known, where the whole order is."""
    matches: set[str | None] = set()
    for event in events:
        if event.type == "order_line.closed":
            lines = {one.line_id for one in events if one.line != WHOLE_ORDER}
            matches |= lines if event.line == WHOLE_ORDER else {event.line_id}
    return matches


def _last(events: list[Said], line_id: str | None) -> Said | None:
    return next((event for event in reversed(events) if event.line_id == line_id), None)


# -- spells --------------------------------------------------------------------------------------------------


def _holds(holds: Iterable[HoldNow], events: list[Said], date: Date) -> Iterator[Step]:
    known = {thing.latest.reference: thing for thing in things(events, HOLDS)}
    for hold in holds:
        before = known.pop(hold.reference, None)
        values = hold.model_dump(exclude={"expected"}) | {"date": _iso(date(hold.expected))}
        if before is None or not before.on or _differs(before.latest, values, "kind", "reason", "date"):
            yield Step("hold.placed", values, before.latest if before else None)
    for thing in known.values():
        if thing.on:
            values = {"reference": thing.latest.reference, "kind": thing.latest.kind, "line_id": thing.latest.line_id}
            yield Step("hold.released", values, thing.latest)


def _production(production: ProductionNow, events: list[Said], date: Date) -> Iterator[Step]:
    values = production.model_dump(exclude={"planned_end"}) | {"date": _iso(date(production.planned_end))}
    before = _latest(events, production.reference, "production.released", "production.rescheduled")
    if before is None:
        yield Step("production.released", values, None)
    elif _differs(before, values, "date"):
        yield Step("production.rescheduled", values, before)


def _delivery(delivery: DeliveryNow, events: list[Said], date: Date) -> Iterator[Step]:
    values = delivery.model_dump(exclude={"planned"}) | {"date": _iso(date(delivery.planned))}
    before = _latest(events, delivery.reference, "delivery.planned")
    if before is None or _differs(before, values, "date", "quantity"):
        yield Step("delivery.planned", values, before)


def _condition(condition: ConditionNow, events: list[Said]) -> Iterator[Step]:
    matches = [thing for thing in things(events, CONDITIONS) if thing.latest.kind == condition.kind]
    before = _of_line(matches, condition.line_id)
    if before is None or before.on != (condition.state == "met"):
        yield Step("readiness.stated", condition.model_dump(), before.latest if before else None)


def _component(component: ComponentNow, events: list[Said], date: Date) -> Iterator[Step]:
    matches = [thing for thing in things(events, SHORTAGES) if thing.latest.reference == component.reference]
    before = _of_line(matches, component.line_id)
    values = component.model_dump(exclude={"expected"}) | {"date": _iso(date(component.expected))}
    if before is None or _differs(before.latest, values, "state", "quantity", "date"):
        yield Step("material.stated", values, before.latest if before else None)


def _of_line(matches: list[Thing], line_id: str | None) -> Thing | None:
    """What is stated of a line itself, else of the whole order."""
    own = [thing for thing in matches if thing.latest.line_id == line_id]
    return next(iter(own or [thing for thing in matches if thing.line == WHOLE_ORDER]), None)


def _latest(events: list[Said], reference: str, *types: str) -> Said | None:
    return next((event for event in reversed(events) if event.type in types and event.reference == reference), None)


def _differs(before: Said, values: dict[str, Any], *columns: str) -> bool:
    """Whether the values say something else; what they leave out, they do not deny."""
    known = {"date": _iso(before.date), "quantity": before.quantity}
    now = values | {"quantity": _millionths(values.get("quantity"))}
    return any(now[name] is not None and now[name] != known.get(name, getattr(before, name)) for name in columns)


def _iso(moment: int | None) -> str | None:
    return None if moment is None else isoformat(moment)


def _millionths(quantity: float | None) -> int | None:
    return None if quantity is None else round(quantity * MICRO)
