"""Whether a truck is planned, and what already left."""

from __future__ import annotations

from features.events.schema import MICRO
from features.times import DAY
from tests.naive import commitments
from tests.naive.events import NAN, days_between, share
from tests.naive.plans import dates_in_force, moves, of_their_lines, quantities_in_force, revisions, truck_plans
from tests.naive.registry import twin
from tests.naive.seen import Seen
from tests.naive.standing import things


@twin
def delivery_slack(seen: Seen) -> float:
    trucks = of_their_lines(dates_in_force(truck_plans(seen.events)))
    return seen.tightest(truck for truck in trucks if truck.date is not None and truck.date >= seen.as_of)


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
