"""How the plan of the work moved."""

from __future__ import annotations

from features.times import DAY
from tests.naive.commitments import promise_moves
from tests.naive.events import NAN, Event, days_between, prefixes
from tests.naive.plans import dates_in_force, moves, of_their_lines, revisions, truck_plans, work_plans
from tests.naive.registry import twin
from tests.naive.seen import Seen


def _reschedules(seen: Seen) -> list[Event]:
    return [event for event in revisions(work_plans(seen.events)) if event.type == "production.rescheduled"]


def _recent(seen: Seen, events: list[Event]) -> list[Event]:
    return [event for event in events if event.recorded_at > seen.as_of - 7 * DAY]


@twin
def schedule_churn(seen: Seen) -> float:
    return len(_reschedules(seen)) + len(promise_moves(seen.events))


@twin
def moves_last_7_days(seen: Seen) -> float:
    return len(_recent(seen, _reschedules(seen))) + len(_recent(seen, promise_moves(seen.events)))


@twin
def reschedules_last_7_days(seen: Seen) -> float:
    return len(_recent(seen, _reschedules(seen)))


def _moves(seen: Seen) -> list[float]:
    """Days by which each rescheduling moved its production order."""
    return [by / DAY for event, by in moves(work_plans(seen.events)) if event.type == "production.rescheduled"]


@twin
def planned_end_slip(seen: Seen) -> float:
    return sum(_moves(seen))


@twin
def planned_end_travel(seen: Seen) -> float:
    return sum(abs(days) for days in _moves(seen))


@twin
def planned_end_wasted_travel(seen: Seen) -> float:
    return planned_end_travel(seen) - abs(planned_end_slip(seen))


@twin
def planned_end_slack(seen: Seen) -> float:
    return seen.tightest(of_their_lines(dates_in_force(work_plans(seen.events))))


@twin
def planned_end_truck_slack(seen: Seen) -> float:
    """Of each line to ship the last truck to come less the latest end; a truck of the order takes what is due first."""
    ends = of_their_lines(dates_in_force(work_plans(seen.events)))
    trucks = [truck for truck in of_their_lines(dates_in_force(truck_plans(seen.events))) if truck.date >= seen.as_of]
    due_first = [line for line in seen.open_lines if line.promise == seen.due]
    days = []
    for line in seen.open_lines:
        of_line = [end.date for end in ends if seen.is_for(end, line)]
        takes = [t.date for t in trucks if seen.is_for(t, line) and (t.line_id is not None or line in due_first)]
        if of_line and takes:
            days.append((max(takes) - max(of_line)) / DAY)
    return min(days, default=NAN)


@twin
def planned_end_slack_lost(seen: Seen) -> float:
    """The first slack there was, less the slack now."""
    then = [planned_end_slack(Seen(seen.records, known, seen.as_of, seen.morning)) for known in prefixes(seen.events)]
    first = next((slack for slack in then if slack == slack), NAN)
    return first - planned_end_slack(seen)


@twin
def planned_end_slack_change_last_7_days(seen: Seen) -> float:
    return planned_end_slack(seen) - planned_end_slack(seen.days_ago(7))


@twin
def days_to_planned_end(seen: Seen) -> float:
    return days_between(seen.as_of, seen.planned_end)
