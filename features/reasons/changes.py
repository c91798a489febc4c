"""Changes: plans, promises and quantities that were moved."""

from __future__ import annotations

from collections.abc import Iterable

from features.events.schema import MICRO
from features.readiness.naming import keys_of, name_lines, name_reason, quantity
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownPlan
from features.reasons.facts import OrderFacts, date_of, dated_by
from features.reasons.situation import BAD, EITHER, Situation, Statement, always
from features.reasons.work import passed_plan, tightest_plan
from features.times import DAY

LOST = 2.0
"""So many days of slack lost are told, and a plan that leaves fewer is called tight."""


def _plan(facts: OrderFacts, _rises: bool) -> Statement:
    return _moved_plan(facts, days=None)


def _plan_recent(facts: OrderFacts, _rises: bool) -> Statement:
    return _moved_plan(facts, days=7)


def _moved_plan(facts: OrderFacts, days: int | None) -> Statement:
    """The plan that was moved farthest: how often, and from where to where."""
    begin = 0 if days is None else facts.as_of - days * DAY
    histories = list(_dates_of(facts, "production.released", "production.rescheduled"))
    moved = [(dates, sum(one.recorded > begin for one in dates[1:])) for dates in histories]
    counted = sum(n for _, n in moved)
    moved = [(dates, n) for dates, n in moved if n and facts.open_lines_of(dates[-1].line_id)]
    if not moved:
        return Statement(facts.say("changes.plan", n=max(counted, 1)))
    dates, n = max(moved, key=lambda one: (one[1], abs(_move(one[0]))))
    values = {
        "line": facts.named_line(dates[-1].line_id),
        "n": n,
        "first": facts.dates.day(dates[0].date or 0, time=False),
        "before": facts.dates.day(dates[-2].date or 0, time=False),
        "day": facts.dates.day(dates[-1].date or 0, time=False),
        "net": _net(facts, _move(dates)),
        "passed": facts.say("changes.passed") if (dates[-1].date or 0) < facts.as_of else "",
        "slack": _to_promise(facts, dates[-1]),
    }
    if days:
        name = "plan_lately" if n == 1 and values["before"] != values["day"] else "plan_recent"
    else:
        name = "plan_back" if values["first"] == values["day"] else "plan_net"
    return Statement(facts.say(f"changes.{name}", **values), keys_of(dates))


def _to_promise(facts: OrderFacts, plan: KnownEvent) -> str:
    """How a planned end lies to the promise, or how long ago it was."""
    date = plan.date or 0
    if date < facts.as_of:
        return facts.dates.distance(date)
    return facts.slack(date, facts.promise_for(plan.line_id))


def _promise(facts: OrderFacts, rises: bool) -> Statement:
    histories = list(_dates_of(facts, "order_line.created", "commitment.changed"))
    moved = [dates for dates in histories if len(dates) > 1]
    last = facts.latest("commitment.changed")
    if last is None or last.date is None:
        return _none(facts, rises)
    dates = max(moved, key=lambda one: (len(one), one[-1].recorded), default=[last])
    last = dates[-1]
    values = {
        "n": len(dates) - 1,
        "first": facts.dates.day(dates[0].date or 0, time=False),
        "day": facts.dates.day(last.date or 0, time=False),
        "net": _net(facts, _move(dates)),
        "actor": facts.say("changes.by", actor=last.actor) if last.actor in ("customer", "plant") else "",
        "reason": name_reason(facts.language, last.reason),
    }
    name = "promise" if len(dates) == 2 else "promise_more"
    if values["first"] == values["day"]:
        name = "promise_back" if len(dates) > 1 else "promise_last"
    sooner = BAD if _move(dates) < 0 else EITHER
    return Statement(facts.say(f"changes.{name}", **values), keys_of(dates[1:] or dates), tone=sooner)


def _dates_of(facts: OrderFacts, *types: str) -> Iterable[list[KnownEvent]]:
    """The statements of each plan or promise that gave it another date, one history a line and reference."""
    histories: dict[tuple[int, str | None], list[KnownEvent]] = {}
    of_lines = "commitment.changed" in types
    for event in facts.order.events:
        if event.type in types and event.date is not None:
            for key in _keys_moved(event, histories, of_lines):
                own = histories.setdefault(key, [])
                if not own or own[-1].date != event.date:
                    own.append(event)
    return histories.values()


