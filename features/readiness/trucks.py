"""The trucks of an order: what each to come takes, by when it must leave, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from features.events.selection import Select
from features.readiness.blockers import STOPS_TRUCK, Blocker, Facts
from features.readiness.inferred_blockers import total_quantity
from features.readiness.kinds import BlockerRule
from features.readiness.naming import keys_of, name_truck, quantity
from features.readiness.statements import KnownEvent, KnownLine, KnownPlan, KnownTruck

DELIVERIES = Select("delivery.planned")


def truck_loads(facts: Facts) -> list[KnownTruck]:
    """The trucks to come with the lines that they take, the next to leave first."""
    return facts.order.trucks_to_come(DELIVERIES, facts.as_of)


def must_leave_by(trucks: Sequence[KnownTruck]) -> Iterator[tuple[KnownTruck, int]]:
    """Each truck that takes a line with a promise, and by when it must leave, microseconds.

    That is the first promise of its lines. Those that a truck before it may take, as nobody knows how much that takes,
    count only where there are no others: then by the last of their promises.
    """
    doubtful: set[int] = set()
    for truck in trucks:
        promised = {line.key: line.promise for line in truck.lines if line.promise is not None}
        if promised:
            own = [promise for key, promise in promised.items() if key not in doubtful]
            yield truck, min(own) if own else max(promised.values())
        if truck.load == 0:
            doubtful |= {line.key for line in truck.lines}


def trucks_for(facts: Facts, line: KnownLine) -> list[KnownPlan]:
    """The trucks planned for a line; one of the whole order is for the lines that are promised first."""
    plans = facts.plans_of(line, DELIVERIES)
    return [plan for plan in plans if plan.line_id is not None or line.promise == facts.first_promise]


class Truck(NamedTuple):
    """A delivery of a line, or of the whole order, by the statements in force; a quantity never stated is missing."""

    leaves: int
    plan: KnownEvent
    load: KnownEvent | None


def truck_blockers(facts: Facts) -> list[Blocker]:
    """What is wrong with the trucks to come, where something is left to ship."""
    if not facts.open_lines:
        return []
    plans = facts.order.plans(DELIVERIES)
    trucks = (Truck(one.dated_by.date or 0, one.dated_by, one.sized_by) for one in plans if one.dated_by)
    planned = sorted(trucks, key=lambda truck: (truck.leaves, truck.plan.place))
    coming = [truck for truck in planned if truck.leaves >= facts.as_of]
    if not coming:
        return [_no_truck(facts, planned)]
    blockers = [_too_late(facts), _too_small(facts, coming)]
    return [blocker for blocker in blockers if blocker is not None]


def _no_truck(facts: Facts, planned: list[Truck]) -> Blocker:
    if not planned:
        return _truck("no_truck", None, facts.say("truck.none"), [], None)
    last = planned[-1]
    dates = facts.dates
    sentence = facts.say("truck.gone", day=dates.day(last.leaves), distance=dates.distance(last.leaves))
    return _truck("no_truck", None, sentence, [last.plan], last.leaves)


def _too_late(facts: Facts) -> Blocker | None:
    """A truck leaves after the promise of a line that none before it takes."""
    for truck, deadline in must_leave_by(truck_loads(facts)):
        if truck.leaves > deadline:
            sentence = facts.say(
                "truck.late",
                truck=name_truck(facts.language, truck.plan.reference),
                day=facts.dates.day(truck.leaves),
                slack=facts.slack(truck.leaves, deadline),
                due=facts.dates.day(deadline),
            )
            promised = [line.promised_by for line in truck.lines if line.promise == deadline]
            events = [event for event in (truck.plan.dated_by, promised[0]) if event is not None]
            return _truck("truck_too_late", truck.plan.reference, sentence, events, _latest(events), truck.leaves)
    return None


def _too_small(facts: Facts, coming: list[Truck]) -> Blocker | None:
    """The trucks to come do not take what is left; nothing is said where one of them states no quantity."""
    loads = list(dict.fromkeys(truck.load for truck in coming if truck.load is not None))
    left = sum(line.ordered - line.issued for line in facts.open_lines)
    if any(truck.load is None for truck in coming) or total_quantity(loads) >= left:
        return None
    sentence = facts.say(
        "truck.small", planned=quantity(facts.language, total_quantity(loads)), left=quantity(facts.language, left)
    )
    return _truck(
        "truck_too_small", None, sentence, [*dict.fromkeys(truck.plan for truck in coming), *loads], _latest(loads)
    )


def _truck(
    rule: BlockerRule,
    what: str | None,
    sentence: str,
    events: list[KnownEvent],
    since: int | None,
    expected: int | None = None,
) -> Blocker:
    return Blocker(rule, what, sentence, since, (), keys_of(events), STOPS_TRUCK, expected)


def _latest(events: Iterable[KnownEvent]) -> int:
    return max(event.effective for event in events)
