"""Events that are plainly good or plainly bad news for an open order, as its own records would state them.

Each is a function of how an order stands; it gives the events to state, or nothing where it cannot happen: a hold that
is not open cannot be released.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

GOOD, BAD = -1, 1
"""Which way the risk must move."""
DAY = pd.Timedelta(days=1)
CONDITIONS = ("inspection", "packaging", "labels", "documents", "quantities")
Event = dict[str, Any]
Thing = tuple[str | None, str]
"""A line, ``None`` for the whole order, and a reference or a kind."""


@dataclass
class Line:
    """An open line: what is ordered and promised, and whether its work is released."""

    ordered: float
    promise: pd.Timestamp | None
    shipped: float = 0.0
    closed: bool = False


@dataclass
class Standing:
    """How an open order stands at a moment, by its records: what is open, with the event that says so."""

    now: pd.Timestamp
    lines: dict[str, Line] = field(default_factory=dict)
    holds: dict[Thing, Event] = field(default_factory=dict)
    shortages: dict[Thing, Event] = field(default_factory=dict)
    failed: dict[Thing, Event] = field(default_factory=dict)
    conditions: dict[Thing, Event] = field(default_factory=dict)
    plans: dict[Thing, Event] = field(default_factory=dict)
    trucks: dict[Thing, Event] = field(default_factory=dict)
    operations: dict[Thing, Event] = field(default_factory=dict)
    lots: dict[Thing, Event] = field(default_factory=dict)

    @property
    def open_lines(self) -> dict[str, Line]:
        return {name: line for name, line in self.lines.items() if not line.closed and line.ordered > line.shipped}

    @property
    def promise(self) -> pd.Timestamp:
        return min(line.promise for line in self.open_lines.values() if line.promise is not None)

    @property
    def coming(self) -> list[tuple[Thing, Event]]:
        return [(thing, event) for thing, event in self.trucks.items() if event["date"] >= self.now]


def standing_of(events: list[Event], now: pd.Timestamp) -> Standing:
    """Read an order's events, in the order in which they were recorded."""
    found = Standing(now)
    for event in events:
        _read(found, event)
    return found


def _read(found: Standing, event: Event) -> None:
    kind, line = event["type"], event["line_id"]
    thing = line, str(event["reference"] or event["kind"])
    if kind == "order_line.created":
        found.lines[line] = Line(event["quantity"], event["date"])
    elif kind == "order_line.changed" and line in found.lines:
        found.lines[line].ordered = event["quantity"]
    elif kind == "commitment.changed":
        for name in found.lines if line is None else [line]:
            found.lines[name].promise = event["date"]
    elif kind == "goods.issued" and line in found.lines:
        found.lines[line].shipped += event["quantity"]
    elif kind in ("order_line.closed", "order_line.reopened") and line in found.lines:
        found.lines[line].closed = kind == "order_line.closed"
    elif kind in ("hold.placed", "hold.released"):
        _note(found.holds, thing, event, kind == "hold.placed")
    elif kind == "material.stated":
        _note(found.shortages, thing, event, event["state"] == "short")
    elif kind == "inspection.recorded":
        found.lots[thing] = event
        _note(found.failed, thing, event, event["state"] == "failed")
    elif kind == "readiness.stated":
        found.conditions[line, event["kind"]] = event
    elif kind in ("production.released", "production.rescheduled"):
        found.plans[thing] = event
    elif kind == "delivery.planned":
        found.trucks[thing] = event
    elif kind == "operation.confirmed":
        found.operations[thing] = event


def _note(things: dict[Thing, Event], thing: Thing, event: Event, begins: bool) -> None:
    if begins:
        things[thing] = event
    else:
        things.pop(thing, None)


def _again(event: Event, kind: str, **changed: Any) -> Event:
    """The same thing of the same line, stated otherwise."""
    said = ("source", "line_id", "kind", "reference", "route", "work_center")
    return {name: event[name] for name in said} | {"type": kind} | changed


def promise_moved(order: Standing, days: int, truck: bool = False) -> Iterator[Event]:
    """All promises of open lines, by days, to a working day; not to a day that has passed."""
    for name, line in order.open_lines.items():
        if line.promise is None:
            continue
        to = line.promise + days * DAY
        while to.weekday() > 4:
            to += DAY if days > 0 else -DAY
        if to <= order.now:
            return
        yield {"type": "commitment.changed", "source": "erp", "line_id": name, "date": to}
    for _, event in order.coming if truck else []:
        yield _again(event, "delivery.planned", date=event["date"] + days * DAY)


def _plans(order: Standing, days: int) -> Iterator[Event]:
    """The planned end of each line's work that is still planned, by days; not before now."""
    for event in order.plans.values():
        line = order.open_lines.get(event["line_id"])
        if line is not None and isinstance(event["date"], pd.Timestamp) and event["date"] + days * DAY > order.now:
            yield _again(event, "production.rescheduled", date=event["date"] + days * DAY, reference=event["reference"])


def _shortages(order: Standing, days: int) -> Iterator[Event]:
    for event in order.shortages.values():
        if isinstance(event["date"], pd.Timestamp) and event["date"] + days * DAY > order.now:
            yield _again(event, "material.stated", state="short", date=event["date"] + days * DAY,
                         quantity=event["quantity"])  # fmt: skip


