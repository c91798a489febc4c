"""Work: what is left of it, against the time that is left."""

from __future__ import annotations

import math

from features.events.schema import MICRO, EventKey
from features.readiness.inferred_blockers import work_of
from features.readiness.naming import keys_of, name_truck
from features.readiness.planned_work import planned_end
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownLine, KnownPlan
from features.readiness.trucks import trucks_for
from features.reasons.facts import OrderFacts, date_of, dated_by
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement, Values, always
from features.times import DAY, SECOND

TIGHT = 2.0
"""So many days before the truck or the promise the end of the work is called tight."""
LITTLE = 0.25
"""Days of work below which little is left."""
ROOMY = 6.0
"""From so many days on it is not."""
FAR = 28.0
"""A pace that ends so many days after the promise is too rough a guide for a date."""
HALF = 0.5
"""A share of the ordered quantity from which it speaks for the order that it is complete."""
BOOKED = ("operation.confirmed", "production.released")


def _short(facts: OrderFacts, rises: bool) -> Statement:
    missing = facts.blockers_of("missing_quantity")
    if missing:
        return Statement(missing[0].sentence, missing[0].events)
    line, cover = facts.line(facts.slowest.cover), facts.signal("quantity_cover")
    if line is None or not cover < 0:
        return _time(facts, rises)
    ordered = line.ordered / MICRO
    values = {
        "line": facts.line_name(line),
        "missing": facts.language.number(-cover * ordered, 2),
        "ordered": facts.language.number(ordered, 2),
        "started": facts.language.number(ordered * (1 + cover), 2),
    }
    return Statement(facts.say("work.cover", **values), keys_of([line.ordered_by, *_work_of(facts, line)]))


def _planned_after_truck(facts: OrderFacts, rises: bool) -> Statement:
    late = [
        (date_of(truck) - date_of(plan), plan, truck)
        for line in facts.open_lines
        if (plan := planned_end(facts, line)) is not None
        and (truck := max(reversed(trucks_for(facts, line)), key=date_of, default=None)) is not None
        and facts.as_of <= date_of(truck) < date_of(plan)
    ]
    if not late:
        return _planned(facts, rises)
    _, plan, truck = min(late, key=lambda one: one[0])
    values = {
        "line": facts.named_line(plan.line_id),
        "is_": facts.tense(date_of(plan)),
        "day": facts.dates.day(date_of(plan)),
        "time": facts.dates.between(date_of(truck), date_of(plan)),
        "truck": name_truck(facts.language, truck.reference),
    }
    return Statement(facts.say("work.planned_after_truck", **values), dated_by(plan, truck))


def _planned(facts: OrderFacts, rises: bool) -> Statement:
    """The planned end that leaves the least time before the promise of its line."""
    if not facts.planned_ends:
        return _time(facts, rises)
    plan, slack = tightest_plan(facts)
    promise = facts.promise_for(plan.line_id)
    tight = rises and 0 <= promise - date_of(plan) < ROOMY * DAY
    values = {
        "line": facts.named_line(plan.line_id),
        "is_": facts.tense(date_of(plan)),
        "day": facts.dates.day(date_of(plan)),
        "slack": facts.only(date_of(plan), promise) if tight else slack,
        "due": facts.dates.day(promise),
    }
    return Statement(facts.say("work.planned_late", **values), dated_by(plan))


def tightest_plan(facts: OrderFacts) -> tuple[KnownPlan, str]:
    """The planned end that leaves the least time before the promise of its line, and that time in words."""
    plan = min(facts.planned_ends, key=lambda one: facts.promise_for(one.line_id) - date_of(one))
    return plan, facts.slack(date_of(plan), facts.promise_for(plan.line_id))


def for_the_work(facts: OrderFacts) -> Statement | None:
    """What speaks for an order though its work or its plans look bad, by what lowers its risk most."""
    by_signal = {
        "planned_end_slack": _plan_in_time,
        "quantity_complete_ratio": _complete,
        "operations_finished_last_7_days": _finished_lately,
        "days_to_promise": _time_enough,
    }
    ranked = sorted(by_signal, key=lambda name: (facts.points.get(name, 0.0), name))
    return next((statement for name in ranked if (statement := by_signal[name](facts)) is not None), None)


def against_the_work(facts: OrderFacts) -> Statement | None:
    """A plan that ends too late though the work is done."""
    return _planned(facts, True) if facts.planned_ends and facts.signal("planned_end_slack") < 0 else None


def _plan_in_time(facts: OrderFacts) -> Statement | None:
    ahead = facts.signal("days_to_planned_end") >= 0 and facts.signal("planned_end_slack") >= 1
    return _planned(facts, False) if ahead and not facts.signal("planned_end_truck_slack") < 0 else None


def _complete(facts: OrderFacts) -> Statement | None:
    share = facts.signal("quantity_complete_ratio")
    text = facts.say("work.complete", share=facts.language.share(share))
    return Statement(text, _last_booking(facts)) if share >= HALF else None


def _finished_lately(facts: OrderFacts) -> Statement | None:
    finished = facts.signal("operations_finished_last_7_days")
    return Statement(facts.say("work.finished", n=round(finished)), _last_booking(facts)) if finished >= 1 else None


