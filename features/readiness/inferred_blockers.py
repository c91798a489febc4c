"""What stands between an order and the dock though nobody says so: pieces that are not there, silence, no truck."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from features.events.selection import Select
from features.readiness.blockers import (
    CARRIER,
    STOPS_SHIPPING,
    STOPS_TRUCK,
    STOPS_WORK,
    Blocker,
    BlockerKind,
    Facts,
    keys_of,
    quantity,
)
from features.readiness.statements import WHOLE_ORDER, WORK, KnownEvent, KnownLine, SpellState

DELIVERIES = Select("delivery.planned")


def inferred_blockers(facts: Facts, conditions: list[SpellState]) -> list[Blocker]:
    """Missing quantities and silence of each open line, and what is wrong with the trucks; see docs/readiness.md."""
    if not facts.open_lines:
        return []
    blockers: list[Blocker | None] = [*(_missing(facts, line) for line in facts.open_lines)]
    blockers += [_silent(facts, line, conditions) for line in facts.open_lines]
    return [blocker for blocker in blockers if blocker is not None] + _trucks(facts)


# -- pieces that are not there -------------------------------------------------------------------------------


class WorkQuantity(NamedTuple):
    """Millionths of a line that work has brought or will bring, and how one knows."""

    quantity: int
    operation: str | None
    sentence: str
    events: list[KnownEvent]


def work_of(facts: Facts, line: KnownLine) -> WorkQuantity | None:
    """What work has brought or will bring of a line; ``None`` where none is finished."""
    alone = len(facts.lines) == 1
    work = [event for event in facts.order.events if event.line == line.key or (alone and event.line == WHOLE_ORDER)]
    orders = {event.reference: event for event in work if event.type == "production.released"}
    return _by_orders(list(orders.values()), work) if len(orders) > 1 else _by_operations(work)


def _missing(facts: Facts, line: KnownLine) -> Blocker | None:
    """What left before the work began is not asked of it, and no more can be missing than is left to ship."""
    work_done = work_of(facts, line)
    if work_done is None:
        return None
    missing = min(line.ordered - line.before_work - work_done.quantity, line.ordered - line.issued)
    if missing <= 0:
        return None
    name = f"line {line.id}" if line.id else "the line"
    before = f", {quantity(line.before_work)} shipped before the work" if line.before_work else ""
    events = [line.ordered_by, *work_done.events]
    return Blocker(
        kind="missing_quantity",
        what=work_done.operation,
        sentence=f"{name} is {quantity(missing)} short: {quantity(line.ordered)} ordered{before}, {work_done.sentence}",
        since=_latest(events),
        lines=(line.id,),
        events=keys_of(events),
        stage=STOPS_WORK,
    )


def _by_orders(released: list[KnownEvent], work: list[KnownEvent]) -> WorkQuantity | None:
    """Several production orders: released less scrapped, as what is booked on one says nothing of the others."""
    if any(event.quantity is None for event in released):
        return None
    scrapped = [event for event in work if event.type == "operation.scrapped"]
    size, lost = _total(released), _total(scrapped)
    sentence = f"{len(released)} production orders of {quantity(size)} in all, {quantity(lost)} scrapped"
    return WorkQuantity(size - lost, None, sentence, [*released, *scrapped])


def _by_operations(work: list[KnownEvent]) -> WorkQuantity | None:
    """One production order: what was booked good at the finished operation that was begun last, or at a later one."""
    bookings: dict[str | None, list[KnownEvent]] = {}
    for event in sorted(work, key=lambda event: (event.occurred, event.place)):
        if event.type == "operation.confirmed":
            bookings.setdefault(event.reference, []).append(event)
    begun = list(bookings.items())
    finished = [number for number, (_, booked) in enumerate(begun) if _finished(booked)]
    if not finished:
        return None
    operation, booked = max(begun[finished[-1] :], key=lambda entry: _total(entry[1]))
    at = f" at operation {operation}" if operation else ""
    return WorkQuantity(_total(booked), operation, f"{quantity(_total(booked))} booked good{at}", booked)


def _finished(booked: list[KnownEvent]) -> bool:
    """Whether the latest statement is final; one that says neither partial nor final changes nothing."""
    latest = max((event for event in booked if event.state is not None), key=lambda event: event.place, default=None)
    return latest is not None and latest.state == "final"


def _total(events: Iterable[KnownEvent]) -> int:
    return sum(event.quantity or 0 for event in events)


# -- silence -------------------------------------------------------------------------------------------------


def is_silent(facts: Facts, line: KnownLine, conditions: list[SpellState]) -> bool:
    """Whether nobody says that a condition of a line is met, or nobody has since its latest work."""
    return _silence(facts, line, conditions)[0]


def _silence(facts: Facts, line: KnownLine, conditions: list[SpellState]) -> tuple[bool, KnownEvent | None]:
    """Whether a line is silent, and the work that overtook what was said of it.

    A carrier that is confirmed says nothing of the goods.
    """
    stated = [spell for spell in of_line(conditions, line.key) if spell.latest.kind != CARRIER]
    work = [event for event in facts.order.events if event.type in WORK and event.line in (line.key, WHOLE_ORDER)]
    last = max(work, key=lambda event: (event.occurred, event.place), default=None)
    overtaken = last is not None and all(spell.latest.occurred < last.occurred for spell in stated)
    silent = all(spell.open for spell in stated) and (not stated or overtaken)
    return silent, last if stated else None


def _silent(facts: Facts, line: KnownLine, conditions: list[SpellState]) -> Blocker | None:
    """A line of which no condition is stated at all, or none since its latest work: complete is not shippable."""
    silent, after = _silence(facts, line, conditions)
    if not silent:
        return None
    where = f" for line {line.id}" if line.id else ""
    since = f" since its latest work, {facts.day(after.occurred)}" if after else ""
    return Blocker(
        kind="condition",
        what=None,
        sentence=f"nobody has said that a shipping condition is met{where}{since}",
        since=after.occurred if after else None,
        lines=(line.id,),
        events=(after.key,) if after else (),
        stage=STOPS_SHIPPING,
    )


def of_line(conditions: list[SpellState], line: int) -> list[SpellState]:
    """The conditions that hold for a line: its own and, where it has none of a kind, those of the whole order."""
    own = {spell.latest.kind for spell in conditions if spell.line == line}
    return [
        spell
        for spell in conditions
        if spell.line == line or (spell.line == WHOLE_ORDER and spell.latest.kind not in own)
    ]


# -- trucks --------------------------------------------------------------------------------------------------


class Truck(NamedTuple):
    """A delivery of a line, or of the whole order, by the statements in force; a quantity never stated is missing."""

    leaves: int
    plan: KnownEvent
    load: KnownEvent | None


def _trucks(facts: Facts) -> list[Blocker]:
    plans = facts.order.plans(DELIVERIES)
    trucks = (Truck(one.dated_by.date or 0, one.dated_by, one.sized_by) for one in plans if one.dated_by)
    planned = sorted(trucks, key=lambda truck: (truck.leaves, truck.plan.place))
    coming = [truck for truck in planned if truck.leaves >= facts.as_of]
    if not coming:
        return [_no_truck(facts, planned)]
    blockers = [_too_late(facts, coming), _too_small(facts, coming)]
    return [blocker for blocker in blockers if blocker is not None]


def _no_truck(facts: Facts, planned: list[Truck]) -> Blocker:
    if not planned:
        return _truck("no_truck", None, "no truck is planned", [], None)
    last = planned[-1]
    sentence = f"no truck is planned: the last was planned for {facts.day(last.leaves)}"
    return _truck("no_truck", None, sentence, [last.plan], last.leaves)


def _too_late(facts: Facts, coming: list[Truck]) -> Blocker | None:
    """The first truck leaves after the first promise of an open line, or the last one after the last promise."""
    promised = sorted(
        (line.promise or 0, line.promised_by) for line in facts.open_lines if line.promised_by is not None
    )
    for truck, (promise, event) in zip((coming[0], coming[-1]), promised[:1] + promised[-1:], strict=False):
        if truck.leaves > promise:
            named = f"truck {truck.plan.reference}" if truck.plan.reference else "the truck"
            sentence = f"{named} is planned for {facts.day(truck.leaves)}, after the promise of {facts.day(promise)}"
            events = [truck.plan, event]
            return _truck("truck_too_late", truck.plan.reference, sentence, events, _latest(events), truck.leaves)
    return None


def _too_small(facts: Facts, coming: list[Truck]) -> Blocker | None:
    """The trucks to come do not take what is left; nothing is said where one of them states no quantity."""
    loads = list(dict.fromkeys(truck.load for truck in coming if truck.load is not None))
    left = sum(line.ordered - line.issued for line in facts.open_lines)
    if any(truck.load is None for truck in coming) or _total(loads) >= left:
        return None
    sentence = f"trucks are planned for {quantity(_total(loads))} of the {quantity(left)} still to ship"
    return _truck(
        "truck_too_small", None, sentence, [*dict.fromkeys(truck.plan for truck in coming), *loads], _latest(loads)
    )


def _truck(
    kind: BlockerKind,
    what: str | None,
    sentence: str,
    events: list[KnownEvent],
    since: int | None,
    expected: int | None = None,
) -> Blocker:
    return Blocker(kind, what, sentence, since, (), keys_of(events), STOPS_TRUCK, expected)


def _latest(events: Iterable[KnownEvent]) -> int:
    return max(event.effective for event in events)
