"""Whether a truck is planned, and what already left."""

from __future__ import annotations

from features.events.schema import MICRO
from features.times import DAY
from tests.naive import commitments
from tests.naive.events import NAN, days_between, share
from tests.naive.registry import twin
from tests.naive.seen import Seen
from tests.naive.standing import moves, planned_ships, revisions, things


@twin
def delivery_slack(seen: Seen) -> float:
    trucks = [told[-1] for told in planned_ships(seen.events).values()]
    return seen.tightest(truck for truck in trucks if truck.date is not None and truck.date >= seen.as_of)


@twin
def delivery_plans(seen: Seen) -> float:
    return len(things(seen.all("delivery.planned"))) + deliveries_revised(seen)


@twin
def deliveries_revised(seen: Seen) -> float:
    return len(revisions(things(seen.all("delivery.planned")).values()))


@twin
def delivery_moved(seen: Seen) -> float:
    return sum(by / DAY for _, by in moves(planned_ships(seen.events).values()))


@twin
def days_to_truck(seen: Seen) -> float:
    return days_between(seen.as_of, seen.last_truck)


@twin
def planned_quantity_ratio(seen: Seen) -> float:
    """The latest quantity that is given for each delivery."""
    planned = seen.all("delivery.planned")
    given = things(event for event in planned if event.quantity is not None)
    if planned and not given:
        return NAN
    return share(sum((told[-1].quantity or 0) / MICRO for told in given.values()), seen.ordered)


@twin
def shipped_ratio(seen: Seen) -> float:
    return share(commitments.issued(seen.events) / MICRO, seen.ordered)
