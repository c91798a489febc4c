"""What somebody supposes of an order, in words: "if steel (60, line 30) comes on Mon 5 Jan"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from features.events.schema import EventKey
from features.orders.spells import SHORTAGES
from features.readiness.blockers import Facts
from features.readiness.naming import (
    at_line,
    name_condition,
    name_inspection,
    name_line,
    name_lines,
    name_lot,
    name_operation,
    name_truck,
    name_work,
    number_of_conditions,
    quantity,
)
from features.readiness.statements import KnownEvent
from features.what_if import words
from features.wording.language import short

MOST_CLAUSES = 4
"""So many events are told; the others are counted."""


def supposition(facts: Facts, supposed: Collection[EventKey]) -> str:
    """The events that are supposed, in words, as they come.

    Parameters
    ----------
    facts : of the order as it would stand with all of them
    supposed : which of its events these are
    """
    events = [event for event in facts.order.events if event.key in supposed]
    clauses = [_clause(facts, alike) for alike in _promises_by_day(events)]
    return facts.language.fill("if", clauses=facts.language.listed(clauses, MOST_CLAUSES))


def _promises_by_day(events: Iterable[KnownEvent]) -> Iterable[list[KnownEvent]]:
    """The events as they come, one by one; promises that move to the same day together, with the first of them."""
    groups: dict[object, list[KnownEvent]] = {}
    for event in events:
        groups.setdefault(event.date if event.type == "commitment.changed" else event.key, []).append(event)
    return groups.values()


def _clause(facts: Facts, alike: list[KnownEvent]) -> str:
    event = alike[0]
    template, values = _promises(facts, alike) if len(alike) > 1 else _CLAUSES[event.type](facts, event)
    return facts.say(f"if.{template}", **values)


Clause = tuple[str, Mapping[str, object]]
"""The name of its template, and what is filled in."""


def _day(facts: Facts, event: KnownEvent) -> str:
    return facts.dates.day(event.date or 0, time=False)


def _units(facts: Facts, event: KnownEvent) -> dict[str, object]:
    return words.units(facts, abs(event.quantity or 0))


def _hold_placed(facts: Facts, event: KnownEvent) -> Clause:
    values = {"hold": words.hold(facts.language, event), "day": _day(facts, event)}
    return "hold.placed" if event.date is None else "hold.placed.until", values


def _hold_released(facts: Facts, event: KnownEvent) -> Clause:
    """As it was placed: what ends it need not name its line."""
    about = (event.kind, event.reference)
    placed = [one for one in facts.order.events if one.type == "hold.placed" and (one.kind, one.reference) == about]
    return "hold.released", {"hold": words.hold(facts.language, placed[-1] if placed else event)}


def _component(facts: Facts, event: KnownEvent) -> Clause:
    """One that was short already comes on another day; one that comes is named by what was short of it."""
    if event.state == "available":
        return "component.comes", {"component": _as_it_was_short(facts, event)}
    values = {"component": facts.component(event), "day": _day(facts, event)}
    was_short = any(event in spell.statements[1:] for spell in facts.order.spells(SHORTAGES))
    if was_short:
        return "component.due" if event.date is not None else "component.again", values
    return "component.short.due" if event.date is not None else "component.short", values


def _as_it_was_short(facts: Facts, event: KnownEvent) -> str:
    about = (event.line, event.reference)
    stated = [one for one in facts.order.events if one.type == event.type and (one.line, one.reference) == about]
    lacking = [one for one in stated if one.state == "short"]
    return facts.component(lacking[-1] if lacking else event)


def _inspection(facts: Facts, event: KnownEvent) -> Clause:
    return "inspection.passed" if event.state == "passed" else "inspection.failed", {
        "inspection": name_inspection(facts.language, event.kind),
        "lot": name_lot(facts.language, event.reference),
        "lines": at_line(facts.language, "on", event.line_id),
    }


def _condition(facts: Facts, event: KnownEvent) -> Clause:
    return "condition.met" if event.state == "met" else "condition.not_met", {
        "condition": name_condition(facts.language, event.kind),
        "n": number_of_conditions([event.kind]),
        "lines": at_line(facts.language, "for", event.line_id),
    }


def _promise(facts: Facts, event: KnownEvent) -> Clause:
    return _promises(facts, [event])


def _promises(facts: Facts, moved: list[KnownEvent]) -> Clause:
    return "promise", {"n": len(moved), "of": name_lines(facts.language, "of", moved), "day": _day(facts, moved[0])}


def _requested(facts: Facts, event: KnownEvent) -> Clause:
    return "requested", {"for_": at_line(facts.language, "for", event.line_id), "day": _day(facts, event)}


def _work(facts: Facts, event: KnownEvent) -> Clause:
    values = {
        "work": name_work(facts.language, event.reference),
        "lines": at_line(facts.language, "on", event.line_id),
        "day": _day(facts, event),
    }
    return "work.released" if event.date is None else "work.planned", values


def _truck(facts: Facts, event: KnownEvent) -> Clause:
    """Of a truck that was planned before, its new day; any other is one more."""
    planned = [one for one in facts.order.events if one.type == event.type and one.reference == event.reference]
    return "truck" if planned[0] is not event else "truck.new", {
        "truck": name_truck(facts.language, event.reference),
        "day": _day(facts, event),
        "lines": at_line(facts.language, "for", event.line_id),
        "load": "" if event.quantity is None else facts.say("if.load", **_units(facts, event)),
    }


def _created(facts: Facts, event: KnownEvent) -> Clause:
    values = {"line": name_line(facts.language, event.line_id), "day": _day(facts, event)}
    return "line.created" if event.date is None else "line.created.promised", values


def _changed(facts: Facts, event: KnownEvent) -> Clause:
    return "line.changed", {"of": at_line(facts.language, "of", event.line_id), **_units(facts, event)}


def _closed(facts: Facts, event: KnownEvent) -> Clause:
    values = {"line": name_line(facts.language, event.line_id), "reason": event.reason}
    return "line.closed" if event.line_id else "order.closed", values


def _reopened(facts: Facts, event: KnownEvent) -> Clause:
    template = "line.reopened" if event.line_id else "order.reopened"
    return template, {"line": name_line(facts.language, event.line_id)}


def _booked(facts: Facts, event: KnownEvent) -> Clause:
    booked = "booked.final" if event.state == "final" else "booked"
    return _LOSSES.get(event.type, booked), {
        "operation": name_operation(facts.language, event.reference),
        "lines": at_line(facts.language, "on", event.line_id),
        "quantity": quantity(facts.language, event.quantity),
        "n": _units(facts, event)["n"],
    }


def _issued(facts: Facts, event: KnownEvent) -> Clause:
    values = {"lines": at_line(facts.language, "of", event.line_id), **_units(facts, event)}
    if event.type == "goods.returned":
        return "returned", values
    return "issued.all" if event.quantity is None else "issued" if event.quantity >= 0 else "taken_back", values


def _decision(facts: Facts, event: KnownEvent) -> Clause:  # noqa: ARG001
    return "decision", {"decision": short(event.kind or "")}


_LOSSES = {"operation.scrapped": "scrapped", "operation.reworked": "reworked"}
_CLAUSES: dict[str, Callable[[Facts, KnownEvent], Clause]] = {
    "hold.placed": _hold_placed,
    "hold.released": _hold_released,
    "material.stated": _component,
    "inspection.recorded": _inspection,
    "readiness.stated": _condition,
    "commitment.changed": _promise,
    "commitment.requested": _requested,
    "production.released": _work,
    "production.rescheduled": _work,
    "delivery.planned": _truck,
    "order_line.created": _created,
    "order_line.changed": _changed,
    "order_line.closed": _closed,
    "order_line.reopened": _reopened,
    "operation.confirmed": _booked,
    "operation.scrapped": _booked,
    "operation.reworked": _booked,
    "goods.issued": _issued,
    "goods.returned": _issued,
    "decision.recorded": _decision,
}
