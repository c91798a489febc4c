"""Whether a truck is planned, and what already left."""

from __future__ import annotations

from dataclasses import replace

from features.events.schema import MICRO
from features.times import DAY
from tests.naive import commitments
from tests.naive.commitments import Line, enough
from tests.naive.events import NAN, Event, days_between, share
from tests.naive.plans import (
    dates_in_force,
    loads_in_force,
    moves,
    quantities_in_force,
    revisions,
    truck_plans,
)
from tests.naive.registry import twin
from tests.naive.seen import Seen
from tests.naive.standing import Word, things


@twin
def delivery_slack(seen: Seen) -> float:
    """Trucks take what they are planned for, the first to leave before the others; none is for what those take."""
    statements = truck_plans(seen.events)
    plans, loads = dates_in_force(statements), loads_in_force(statements)
    missing = {line.id: line.ordered - line.issued for line in seen.open_lines}
    days = []
    for plan in sorted(sorted(plans, key=_line_first, reverse=True), key=lambda plan: plans[plan].date or 0):
        truck = replace(plans[plan], line_id=plan[1])
        if (truck.date or 0) < seen.as_of:
            continue
        takes = [line for line in _due_first(seen, truck) if missing[line.id] > 0]
        days += [days_between(truck.date, line.promise) for line in takes if line.promise is not None]
        load = 0 if _has_left(seen, truck) else max(loads.get(plan, 0), 0)
        for line in takes:
            taken = min(missing[line.id], load)
            load, missing[line.id] = load - taken, missing[line.id] - taken
            if enough(line.ordered - missing[line.id], line.ordered):
                missing[line.id] = 0
    return min(days, default=NAN)


def _line_first(plan: tuple[Word, str | None]) -> str:
    return plan[1] or ""


def _due_first(seen: Seen, truck: Event) -> list[Line]:
    """The lines to ship that a truck is for, as they are promised."""
    lines = [line for line in seen.open_lines if seen.is_for(truck, line)]
    return sorted(lines, key=lambda line: (line.promise is None, line.promise or 0))


def _has_left(seen: Seen, truck: Event) -> bool:
    """Whether goods have left by the reference of a truck."""
    issues = commitments.issues_after(seen.events)
    return any(issue.quantity > 0 and issue.reference == truck.reference for issue in issues)


@twin
def delivery_plans(seen: Seen) -> float:
    return len(things(seen.all("delivery.planned"))) + deliveries_revised(seen)


@twin
def deliveries_revised(seen: Seen) -> float:
    return len(revisions(truck_plans(seen.events)))


@twin
def delivery_moved(seen: Seen) -> float:
    return sum(by / DAY for _, by in moves(truck_plans(seen.events)))


@twin
def days_to_truck(seen: Seen) -> float:
    return days_between(seen.as_of, seen.last_truck)


@twin
def planned_quantity_ratio(seen: Seen) -> float:
    planned = truck_plans(seen.events)
    given = quantities_in_force(planned)
    return NAN if planned and not given else share(sum(given.values()) / MICRO, seen.ordered)


@twin
def shipped_ratio(seen: Seen) -> float:
    return share(commitments.issued(seen.events) / MICRO, seen.ordered)


@twin
def returned_ratio(seen: Seen) -> float:
    return share(commitments.returned(seen.events) / MICRO, seen.ordered)
