"""Whether what somebody supposes of an order can happen as it stands: a hold that is not open cannot be released.

Each event is judged after those before it, so that a hold may be placed and then released.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from features.decision_points import DecisionPoints
from features.events.columns import Columns
from features.events.selection import Select, Spell
from features.history import PLANNED_END, History
from features.orders.commitments import OrderStatus
from features.orders.spells import CONDITIONS_MET, FAILED_LOTS, HOLDS, SHORTAGES
from features.readiness.assessment import status_of
from features.readiness.blockers import Facts
from features.readiness.naming import at_line, name_component, name_hold, name_inspection, name_line, quantity
from features.readiness.statements import KnownEvent, KnownLine, KnownOrder, KnownPlan, SpellState
from features.what_if import words
from features.what_if.copies import MOST_COPIED, with_events
from features.wording import ENGLISH

TRUCKS = Select("delivery.planned")
GONE = ("shipped", "cancelled")
STILL_POSSIBLE = ("order_line.created", "order_line.reopened", "goods.returned", "decision.recorded")
"""What may be stated of an order, or of a line, that has left or is closed."""
ADDS = ("operation.confirmed", "operation.scrapped", "operation.reworked")
AHEAD = {
    "commitment.changed": "a promise",
    "commitment.requested": "a requested date",
    "production.released": "a planned end",
    "production.rescheduled": "a planned end",
    "delivery.planned": "a truck",
    "material.stated": "an expected arrival",
    "hold.placed": "an expected release",
}
"""Types whose date is of something to come, and what it is."""
Fault = tuple[str, str, str]
"""The column, what must hold, and what was got."""


@dataclass(frozen=True)
class Refusal:
    """Why an event cannot happen: its row, the column that shows it, what must hold, what was got."""

    row: int
    column: str
    must: str
    got: str

    def __str__(self) -> str:
        return f"must {self.must}, got {self.got}"


@dataclass(frozen=True)
class Standing:
    """An order as it stands before an event is stated."""

    facts: Facts
    state: OrderStatus

    @property
    def order(self) -> KnownOrder:
        return self.facts.order

    def day(self, moment: int) -> str:
        """A day of the plant."""
        return self.facts.dates.day(moment, time=False)

    def lines_of(self, event: KnownEvent) -> list[KnownLine]:
        """The known lines that an event speaks of."""
        return self.facts.lines_of(event.line_id)

    def speak_alike(self, one: str | None, other: str | None) -> bool:
        """Whether two names are one, or speak of one known line: as itself, as its instalment, or as one of all."""
        keys = {line.key for line in self.facts.lines_of(one)}
        return one == other or any(line.key in keys for line in self.facts.lines_of(other))


def refusals(history: History, order: int, as_of: int, added: Columns, zone: str = "UTC") -> list[Refusal]:
    """Why events cannot be stated of an order at a moment, one after another; nothing where all of them can.

    Parameters
    ----------
    order : its index in ``history.order_ids``
    added : validated columns of (n,) events; see ``features.what_if.copies.with_events``
    """
    keys = list(zip(added["source"].texts(), added["event_id"].texts(), strict=True))
    found = []
    for row, (before, after) in enumerate(pairwise(_standings(history, order, as_of, added, zone))):
        event = next(one for one in reversed(after.order.events) if (one.source, one.event_id) == keys[row])
        fault = _fault(before, event)
        found += [] if fault is None else [Refusal(row, *fault)]
    return found


def _standings(history: History, order: int, as_of: int, added: Columns, zone: str) -> Iterator[Standing]:
    """The order with none of the events, with the first, with the first two, and so on; some copies at a time."""
    n = len(added["date"])
    at_once = max(MOST_COPIED // int(history.first[order + 1] - history.first[order] + n), 1)
    for begin in range(0, n + 1, at_once):
        counts = np.arange(begin, min(begin + at_once, n + 1))
        rows = np.concatenate([np.arange(count) for count in counts]).astype(np.int64)
        some = {name: values.take(rows) if hasattr(values, "texts") else values[rows] for name, values in added.items()}
        points = DecisionPoints(np.full(len(counts), order), np.full(len(counts), as_of, dtype=np.int64))
        copies = with_events(history, points, some, np.repeat(np.arange(len(counts)), counts))
        for copy in range(len(counts)):
            yield _standing(copies, copy, as_of, zone)


def _standing(copies: History, copy: int, as_of: int, zone: str) -> Standing:
    known = KnownOrder(copies, copy, as_of)
    return Standing(Facts(known, as_of, ZoneInfo(zone)), status_of(copies, copy, len(known.events), as_of)[0])


def _fault(before: Standing, event: KnownEvent) -> Fault | None:
    """The first thing that stands against an event."""
    for check in (_of_order, _of_line, _of_date, RULES.get(event.type, _possible)):
        fault = check(before, event)
        if fault is not None:
            return fault
    return None


def _possible(before: Standing, event: KnownEvent) -> Fault | None:  # noqa: ARG001
    return None


def _of_order(before: Standing, event: KnownEvent) -> Fault | None:
    if before.state not in GONE or event.type in STILL_POSSIBLE or (event.quantity or 0) < 0:
        return None
    return (
        "type",
        "be order_line.reopened before anything else of an order that has left",
        f"one that is {before.state}",
    )


def _of_line(before: Standing, event: KnownEvent) -> Fault | None:
    if event.line_id is None or event.type == "order_line.created":
        return None
    lines = before.lines_of(event)
    if not lines:
        return "line_id", f"be a line of the order ({_names(before.facts.lines)})", repr(event.line_id)
    may = (*STILL_POSSIBLE, "order_line.changed")
    if event.type in may or (event.quantity or 0) < 0 or any(line.open for line in lines):
        return None
    is_ = f"closed as {lines[0].closed}" if lines[0].closed else "shipped"
    return "line_id", f"be a line that is still to ship ({_names(before.facts.open_lines)})", f"{event.line_id}: {is_}"


def _names(lines: Iterable[KnownLine]) -> str:
    return _listed(line.id or name_line(ENGLISH, None) for line in lines)


def _listed(names: Iterable[str]) -> str:
    return ENGLISH.listed(list(names)) or "none"


def _of_date(before: Standing, event: KnownEvent) -> Fault | None:
    what = AHEAD.get(event.type)
    if what is None or event.date is None or event.date > before.facts.as_of:
        return None
    return "date", f"lie ahead, as it is that of {what}", before.day(event.date)


# -- what begins and ends ------------------------------------------------------------------------------------


def _spell(before: Standing, spell: Spell, event: KnownEvent, by: str = "reference") -> SpellState | None:
    """The latest about what an event is about: by its word, without one by its kind, and by line where that counts."""

    def about(stated: KnownEvent) -> tuple[object, ...]:
        word = getattr(stated, by)
        line = stated.line_id if spell.per_line else None
        return line, word, None if word else stated.kind

    return next((one for one in before.order.spells(spell) if about(one.latest) == about(event)), None)


def _placed(before: Standing, event: KnownEvent) -> Fault | None:
    found = _spell(before, HOLDS, event)
    if found is None or not found.open or (event.date is not None and event.date != found.latest.date):
        return None
    return "reference", "be that of a hold that is not open", _hold(found) + f", open since {before.day(found.since)}"


def _released(before: Standing, event: KnownEvent) -> Fault | None:
    found = _spell(before, HOLDS, event)
    if found is not None and found.open:
        return None
    open_ = _listed(_hold(one) for one in before.order.spells(HOLDS) if one.open)
    got = name_hold(ENGLISH, event.kind, event.reference)
    return "reference" if event.reference else "kind", f"be one of the open holds ({open_})", got


def _hold(spell: SpellState) -> str:
    return words.hold(ENGLISH, spell.latest)


def _material(before: Standing, event: KnownEvent) -> Fault | None:
    found = _spell(before, SHORTAGES, event)
    is_short = found is not None and found.open
    if event.state == "available" and not is_short:
        short = _listed(before.facts.component(one.latest) for one in before.order.spells(SHORTAGES) if one.open)
        must = f"be one of the components that are short ({short})"
        return "reference", must, name_component(ENGLISH, event.reference, line=event.line_id)
    if found is None or event.state == "available" or not is_short:
        return None
    same = event.date in (None, found.latest.date) and event.quantity in (None, found.latest.quantity)
    return (
        ("state", "change something", f"{before.facts.component(found.latest)}, which is short already")
        if same
        else None
    )


def _inspected(before: Standing, event: KnownEvent) -> Fault | None:
    found = _spell(before, FAILED_LOTS, event)
    if found is None:
        return _passed_without_a_lot(before, event)
    if found.open != (event.state == "failed"):
        return None
    return "state", "change something", f"a lot that has {event.state} already, {before.day(found.since)}"


def _passed_without_a_lot(before: Standing, event: KnownEvent) -> Fault | None:
    """Where lots of its line stand failed, an inspection that passes must say of which of them."""
    if event.reference is not None or event.state != "passed":
        return None
    failed = [
        (one.latest.reference or name_inspection(ENGLISH, one.latest.kind)) + at_line(ENGLISH, "of", one.latest.line_id)
        for one in before.order.spells(FAILED_LOTS)
        if one.open and before.speak_alike(event.line_id, one.latest.line_id)
    ]
    return ("reference", f"be one of the lots that failed ({_listed(failed)})", "no lot") if failed else None


def _condition(before: Standing, event: KnownEvent) -> Fault | None:
    found = _spell(before, CONDITIONS_MET, event, by="kind")
    if found is None or found.open != (event.state == "met"):
        return None
    word = "met" if event.state == "met" else "not met"
    return "state", "change something", f"{event.kind}, {word} already since {before.day(found.since)}"


# -- plans and promises --------------------------------------------------------------------------------------


def _promised(before: Standing, event: KnownEvent) -> Fault | None:
    lines = [line for line in before.lines_of(event) if line.open]
    if any(line.promised_by is None or line.promised_by.date != event.date for line in lines) or not lines:
        return None
    return "date", "change something", f"{before.day(event.date or 0)}, which is promised already"


def _planned(what: Select) -> Callable[[Standing, KnownEvent], Fault | None]:
    """A plan that says again what is in force."""

    def rule(before: Standing, event: KnownEvent) -> Fault | None:
        for plan in before.order.plans(what):
            if (plan.reference, plan.line_id) != (event.reference, event.line_id):
                continue
            date = plan.dated_by.date if plan.dated_by else None
            size = plan.sized_by.quantity if plan.sized_by else None
            if event.date in (None, date) and event.quantity in (None, size):
                planned = f", which is planned already for {before.day(date)}" if date is not None else ""
                return "date", "change something", (event.reference or "a plan without a reference") + planned
        return None

    return rule


def _rescheduled(before: Standing, event: KnownEvent) -> Fault | None:
    """An end that names none of the production orders of its lines would be a plan beside theirs.

    Where they have none the work can be planned all the same, but not under the name of one.
    """
    own = [plan for plan in before.order.plans(PLANNED_END) if before.speak_alike(event.line_id, plan.line_id)]
    plans = [plan for plan in own if any(line.open for line in before.facts.lines_of(plan.line_id))]
    got = words.production_order(ENGLISH, event.reference, event.line_id)
    if not plans and event.reference:
        of = at_line(ENGLISH, "of", event.line_id)
        return "reference", f"be left out, as no production order{of} is known", got
    if plans and all(plan.reference != event.reference for plan in plans):
        return "reference", f"be one of the production orders ({_listed(map(_production_order, plans))})", got
    return _planned(PLANNED_END)(before, event)


def _production_order(plan: KnownPlan) -> str:
    return words.production_order(ENGLISH, plan.reference, plan.line_id)


# -- lines, goods and work -----------------------------------------------------------------------------------


def _created(before: Standing, event: KnownEvent) -> Fault | None:
    if all(line.id != event.line_id for line in before.facts.lines):
        return None
    return "line_id", "be a line that is not there yet", f"{event.line_id or 'the line'}, which is ordered already"


def _changed(before: Standing, event: KnownEvent) -> Fault | None:
    lines = before.lines_of(event)
    if any(line.ordered != event.quantity for line in lines):
        return None
    return "quantity", "change something", f"{quantity(ENGLISH, event.quantity or 0)}, which is ordered already"


def _reopened(before: Standing, event: KnownEvent) -> Fault | None:
    lines = before.lines_of(event)
    if any(line.closed is not None for line in lines):
        return None
    closed = _names(line for line in before.facts.lines if line.closed is not None)
    return "type", f"be of a line that is closed ({closed})", "one that is not"


def _issued(before: Standing, event: KnownEvent) -> Fault | None:
    lines = before.lines_of(event)
    if event.quantity is None:
        return None
    if event.quantity == 0:
        return "quantity", "change something", "0"
    if event.quantity < 0:
        gone = sum(line.issued for line in lines)
        at_most = f"take back at most what has been issued ({quantity(ENGLISH, gone)})"
        return ("quantity", at_most, quantity(ENGLISH, -event.quantity)) if -event.quantity > gone else None
    left = sum(max(line.ordered - line.issued, 0) for line in lines if line.open)
    if event.quantity <= left:
        return None
    return (
        "quantity",
        f"be at most what is still to ship ({quantity(ENGLISH, left)})",
        quantity(ENGLISH, event.quantity),
    )


def _returned(before: Standing, event: KnownEvent) -> Fault | None:
    gone = sum(line.issued for line in before.lines_of(event))
    if (event.quantity or 0) <= gone:
        return None
    return (
        "quantity",
        f"be at most what has been issued ({quantity(ENGLISH, gone)})",
        quantity(ENGLISH, event.quantity or 0),
    )


def _booked(before: Standing, event: KnownEvent) -> Fault | None:
    """A booking of nothing says something only where it finishes what was not finished."""
    if event.quantity or (event.quantity is not None and event.state == "final" and not _is_final(before, event)):
        return None
    return "quantity", "change something", quantity(ENGLISH, event.quantity or 0)


def _is_final(before: Standing, event: KnownEvent) -> bool:
    about = (event.line_id, event.reference)
    booked = [one for one in before.order.events if one.type == event.type and (one.line_id, one.reference) == about]
    return bool(booked) and booked[-1].state == "final"


RULES: dict[str, Callable[[Standing, KnownEvent], Fault | None]] = {
    "hold.placed": _placed,
    "hold.released": _released,
    "material.stated": _material,
    "inspection.recorded": _inspected,
    "readiness.stated": _condition,
    "commitment.changed": _promised,
    "production.released": _planned(PLANNED_END),
    "production.rescheduled": _rescheduled,
    "delivery.planned": _planned(TRUCKS),
    "order_line.created": _created,
    "order_line.changed": _changed,
    "order_line.reopened": _reopened,
    "goods.issued": _issued,
    "goods.returned": _returned,
    **dict.fromkeys(ADDS, _booked),
}