def _time_enough(facts: OrderFacts) -> Statement | None:
    late = facts.signal("work_slack") < 0 or facts.signal("pace_slack") < 0
    return None if late or facts.due - facts.as_of < 2 * DAY else _time(facts, False)


def plan_passed(facts: OrderFacts, rises: bool) -> Statement:
    """A planned end that has passed while work is left; the time that is left where none has."""
    plan = passed_plan(facts)
    if plan is None:  # of lines that have shipped or are made
        return _not_begun(facts, rises)
    values = {
        "line": facts.named_line(plan.line_id),
        "day": facts.dates.day(date_of(plan)),
        "distance": facts.dates.distance(date_of(plan)),
    }
    return Statement(facts.say("work.plan_passed", **values), dated_by(plan))


def passed_plan(facts: OrderFacts) -> KnownPlan | None:
    """The planned end that passed last of a line whose work is not all booked."""
    passed = (plan for plan in facts.planned_ends if date_of(plan) < facts.as_of)
    return next((plan for plan in passed if not _is_made(facts, plan)), None)


def _is_made(facts: OrderFacts, plan: KnownPlan) -> bool:
    """Whether the work has brought all of the lines that a plan is for."""
    work = [(line, work_of(facts, line)) for line in facts.open_lines_of(plan.line_id)]
    return all(done is not None and done.quantity >= line.ordered - line.before_work for line, done in work)


def _paced(facts: OrderFacts, rises: bool) -> Statement:
    """What the line with the most work left still needs, and when that ends at the usual pace."""
    slack, line = facts.signal("work_slack"), facts.line(facts.slowest.work)
    if math.isnan(slack) or line is None:
        return _time(facts, rises)
    ends, truck, deadline = _usual_end(facts)
    if not facts.slowest.operations >= 0.5 and facts.slowest.days < LITTLE:
        if rises:
            return _time(facts, rises)
        values = {"line": facts.line_name(line), "left": facts.time_left, "due": facts.due_day}
        return Statement(facts.say("work.little", **values), keys_of([line.ordered_by, *_work_of(facts, line)]))
    if rises and slack >= ROOMY:
        return _far(facts, line)
    values = {
        "line": _with_own_promise(facts, [line], facts.line_name(line)),
        "work": _work_left(facts),
        "day": facts.dates.day(ends, time=False),
        "slack": (facts.only if rises else facts.slack)(ends, deadline, truck),
    }
    few = not rises and slack < 0 and _few_operations(facts)
    if few and not facts.slowest.operations > 0.5:
        values["work"] = facts.say("work.last_operation")
    text = facts.say("work.paced_few" if few else "work.paced", **values)
    return Statement(text, keys_of([line.ordered_by, *_work_of(facts, line)]), is_weighed=few)


def _few_operations(facts: OrderFacts) -> bool:
    """Whether it lowers the risk how few operations are left."""
    bounds = facts.usual.scale("operations_left")
    return bounds is not None and facts.signal("operations_left") < bounds[0] and facts.points["operations_left"] < 0


def _with_own_promise(facts: OrderFacts, lines: list[KnownLine], named: str) -> str:
    """Lines by their name, with their first promise where that comes after the one that the order is due by."""
    promise = min((line.promise for line in lines if line.promise is not None), default=facts.due)
    if promise <= facts.due or facts.dates.same_day(promise, facts.due):
        return named
    return facts.say("work.due_later", lines=named, day=facts.dates.day(promise, time=False), n=len(lines))


def _usual_end(facts: OrderFacts) -> tuple[int, str, int]:
    """When the work ends at the usual pace; the name of the truck where it leaves before the promise; the earlier."""
    to_truck, to_promise = facts.signal("days_to_truck"), (facts.due - facts.as_of) / DAY
    by_truck = to_truck < to_promise
    deadline = facts.dates.after(to_truck if by_truck else to_promise)
    ends = max(deadline - round(facts.signal("work_slack") * DAY), facts.as_of)
    return ends, _truck_at(facts, deadline) if by_truck else "", deadline


def _truck_at(facts: OrderFacts, moment: int) -> str:
    """The name of the truck that leaves at a moment."""
    found = next((plan.reference for plan in facts.trucks if abs(date_of(plan) - moment) < SECOND), None)
    return name_truck(facts.language, found)


def _far(facts: OrderFacts, line: KnownLine) -> Statement:
    """Time enough, and yet it adds to the risk: what is still to do, or a plan that leaves little of that time."""
    if facts.signal("planned_end_slack") < ROOMY:
        return _planned(facts, True)
    values = {"line": facts.line_name(line), "work": _work_left(facts), "left": facts.time_left, "due": facts.due_day}
    return Statement(facts.say("work.far", **values), keys_of([line.ordered_by, *_work_of(facts, line)]))


def _work_left(facts: OrderFacts, template: str = "work.operations") -> str:
    """Operations left, or the time that they usually take where it is less than one."""
    if facts.slowest.operations > 0.5:
        return facts.say(template, n=round(facts.slowest.operations))
    return facts.say("work.days", time=facts.language.duration(facts.slowest.days))


