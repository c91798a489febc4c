"""The work on a line as it is planned: whether it is finished, and whether its truck leaves before it ends."""

from __future__ import annotations

from datetime import date

from features.history import PLANNED_END
from features.readiness.blockers import STOPS_TRUCK, STOPS_WORK, Blocker, Facts
from features.readiness.inferred_blockers import is_finished
from features.readiness.naming import keys_of, name_line, name_truck
from features.readiness.statements import KnownEvent, KnownLine, KnownPlan
from features.readiness.trucks import truck_loads, trucks_for


def not_made(facts: Facts, line: KnownLine) -> Blocker | None:
    """That the work on a line goes on; ``None`` where it is finished, or nobody says that there is any."""
    work, plan = facts.order.work_on(line.key), planned_end(facts, line)
    if not work or not (_goes_on(work) or (plan is not None and _date(plan) > facts.as_of)):
        return None
    events = [work[-1], *([plan.dated_by] if plan is not None and plan.dated_by is not None else [])]
    since = max(event.effective for event in events)
    return Blocker("not_made", None, _sentence(facts, line, plan), since, (line.id,), keys_of(events), STOPS_WORK)


def plan_after_truck_blockers(facts: Facts) -> list[Blocker]:
    """One a line to ship whose work is planned to end after its truck has left."""
    return [blocker for line in facts.open_lines if (blocker := _after_truck(facts, line)) is not None]


def plans_after(facts: Facts, day: date) -> list[str]:
    """What is planned for later than the day on which everything is expected to have shipped, in words.

    The end of the work on the line that is planned to end last, and the last truck to come that takes something.
    """
    ends = {line.id: plan for line in facts.open_lines if (plan := planned_end(facts, line)) is not None}
    line = max(ends, key=lambda name: _date(ends[name]), default=None)
    last = next((truck for truck in reversed(truck_loads(facts)) if truck.lines), None)
    told = []
    if ends and facts.dates.date_of(_date(ends[line])) > day:
        values = {"line": name_line(facts.language, line), "day": facts.dates.day(_date(ends[line]), time=False)}
        told.append(facts.say("ship_date.plan_later", **values))
    if last is not None and facts.dates.date_of(last.leaves) > day:
        values = {
            "truck": name_truck(facts.language, last.plan.reference),
            "day": facts.dates.day(last.leaves, time=False),
        }
        told.append(facts.say("ship_date.truck_later", **values))
    return told


def _goes_on(work: list[KnownEvent]) -> bool:
    """Whether nothing is booked, or the operation that was begun last is not finished."""
    bookings: dict[str | None, list[KnownEvent]] = {}
    for event in work:
        if event.type == "operation.confirmed":
            bookings.setdefault(event.reference, []).append(event)
    return not bookings or not is_finished(list(bookings.values())[-1])


def _sentence(facts: Facts, line: KnownLine, plan: KnownPlan | None) -> str:
    named = name_line(facts.language, line.id)
    if plan is None:
        return facts.say("not_made", line=named)
    day, distance = facts.dates.day(_date(plan)), facts.dates.distance(_date(plan))
    template = "not_made.passed" if _date(plan) < facts.as_of else "not_made.planned"
    return facts.say(template, line=named, day=day, distance=distance)


def planned_end(facts: Facts, line: KnownLine) -> KnownPlan | None:
    """The latest planned end in force of a line."""
    return max(facts.plans_of(line, PLANNED_END), key=_date, default=None)


def _after_truck(facts: Facts, line: KnownLine) -> Blocker | None:
    """Against the last truck that keeps the line's promise; where none does, the first that comes."""
    plan, truck = planned_end(facts, line), _truck_of(facts, line)
    if plan is None or truck is None or not facts.as_of < _date(truck) < _date(plan):
        return None
    values = {
        "line": name_line(facts.language, line.id),
        "is_": facts.say("is"),
        "day": facts.dates.day(_date(plan)),
        "time": facts.dates.between(_date(truck), _date(plan)),
        "truck": name_truck(facts.language, truck.reference),
    }
    events = [event for event in (plan.dated_by, truck.dated_by) if event is not None]
    return Blocker(
        rule="plan_after_truck",
        what=truck.reference,
        sentence=facts.say("work.planned_after_truck", **values),
        since=max(event.effective for event in events),
        lines=(line.id,),
        events=keys_of(events),
        stage=STOPS_TRUCK,
        expected=_date(plan),
    )


def _truck_of(facts: Facts, line: KnownLine) -> KnownPlan | None:
    coming = sorted((plan for plan in trucks_for(facts, line) if _date(plan) >= facts.as_of), key=_date)
    in_time = [plan for plan in coming if line.promise is None or _date(plan) <= line.promise]
    return in_time[-1] if in_time else next(iter(coming), None)


def _date(plan: KnownPlan) -> int:
    return 0 if plan.dated_by is None else plan.dated_by.date or 0