def _keys_moved(
    event: KnownEvent, histories: Iterable[tuple[int, str | None]], of_lines: bool
) -> list[tuple[int, str | None]]:
    """Which plan or promise a statement is of; one of the whole order is of each of its promises."""
    if not of_lines:
        return [(event.line, event.reference)]
    every = [(line, reference) for line, reference in histories if line != WHOLE_ORDER]
    return every if event.line == WHOLE_ORDER and every else [(event.line, None)]


def _move(dates: list[KnownEvent]) -> int:
    return (dates[-1].date or 0) - (dates[0].date or 0)


def _net(facts: OrderFacts, move: int) -> str:
    return facts.say("changes.later" if move >= 0 else "changes.earlier", time=facts.language.duration(move / DAY))


def _quantity(facts: OrderFacts, rises: bool) -> Statement:
    changed = [
        event for event in facts.order.events if event.type == "order_line.changed" and event.quantity is not None
    ]
    if not changed:
        return _none(facts, rises)
    if len(changed) > 1:
        return Statement(facts.say("changes.quantity_more", n=len(changed)), keys_of(changed))
    before = _before(facts, changed[0])
    values = {
        "of": "" if len(facts.lines) == 1 else name_lines(facts.language, "of", changed),
        "before": quantity(facts.language, before),
        "quantity": quantity(facts.language, changed[0].quantity),
        "n": (changed[0].quantity or 0) / MICRO,
        "reason": name_reason(facts.language, changed[0].reason),
    }
    template = "changes.quantity" if before is not None else "changes.quantity_to"
    return Statement(facts.say(template, **values), keys_of(changed))


def _before(facts: OrderFacts, changed: KnownEvent) -> int | None:
    """The quantity of the line that was in force before, millionths."""
    stated = [
        event.quantity
        for event in facts.order.events[: changed.place]
        if event.type in ("order_line.created", "order_line.changed") and event.line == changed.line
    ]
    return stated[-1] if stated else None


def _slack_lost(facts: OrderFacts, _rises: bool) -> Statement:
    lost = facts.language.duration(facts.signal("planned_end_slack_lost"))
    planned = [event for event in facts.order.events if event.type.startswith("production.re")]
    return Statement(facts.say("changes.slack_lost", time=lost), keys_of(planned[-3:]))


def _none(facts: OrderFacts, rises: bool) -> Statement:
    if not rises:
        return Statement(facts.say("changes.none"))
    if not facts.planned_ends:
        return Statement(facts.say("changes.no_plan", left=facts.time_left, due=facts.due_day))
    plan, slack = tightest_plan(facts)
    if date_of(plan) < facts.as_of:
        return _unmoved(facts, passed_plan(facts) or plan)
    tight = 0 <= facts.signal("planned_end_slack") < LOST
    promise = facts.promise_for(plan.line_id)
    values = {
        "line": facts.named_line(plan.line_id),
        "day": facts.dates.day(date_of(plan), time=False),
        "slack": facts.only(date_of(plan), promise) if tight else slack,
        "due": facts.dates.day(promise, time=False),
    }
    return Statement(
        facts.say("changes.tight_plan" if tight else "changes.unmoved_plan", **values),
        dated_by(plan),
    )


def _unmoved(facts: OrderFacts, plan: KnownPlan) -> Statement:
    """A planned end that has passed and still stands."""
    values = {"line": facts.named_line(plan.line_id), "day": facts.dates.day(date_of(plan))}
    return Statement(facts.say("changes.unmoved_passed", **values), dated_by(plan))


CHANGES = (
    Situation("plan_moved_lately", lambda of: of("reschedules_last_7_days") > 0, _plan_recent, BAD),
    Situation("slack_lost", lambda of: of("planned_end_slack_lost") >= LOST, _slack_lost, BAD),
    Situation("promise_was_moved", lambda of: of("promise_moves") > 0, _promise, EITHER),
    Situation("plan_moved", lambda of: of("schedule_churn") > 0, _plan, BAD),
    Situation("quantity_changed", lambda of: of("quantity_changes") > 0, _quantity, EITHER),
    Situation("nothing_moved", always, _none, EITHER),
)
