"""Moves that are open to a planner: what could be stated of one order now, and the sentence that says it.

Each is what a plant can do with what its records name: a hold that is open, a component that is short, a truck that
leaves too late. What cannot happen is not among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from features.events.schema import MICRO
from features.events.selection import Spell
from features.history import History
from features.orders.spells import CONDITIONS_MET, FAILED_LOTS, HOLDS, SHORTAGES
from features.readiness.assessment import status_of
from features.readiness.blockers import Facts, shortage_blockers
from features.readiness.line_quantities import line_quantities, set_aside_shortages
from features.readiness.statements import KnownEvent, KnownOrder, KnownPlan, SpellState
from features.readiness.trucks import DELIVERIES, must_leave_by, truck_loads
from features.what_if import words
from features.what_if.copies import Statement
from features.wording import ENGLISH, Language
from features.wording.dates import EPOCH

Components = list[tuple[KnownEvent, list[KnownEvent]]]
"""Components that are short, and the holds that are released when each comes."""
SOON = 3
"""Working days in which a component could come."""
AFTERNOON = 15
"""The hour at which a truck is planned, as nobody says when one would leave."""
LATER = (3, 7)
"""Days by which a promise could be moved."""
NEW_TRUCK = "planned"
"""The name of a truck that nobody has planned yet."""
MOST_STATEMENTS = 50
"""Events that one what-if takes, and so those of one move."""


@dataclass(frozen=True)
class Move:
    """One thing that could be done.

    Attributes
    ----------
    kind : one of ``features.what_if.words.KINDS``
    sentence : what it is, the thing named
    statements : the events that would record it
    line_id : of the line it is about, ``None`` for the whole order
    consent : whether the customer must agree
    helps : whether it can only help
    """

    kind: str
    sentence: str
    statements: tuple[Statement, ...]
    line_id: str | None = None
    consent: bool = False
    helps: bool = True


def feasible_moves(
    history: History, order: int, as_of: int, zone: str = "UTC", language: Language = ENGLISH
) -> list[Move]:
    """The moves of one order at a moment; none unless it is open or late.

    By kind: what stands in the way, trucks, conditions, bookings, shipments, promises; the oldest of each first. Of a
    late order no promise is moved: one is broken already, and another day brings nothing forward.

    Parameters
    ----------
    order : its index in ``history.order_ids``
    as_of : microseconds
    zone : the plant's, in which sentences name days
    """
    known = KnownOrder(history, order, as_of)
    state = status_of(history, order, len(known.events), as_of)[0]
    if state not in ("open", "late"):
        return []
    facts, first = Facts(known, as_of, ZoneInfo(zone), language), int(history.first[order])
    components = _components(facts)
    return [
        *_releases(facts, components),
        *_arrivals(facts, components),
        *_passed_lots(facts),
        *_trucks(facts),
        *_conditions(facts),
        *_bookings(facts, history, first),
        *_shipments(facts),
        *(_promises(facts) if state == "open" else ()),
    ]


def _alive(facts: Facts, spell: SpellState) -> bool:
    """Whether it is about something that is still to ship: a line that is known and open, or one of its instalments."""
    return is_open(facts, spell.latest.line_id)


def is_open(facts: Facts, name: str | None) -> bool:
    """Whether a name speaks of something that is still to ship."""
    return any(line.open for line in facts.lines_of(name))


def oldest(facts: Facts, spell: Spell, *, open_: bool = True) -> list[SpellState]:
    """Spells that are open, or ended, and about something that is still to ship, the oldest first."""
    spells = (one for one in facts.order.spells(spell) if one.open == open_ and _alive(facts, one))
    return sorted(spells, key=lambda one: (one.since, one.statements[0].place))


def _again(event: KnownEvent, kind: str, **changed: object) -> Statement:
    """What an event speaks of, stated otherwise."""
    named = {name: getattr(event, name) for name in ("line_id", "kind", "reference")}
    return {"type": kind, **named, **changed}


# -- what stands in the way ----------------------------------------------------------------------------------


def _releases(facts: Facts, components: Components) -> Iterator[Move]:
    """Each hold is released, but one that is released when the component comes for which it waits."""
    waiting = {hold.key for _, freed in components for hold in freed}
    for spell in oldest(facts, HOLDS):
        placed = spell.latest
        if placed.key not in waiting:
            yield Move("release_hold", words.release(facts, placed), (_again(placed, "hold.released"),), placed.line_id)


def _components(facts: Facts) -> Components:
    """The components that stop the work, and the holds that wait for each and for no other."""
    blockers = set_aside_shortages(facts, shortage_blockers(facts))
    moot = {key for blocker in blockers if blocker.moot for key in blocker.events}
    short = [spell.latest for spell in oldest(facts, SHORTAGES) if spell.latest.key not in moot]
    waiting = [[spell.latest for spell in _waiting_for(facts, one)] for one in short]
    often = Counter(hold.key for holds in waiting for hold in holds)
    return [(one, [hold for hold in holds if often[hold.key] == 1]) for one, holds in zip(short, waiting, strict=True)]


def _waiting_for(facts: Facts, short: KnownEvent) -> list[SpellState]:
    """The material holds that name a component which is short on their line as their reason."""
    lines = {line.key for line in facts.lines_of(short.line_id)}
    return [
        spell
        for spell in oldest(facts, HOLDS)
        if spell.latest.kind == "material"
        and short.reference is not None
        and spell.latest.reason == short.reference
        and lines & {line.key for line in facts.lines_of(spell.latest.line_id)}
    ]


def _arrivals(facts: Facts, components: Components) -> Iterator[Move]:
    """Each component that stops the work comes today, or in a few working days where that is sooner than is said.

    With one that comes today, the holds are released that wait for it and for no other.
    """
    soon = _end_of_day(_working_days_on(facts, SOON))
    for short, released in components:
        here = _again(short, "material.stated", state="available", quantity=0.0)
        holds = tuple(_again(hold, "hold.released") for hold in released)
        yield Move("component_here", words.arrival(facts, short, released=released), (here, *holds), short.line_id)
        if short.date is None or short.date > soon:
            quantity = None if short.quantity is None else short.quantity / MICRO
            stated = _again(short, "material.stated", state="short", quantity=quantity, date=soon)
            sentence = words.arrival(facts, short, soon)
            yield Move("component_sooner", sentence, (stated,), short.line_id, helps=short.date is not None)


def _passed_lots(facts: Facts) -> Iterator[Move]:
    for spell in oldest(facts, FAILED_LOTS):
        failed = spell.latest
        passed = _again(failed, "inspection.recorded", state="passed")
        yield Move("lot_passes", words.lot(facts, failed), (passed,), failed.line_id)


def _conditions(facts: Facts) -> Iterator[Move]:
    for spell in oldest(facts, CONDITIONS_MET, open_=False):
        stated = spell.latest
        met = _again(stated, "readiness.stated", state="met")
        yield Move("meet_condition", words.condition(facts, stated), (met,), stated.line_id)


# -- trucks --------------------------------------------------------------------------------------------------


def _trucks(facts: Facts) -> Iterator[Move]:
    """A truck where none is planned; else those that leave after their promise earlier, and the last one larger.

    By a promise that has passed none can leave any more: then the next working day is as soon as one could.
    """
    promises = sorted(line.promise for line in facts.open_lines if line.promise is not None)
    if not promises:
        return
    coming = sorted(trucks_to_come(facts), key=leaves_at)
    left = sum(line.ordered - line.issued for line in facts.open_lines)
    if not coming:
        by = _last_day_by(facts, promises[0])
        if by > facts.as_of:
            planned: Statement = {
                "type": "delivery.planned",
                "reference": NEW_TRUCK,
                "date": by,
                "quantity": left / MICRO,
            }
            yield Move("plan_truck", words.truck_planned(facts, by), (planned,))
        return
    for truck, promise in must_leave_by(truck_loads(facts)):
        plan, by = truck.plan, _last_day_by(facts, promise)
        if truck.leaves > max(promise, by) and by > facts.as_of:
            earlier = words.truck_earlier(facts, plan.reference, by, truck.leaves)
            yield Move("truck_earlier", earlier, (_truck(plan, date=by),), plan.line_id)
    yield from _larger(facts, coming, left)


def _larger(facts: Facts, coming: list[KnownPlan], left: int) -> Iterator[Move]:
    """The last truck takes what none takes; nothing where one of them states no quantity."""
    loads = [plan.sized_by for plan in coming]
    sizes = {load: load.quantity or 0 for load in loads if load is not None}
    missing = left - sum(sizes.values())
    last = coming[-1].sized_by
    if any(load is None for load in loads) or missing <= 0 or last is None:
        return
    size = (last.quantity or 0) + missing
    sentence = words.truck_larger(facts, coming[-1].reference, size, last.quantity or 0)
    stated = _truck(coming[-1], date=leaves_at(coming[-1]), line_id=last.line_id, quantity=size / MICRO)
    yield Move("truck_larger", sentence, (stated,), last.line_id)


def trucks_to_come(facts: Facts) -> list[KnownPlan]:
    """Trucks that are still to leave, for something that is still to ship."""
    plans = facts.order.plans(DELIVERIES)
    return [plan for plan in plans if leaves_at(plan) >= facts.as_of and is_open(facts, plan.line_id)]


def leaves_at(plan: KnownPlan) -> int:
    """When a truck leaves, microseconds."""
    return (plan.dated_by.date or 0) if plan.dated_by else 0


def _truck(plan: KnownPlan, **changed: object) -> Statement:
    return {"type": "delivery.planned", "reference": plan.reference, "line_id": plan.line_id, **changed}


# -- work and goods ------------------------------------------------------------------------------------------


def _bookings(facts: Facts, history: History, first: int) -> Iterator[Move]:
    """The operation of each open line that was booked in part last is booked in full, the oldest booking first."""
    by_line: dict[int, list[KnownEvent]] = {line.key: [] for line in facts.open_lines}
    for event in facts.order.events:
        if event.type == "operation.confirmed" and event.line in by_line:
            by_line[event.line].append(event)
    latest = {key: max(booked, key=_when) for key, booked in by_line.items() if booked}
    begun = [line for line in facts.open_lines if line.key in latest and latest[line.key].state != "final"]
    for line in sorted(begun, key=lambda line: _when(latest[line.key])):
        booked, last = by_line[line.key], latest[line.key]
        good = sum(event.quantity or 0 for event in booked if event.reference == last.reference)
        lost = sum(
            event.quantity or 0 for event in facts.order.by_line[line.key] if _is_scrap_at(event, last.reference)
        )
        left = line.ordered - line.before_work - good - lost
        if left > 0:
            final = {
                "type": "operation.confirmed", "line_id": line.id, "reference": last.reference, "state": "final",
                "quantity": left / MICRO, "work_center": history.coded["work_center"][first + last.place],
            }  # fmt: skip
            yield Move("book_rest", words.operation_rest(facts, line.id, last.reference, left), (final,), line.id)


def _is_scrap_at(event: KnownEvent, operation: str | None) -> bool:
    """Whether it says that pieces were lost at an operation; they are not booked as good any more."""
    return event.type == "operation.scrapped" and event.reference == operation


def _when(event: KnownEvent) -> tuple[int, int]:
    return event.occurred, event.place


def _shipments(facts: Facts) -> Iterator[Move]:
    """What is booked good leaves, where nothing holds the line and somebody said that a condition is met since."""
    quantities = line_quantities(facts)
    for line in facts.open_lines:
        done = quantities[line.key].shippable
        if done > 0:
            everything = done == line.ordered - line.issued
            issued: Statement = {"type": "goods.issued", "line_id": line.id, "quantity": done / MICRO}
            sentence = words.ship(facts, line.id, done, everything=everything)
            yield Move("ship_done", sentence, (issued,), line.id, helps=False)


# -- promises ------------------------------------------------------------------------------------------------


def _promises(facts: Facts) -> Iterator[Move]:
    """The promises of all lines to ship and the trucks to come, some days later, to a working day."""
    lines = [line for line in facts.open_lines if line.promised_by is not None and line.promised_by.date is not None]
    coming = trucks_to_come(facts)
    for days in LATER if lines else ():
        dates = [_later(facts, line.promised_by.date or 0, days) for line in lines if line.promised_by is not None]
        promised: list[Statement] = [
            {"type": "commitment.changed", "line_id": name, "date": date, "actor": "agreed"}
            for name, date in _once(facts, [line.id for line in lines], dates)
        ]
        new = dict(zip((line.key for line in lines), dates, strict=True))
        moved = [(plan, day) for plan in coming if (day := _along(facts, plan, days, new)) != leaves_at(plan)]
        trucks = [_truck(plan, date=day) for plan, day in moved]
        along = [(plan.reference, day) for plan, day in moved]
        sentence = words.promise(facts, days, min(dates), len(set(dates)), along)
        yield Move(f"move_promise_{days}", sentence, (*promised, *trucks), consent=True)


def _along(facts: Facts, plan: KnownPlan, days: int, promises: Mapping[int, int]) -> int:
    """When a truck leaves whose lines are promised later: as many days later, and not after the last new promise."""
    own = [promises[line.key] for line in facts.lines_of(plan.line_id) if line.key in promises]
    later, last = _later(facts, leaves_at(plan), days), max(own or promises.values())
    return later if later <= last else max(_last_day_by(facts, last), leaves_at(plan))


def _once(facts: Facts, names: list[str | None], dates: list[int]) -> Iterator[tuple[str | None, int]]:
    """Dates by name: of a line without an id for the whole order, and first; then of those that this does not fit."""
    stated: dict[str | None, int] = {}
    for name, date in sorted(zip(names, dates, strict=True), key=lambda one: one[0] is not None):
        if stated.get(name) != date:
            yield name, date
            stated |= {line.id: date for line in facts.lines_of(name)}


# -- days of the plant ---------------------------------------------------------------------------------------


def _local(facts: Facts, moment: int) -> datetime:
    return (EPOCH + timedelta(microseconds=moment)).astimezone(facts.zone)


def _moment(local: datetime) -> int:
    return (local.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def _later(facts: Facts, moment: int, days: int) -> int:
    """At the same time of day so many days later, or on the Monday after where that is a weekend."""
    local = _local(facts, moment) + timedelta(days=days)
    while local.weekday() > 4:
        local += timedelta(days=1)
    return _moment(local)


def _last_day_by(facts: Facts, promise: int) -> int:
    """When a truck leaves on the last working day by a promise: in the afternoon, at the promise if that is sooner.

    By one that has passed: on the afternoon of the next working day.
    """
    if promise < facts.as_of:
        return _moment(_in_the_afternoon(_working_days_on(facts, 1)))
    local = _local(facts, promise)
    while local.weekday() > 4:
        local -= timedelta(days=1)
    return min(_moment(_in_the_afternoon(local)), promise)


def _in_the_afternoon(local: datetime) -> datetime:
    return local.replace(hour=AFTERNOON, minute=0, second=0, microsecond=0)


def _working_days_on(facts: Facts, days: int) -> datetime:
    local = _local(facts, facts.as_of)
    while days:
        local += timedelta(days=1)
        days -= local.weekday() < 5
    return local


def _end_of_day(local: datetime) -> int:
    return _moment(local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)) - 1