def _ships_late(facts: OrderFacts, rises: bool) -> Statement:
    slack, line = facts.signal("pace_slack"), facts.line(facts.slowest.pace)
    if math.isnan(slack) or line is None or line.promise is None:
        return _time(facts, rises)
    ships = line.promise - round(slack * DAY)
    values = {
        "line": facts.line_name(line),
        "day": facts.dates.day(ships, time=False),
        "slack": facts.slack(ships, line.promise),
        "due": facts.dates.day(line.promise),
    }
    template = "work.ships_far" if slack < -FAR else "work.ships"
    return Statement(facts.say(template, **values), keys_of([line.ordered_by, *_work_of(facts, line)]))


def _not_begun(facts: OrderFacts, rises: bool) -> Statement:
    begun = {event.line for event in facts.order.events if event.type in BOOKED}
    waiting = [line for line in facts.open_lines if line.key not in begun]
    if WHOLE_ORDER in begun or not waiting:
        return _time(facts, rises)
    values = {"lines": facts.lines_named(waiting), "left": facts.time_left, "due": facts.due_day}
    events = keys_of(line.ordered_by for line in waiting)
    if rises and facts.signal("work_slack") == facts.signal("work_slack"):
        ends, truck, deadline = _usual_end(facts)
        slack = facts.only(ends, deadline, truck)
        if facts.signal("work_slack") >= ROOMY and facts.slowest.days >= LITTLE:
            return _much_to_do(facts, values, events)
        if facts.signal("work_slack") < ROOMY:
            values["lines"] = _with_own_promise(facts, waiting, values["lines"])
            values["day"] = facts.dates.day(ends, time=False)
            return Statement(facts.say("work.not_begun_pace", **values, slack=slack), events)
    usual, days = facts.usual.scale("lines_not_begun"), facts.signal("usual_days_left")
    if 1 <= days < (facts.due - facts.as_of) / DAY:
        text = facts.say("work.not_begun_ships", **values, days=facts.language.duration(days))
        return Statement(text, events, needs="such" if rises else "")
    if not rises:
        return Statement(facts.say("work.not_begun_yet", **values), events)
    template = "work.not_begun_usual" if usual is not None and usual[0] >= 1 else "work.not_begun"
    text = facts.say(template, **values, time=facts.dates.between(facts.as_of, facts.due))
    return Statement(text, events, needs="such")


def _much_to_do(facts: OrderFacts, values: dict[str, str], events: tuple[EventKey, ...]) -> Statement:
    """Time enough, and yet what is still to do adds to the risk: how much it is for the line with most of it."""
    work = _work_left(facts, "work.all_operations")
    line = facts.line_name(facts.line(facts.slowest.work))
    text = facts.say("work.not_begun_much", **values, line=line, work=work)
    return Statement(text, events, needs="such", graded_by="operations_left")


def _done(facts: OrderFacts, _rises: bool) -> Statement:
    if facts.due - facts.as_of < DAY:
        return Statement(facts.say("work.done"), _last_booking(facts))
    return Statement(
        facts.say("work.done_days", days=facts.dates.between(facts.as_of, facts.due), due=facts.due_day),
        _last_booking(facts),
    )


def _time(facts: OrderFacts, _rises: bool) -> Statement:
    promised = [line.promised_by for line in facts.open_lines if line.promised_by and line.promise == facts.due]
    return Statement(facts.say("work.time", left=facts.time_left, due=facts.due_day), keys_of(promised))


def _last_booking(facts: OrderFacts) -> tuple[EventKey, ...]:
    last = facts.latest("operation.confirmed")
    return keys_of([last]) if last else ()


def _work_of(facts: OrderFacts, line: KnownLine) -> list[KnownEvent]:
    """The latest booking or release of a line."""
    own = [event for event in facts.order.events if event.type in BOOKED and event.line in (line.key, WHOLE_ORDER)]
    return own[-1:]


def _all_done(of: Values) -> object:
    return (of("lines_complete_ratio") >= 1) & (of("operations_finished") > 0)


WORK = (
    Situation("quantity_short", lambda of: of("quantity_cover") < 0, _short, BAD),
    Situation("done", _all_done, _done, GOOD),
    Situation("planned_after_truck", lambda of: of("planned_end_truck_slack") < 0, _planned_after_truck, BAD),
    Situation("planned_after_promise", lambda of: of("planned_end_slack") < 0, _planned, BAD),
    Situation("planned_end_passed", lambda of: of("days_to_planned_end") < 0, plan_passed, BAD),
    Situation("pace_too_slow", lambda of: of("work_slack") < 0, _paced, BAD),
    Situation("ships_too_late", lambda of: of("pace_slack") < 0, _ships_late, BAD),
    Situation("tight", lambda of: of("work_slack") < TIGHT, _paced, BAD),
    Situation("not_begun", lambda of: of("lines_not_begun") > 0, _not_begun, EITHER),
    Situation("in_time", lambda of: of("work_slack") >= TIGHT, _paced, EITHER),
    Situation("time_left", always, _time, EITHER),
)