def _components_here(order: Standing, most: int) -> Iterator[Event]:
    for _, event in list(order.shortages.items())[:most]:
        yield _again(event, "material.stated", state="available", quantity=0.0)


def _holds_released(order: Standing) -> Iterator[Event]:
    for event in order.holds.values():
        yield _again(event, "hold.released", reason="cleared")


def _lots_passed(order: Standing) -> Iterator[Event]:
    for event in order.failed.values():
        yield _again(event, "inspection.recorded", state="passed")


def _conditions_met(order: Standing) -> Iterator[Event]:
    for (_, kind), event in order.conditions.items():
        if event["state"] == "not_met" and kind in CONDITIONS:
            yield _again(event, "readiness.stated", state="met")


def _work_finished(order: Standing) -> Iterator[Event]:
    """The last operation that was booked in part is booked in full."""
    for (line, _), event in order.operations.items():
        if event["state"] == "partial" and line in order.open_lines:
            left = max(order.lines[line].ordered - event["quantity"], 1.0)
            yield _again(event, "operation.confirmed", state="final", quantity=left)
            return


def _truck(order: Standing, after: bool) -> Iterator[Event]:
    """The trucks to come leave three days after the promise, or those that are too late leave before it."""
    for _, event in order.coming:
        noon = order.promise.normalize() + DAY / 2
        late = event["date"] > order.promise
        if after and not late:
            yield _again(event, "delivery.planned", date=noon + 3 * DAY)
        if not after and late and noon > order.now:
            yield _again(event, "delivery.planned", date=noon)


def _hold(order: Standing, already: bool) -> Iterator[Event]:
    """A hold on the first open line, where there is one already or none."""
    if bool(order.holds) == already:
        yield {"type": "hold.placed", "source": "qms", "line_id": next(iter(order.open_lines)), "kind": "quality",
               "reference": "H-NEW", "reason": "deviation"}  # fmt: skip


def _short(order: Standing) -> Iterator[Event]:
    """A component is short and comes after the promise, of a line whose work is not released."""
    released = {event["line_id"] for event in order.plans.values()}
    for name, line in order.open_lines.items():
        if name not in released:
            yield {"type": "material.stated", "source": "erp", "line_id": name, "state": "short", "reference": "steel",
                   "quantity": line.ordered, "date": order.promise + 5 * DAY}  # fmt: skip
            return


def _lot_failed(order: Standing) -> Iterator[Event]:
    for (line, _), event in reversed(order.lots.items()):
        if event["state"] == "passed" and line in order.open_lines:
            yield _again(event, "inspection.recorded", state="failed")
            return


def _scrapped(order: Standing) -> Iterator[Event]:
    for (line, _), event in reversed(order.operations.items()):
        if line in order.open_lines:
            yield _again(event, "operation.scrapped", quantity=0.3 * order.lines[line].ordered)
            return


def _ordered_more(order: Standing) -> Iterator[Event]:
    name, line = next(iter(order.open_lines.items()))
    yield {"type": "order_line.changed", "source": "erp", "line_id": name, "quantity": 1.5 * line.ordered}


def _condition_lost(order: Standing) -> Iterator[Event]:
    for (_, kind), event in order.conditions.items():
        if event["state"] == "met" and kind in CONDITIONS:
            yield _again(event, "readiness.stated", state="not_met", reason="found wrong")
            return


PLAIN_EVENTS: dict[str, tuple[int, Callable[[Standing], Iterator[Event]]]] = {
    "promise 3 days later": (GOOD, lambda order: promise_moved(order, 3)),
    "promise 7 days later": (GOOD, lambda order: promise_moved(order, 7)),
    "promise 10 days later": (GOOD, lambda order: promise_moved(order, 10)),
    "promise and trucks 7 days later": (GOOD, lambda order: promise_moved(order, 7, truck=True)),
    "a component is here": (GOOD, lambda order: _components_here(order, 1)),
    "all components are here": (GOOD, lambda order: _components_here(order, 99)),
    "components come 4 days sooner": (GOOD, lambda order: _shortages(order, -4)),
    "holds are released": (GOOD, _holds_released),
    "failed lots pass": (GOOD, _lots_passed),
    "conditions not met are met": (GOOD, _conditions_met),
    "plans end 3 days sooner": (GOOD, lambda order: _plans(order, -3)),
    "an operation is finished": (GOOD, _work_finished),
    "a late truck leaves in time": (GOOD, lambda order: _truck(order, after=False)),
    "promise 3 days sooner": (BAD, lambda order: promise_moved(order, -3)),
    "promise and trucks 3 days sooner": (BAD, lambda order: promise_moved(order, -3, truck=True)),
    "a component is short": (BAD, _short),
    "components come 7 days later": (BAD, lambda order: _shortages(order, 7)),
    "a first hold": (BAD, lambda order: _hold(order, already=False)),
    "a second hold": (BAD, lambda order: _hold(order, already=True)),
    "a lot fails": (BAD, _lot_failed),
    "plans end 5 days later": (BAD, lambda order: _plans(order, 5)),
    "the truck leaves after the promise": (BAD, lambda order: _truck(order, after=True)),
    "pieces are scrapped": (BAD, _scrapped),
    "half as much again is ordered": (BAD, _ordered_more),
    "a condition is lost": (BAD, _condition_lost),
}
