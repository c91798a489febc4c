"""Truck: when what is made leaves, and how much of it."""

from __future__ import annotations

from features.events.schema import MICRO
from features.readiness.naming import keys_of, name_truck, quantity
from features.readiness.trucks import must_leave_by, truck_loads
from features.reasons.facts import OrderFacts, date_of, dated_by
from features.reasons.situation import BAD, EITHER, Situation, Statement, Values, always

EARLY = 3.0
"""A truck that leaves so many days before the promise takes that time from the work."""


def _late(facts: OrderFacts, rises: bool) -> Statement:
    late = facts.blockers_of("truck_too_late")
    return Statement(late[0].sentence, late[0].events) if late else _in_time(facts, rises)


def _small(facts: OrderFacts, rises: bool) -> Statement:
    small = facts.blockers_of("truck_too_small")
    return Statement(small[0].sentence, small[0].events) if small else _in_time(facts, rises)


def _gone(facts: OrderFacts, rises: bool) -> Statement:
    none = facts.blockers_of("no_truck")
    if not rises and facts.signal("shipped_ratio") > 0:
        return _shipped(facts, rises)
    return Statement(none[0].sentence, none[0].events) if none else _in_time(facts, rises)


def _in_time(facts: OrderFacts, rises: bool) -> Statement:
    """The truck that leaves its lines the least time before their promise, and that time."""
    if not facts.trucks:
        return _none(facts, rises)
    times = [(by, truck.leaves, truck.plan) for truck, by in must_leave_by(truck_loads(facts))]
    times = times or [(facts.promise_for(plan.line_id), date_of(plan), plan) for plan in facts.trucks]
    in_time = [time for time in times if time[1] <= time[0]] or times[:1]
    promise, leaves, truck = min(in_time, key=lambda time: time[0] - time[1])
    slack = facts.signal("delivery_slack")
    if facts.dates.same_day(leaves, promise):
        name = "same_day" if rises else "on_the_day"
    elif not rises:
        name = "in_time"
    else:
        name = "early" if slack >= 1 else "tight"
    values = {
        "truck": name_truck(facts.language, truck.reference),
        "day": facts.dates.day(leaves),
        "slack": facts.slack(leaves, promise),
    }
    return Statement(facts.say(f"truck.{name}", **values), dated_by(truck))


def in_time(facts: OrderFacts) -> Statement | None:
    """A truck to come that leaves in time."""
    return _in_time(facts, False) if facts.signal("delivery_slack") >= 0 else None


def _shipped(facts: OrderFacts, rises: bool) -> Statement:
    counted = [line for line in facts.lines if line.closed != "cancelled"]
    ordered, shipped = sum(line.ordered for line in counted), sum(line.issued for line in counted)
    left = sum(line.ordered - line.issued for line in facts.open_lines)
    if shipped <= 0:
        return _in_time(facts, rises)
    amounts = {
        "shipped": quantity(facts.language, shipped),
        "ordered": quantity(facts.language, ordered),
        "left": quantity(facts.language, left),
    }
    values = {**amounts, "n": left / MICRO}
    issued = [event for event in facts.order.events if event.type == "goods.issued"]
    return Statement(facts.say("truck.shipped", **values), keys_of(issued))


def _none(facts: OrderFacts, _rises: bool) -> Statement:
    return Statement(facts.say("truck.none_yet", left=facts.time_left))


def _left_already(of: Values) -> object:
    return (of("delivery_plans") > 0) & (of("days_to_truck") != of("days_to_truck"))


def _takes_less(of: Values) -> object:
    return (of("planned_quantity_ratio") < 1) & (of("days_to_truck") >= 0)


TRUCK = (
    Situation("truck_after_promise", lambda of: of("delivery_slack") < 0, _late, BAD),
    Situation("truck_gone", _left_already, _gone, BAD),
    Situation("truck_too_small", _takes_less, _small, BAD),
    Situation("part_shipped", lambda of: of("shipped_ratio") > 0, _shipped, EITHER),
    Situation("truck_early", lambda of: of("delivery_slack") >= EARLY, _in_time, EITHER),
    Situation("truck_in_time", lambda of: of("delivery_slack") >= 0, _in_time, EITHER),
    Situation("no_truck", always, _none, EITHER),
)
"""A truck well before the promise leaves less time for the work; one just before it leaves none to spare."""
