"""An order's present state against what is known of it: the events that lead from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from features.events.schema import INSTALMENT_MARK, MICRO
from features.events.selection import Select
from features.history import PLANNED_END
from features.orders.spells import CONDITIONS_MET, HOLDS, SHORTAGES
from features.readiness.inferred_blockers import DELIVERIES
from features.readiness.statements import (
    WHOLE_ORDER,
    KnownEvent,
    KnownIssue,
    KnownLine,
    KnownOrder,
    KnownPlan,
    SpellState,
)
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
from serving.plant_time import date_of, moment_of


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
    since = moment_of(snapshot.time, zone, end=False) if snapshot.time else now
    return [
        _event(order_id, snapshot.source, event, since, place)
        for place, event in enumerate(_missing(snapshot, order, zone), start=len(order.events))
    ]


def _event(order_id: str, source: str, missing: MissingEvent, since: int, place: int) -> dict[str, Any]:
    """The id comes from the data and what it replaces, so that the same difference is the same event.

    ``place`` is how many events come before it: of statements of one moment, it says which is the later one. What
    overrules a statement does not hold before it did; goods leave when they are said to.
    """
    replaced = [missing.replaces.source, missing.replaces.event_id] if missing.replaces else None
    data = {name: value for name, value in missing.data.items() if value is not None}
    digest = hashlib.blake2b(orjson.dumps([order_id, missing.type, sorted(data.items()), replaced]), digest_size=12)
    overruled = missing.replaces if missing.type != "goods.issued" else None
    occurred = max(since, overruled.effective) if overruled else since
    return {
        "id": f"state-{place:06}-{digest.hexdigest()}",
        "source": source,
        "type": PREFIX + missing.type,
        "subject": order_id,
        "time": isoformat(occurred),
        "sequence": place,
        "data": data,
    }


def _missing(snapshot: OrderSnapshot, order: KnownOrder, zone: str) -> Iterator[MissingEvent]:
    def date(text: str | None) -> int | None:
        return None if text is None else date_of(text, zone)

    if snapshot.lines is not None:
        yield from _lines(snapshot.lines, order, date)
    if snapshot.holds is not None:
        yield from _holds(snapshot.holds, order, date)
    for production in snapshot.production or ():
        yield from _production(production, order, date)
    yield from _conditions(snapshot.conditions or (), order)
    yield from _components(snapshot.components or (), order, date)
    for delivery in snapshot.deliveries or ():
        yield from _delivery(delivery, order, date)


Date = Callable[[str | None], int | None]
Item = TypeVar("Item", ConditionNow, ComponentNow)


# -- lines ---------------------------------------------------------------------------------------------------


def _lines(lines: Iterable[LineNow], order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    known = {line.id: line for line in order.lines}
    for line in lines:
        before = known.pop(line.name, None)
        if before is None:
            yield MissingEvent("order_line.created", _created(line, date), None)
        else:
            yield from _changed(line, before, order, date)
        yield from _issued(line, before, order)
        if line.closed and (before is None or before.closed != line.closed):
            yield MissingEvent("order_line.closed", _named(line) | {"reason": line.closed}, _closing(order, line.name))
    for gone in known.values():
        if gone.open and gone.id is not None:
            closed = {"line_id": gone.id, "reason": "cancelled"}
            yield MissingEvent("order_line.closed", closed, _closing(order, gone.id))


def _named(line: LineNow) -> dict[str, Any]:
    return {"line_id": line.line_id, "instalment": line.instalment}


def _created(line: LineNow, date: Date) -> dict[str, Any]:
    described = line.model_dump(include={"quantity", "customer", "item", "plant", "route", "value"})
    return _named(line) | described | {"date": _iso(date(line.promised))}


def _changed(line: LineNow, before: KnownLine, order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    if before.closed and not line.closed:
        yield MissingEvent("order_line.reopened", _named(line), _closing(order, line.name))
    if _millionths(line.quantity) != before.ordered:
        stated = _latest_of_line(order, line.name, "order_line.created", "order_line.changed")
        yield MissingEvent("order_line.changed", _named(line) | {"quantity": line.quantity}, stated)
    promised = date(line.promised)
    if promised is not None and promised != (before.promised_by and before.promised_by.date):
        stated = _latest_of_line(order, line.name, "order_line.created", "commitment.changed")
        yield MissingEvent("commitment.changed", _named(line) | {"date": _iso(promised)}, stated)


def _closing(order: KnownOrder, name: str) -> KnownEvent | None:
    """What says last whether a line is open; it is not closed before it was created."""
    return _latest_of_line(order, name, "order_line.created", "order_line.closed", "order_line.reopened")


def _latest_of_line(order: KnownOrder, name: str, *types: str) -> KnownEvent | None:
    """What is stated last of a line, of the line it is an instalment of, or of the whole order."""
    names = (name, name.rpartition(INSTALMENT_MARK)[0], None)
    about = [event for event in order.events if event.type in types and event.line_id in names]
    return max(about, key=lambda event: (event.effective, event.place), default=None)


def _issued(line: LineNow, before: KnownLine | None, order: KnownOrder) -> Iterator[MissingEvent]:
    """What left since; or what did not leave, as reversals of the issues it is taken from.

    Each names an issue, by its id where that has no reference: without a name it would be goods that came back.
    """
    if line.issued is None:
        return
    index = {event.line_id: event.line for event in order.events}.get(line.name)
    issues = [issue for issue in order.issues if issue.line == index]
    already = before.issued if before else sum(issue.quantity for issue in issues)
    if before is None:
        waiting = sum(issue.quantity for issue in order.issues if issue.line == WHOLE_ORDER)
        already += min(waiting, max((_millionths(line.quantity) or 0) - already, 0))
    more = (_millionths(line.issued) or 0) - already
    if more > 0:
        posted = [
            event for event in order.events if event.type == "goods.issued" and event.line_id in (line.name, None)
        ]
        yield MissingEvent("goods.issued", _named(line) | {"quantity": more / MICRO}, posted[-1] if posted else None)
    for issue, quantity in _reversed(issues, -more):
        posting = _posting(issue, order)
        values = {"quantity": -quantity / MICRO, "reference": issue.reference or posting.event_id}
        yield MissingEvent("goods.issued", _named(line) | values, posting)


def _reversed(issues: Sequence[KnownIssue], quantity: int) -> Iterator[tuple[KnownIssue, int]]:
    """The issues from which a quantity is taken back, the latest first, and how much from each."""
    for issue in reversed(issues):
        taken = min(quantity, issue.quantity)
        if taken <= 0:
            return
        quantity -= taken
        yield issue, taken


def _posting(issue: KnownIssue, order: KnownOrder) -> KnownEvent:
    """The event that states an issue."""
    posted = [event for event in order.events if event.type == "goods.issued" and (event.quantity or 1) > 0]
    return max(posted, key=lambda one: (one.occurred == issue.left_at, one.reference == issue.reference, one.place))


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
    plans, before = _plans(order, production, PLANNED_END), _latest(order, production, PLANNED_END)
    if before is None:
        yield MissingEvent("production.released", values, None)
    elif not plans or any(_differs(plan.dated_by, values, "date") for plan in plans):
        yield MissingEvent("production.rescheduled", values, before)


def _delivery(delivery: DeliveryNow, order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    values = delivery.model_dump(exclude={"planned"}) | {"date": _iso(date(delivery.planned))}
    plans = _plans(order, delivery, DELIVERIES)
    sizes = dict.fromkeys(plan.sized_by for plan in plans)
    known = sum(size.quantity or 0 for size in sizes if size is not None)
    resized = delivery.quantity is not None and (None in sizes or _millionths(delivery.quantity) != known)
    if not plans or resized or any(_differs(plan.dated_by, values, "date") for plan in plans):
        yield MissingEvent("delivery.planned", values, _latest(order, delivery, DELIVERIES))


def _plans(order: KnownOrder, now: ProductionNow | DeliveryNow, what: Select) -> list[KnownPlan]:
    """The plans that are told anew: of its line, or of each line that the reference is named for."""
    plans = [plan for plan in order.plans(what) if plan.reference == now.reference]
    return [plan for plan in plans if now.line_id in (None, plan.line_id)]


def _latest(order: KnownOrder, now: ProductionNow | DeliveryNow, what: Select) -> KnownEvent | None:
    """What is stated last of what is told anew."""
    about = [event for event in order.events if event.type in what.types and event.reference == now.reference]
    about = [event for event in about if now.line_id is None or event.line_id in (None, now.line_id)]
    return max(about, key=lambda event: (event.effective, event.place), default=None)


def _conditions(conditions: Iterable[ConditionNow], order: KnownOrder) -> Iterator[MissingEvent]:
    restated: dict[str, dict[str, Any]] = {}
    for condition in _whole_order_first(conditions):
        matches = [spell for spell in order.spells(CONDITIONS_MET) if spell.latest.kind == condition.kind]
        before, values = _of_line(matches, condition.line_id), condition.model_dump()
        known = before and ("met" if before.open else "not_met")
        if condition.kind in restated:
            known = restated[condition.kind]["state"]
        if known != condition.state:
            yield MissingEvent("readiness.stated", values, before.latest if before else None)
            if condition.line_id is None:
                restated[condition.kind] = values


def _components(components: Iterable[ComponentNow], order: KnownOrder, date: Date) -> Iterator[MissingEvent]:
    restated: dict[str, dict[str, Any]] = {}
    for component in _whole_order_first(components):
        matches = [spell for spell in order.spells(SHORTAGES) if spell.latest.reference == component.reference]
        before = _of_line(matches, component.line_id)
        values = component.model_dump(exclude={"expected"}) | {"date": _iso(date(component.expected))}
        differs = before is None or _differs(before.latest, values, "state", "quantity", "date")
        if component.reference in restated:
            differs = restated[component.reference] | {"line_id": component.line_id} != values
        if differs:
            yield MissingEvent("material.stated", values, before.latest if before else None)
            if component.line_id is None:
                restated[component.reference] = values


def _whole_order_first(items: Iterable[Item]) -> list[Item]:
    """What names no line takes the place of what was said of lines, so these are told after it."""
    return sorted(items, key=lambda item: item.line_id is not None)


def _of_line(matches: list[SpellState], line_id: str | None) -> SpellState | None:
    """What is stated of a line itself, else of the whole order."""
    own = [spell for spell in matches if spell.latest.line_id == line_id]
    return next(iter(own or [spell for spell in matches if spell.line == WHOLE_ORDER]), None)


def _differs(before: KnownEvent | None, values: dict[str, Any], *columns: str) -> bool:
    """Whether the values say something else; what they leave out, they do not deny."""
    known = {"date": _iso(before.date), "quantity": before.quantity} if before else {"date": None, "quantity": None}
    now = values | {"quantity": _millionths(values.get("quantity"))}
    return any(now[name] is not None and now[name] != known.get(name, getattr(before, name, None)) for name in columns)


def _iso(moment: int | None) -> str | None:
    return None if moment is None else isoformat(moment)


def _millionths(quantity: float | None) -> int | None:
    return None if quantity is None else round(quantity * MICRO)
