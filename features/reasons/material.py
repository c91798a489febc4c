"""Material: what is missing to build it."""

from __future__ import annotations

from features.readiness.blockers import Blocker
from features.readiness.naming import keys_of
from features.readiness.statements import SpellState
from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement, Values, always
from features.times import DAY
from features.wording.language import short

CLOSE = 3.0
"""A component that comes so many days before the promise comes close to it."""


def _overdue(facts: OrderFacts, _rises: bool) -> Statement:
    return _of(facts, [blocker for blocker in facts.blockers_of("shortage") if blocker.overdue])


def _after_need(facts: OrderFacts, _rises: bool) -> Statement:
    end = facts.planned_ends[0].dated_by if facts.planned_ends else None
    shortage = _tightest(facts)
    if shortage is None or shortage.latest.date is None:
        return _of(facts, [])
    expected, promise = shortage.latest.date, facts.promise_for(shortage.latest.line_id)
    if expected <= promise and (end is None or end.date is None or expected <= end.date):
        return _before_promise(facts, True)  # the planned end of a line that has shipped
    if expected > promise or end is None or end.date is None:
        return _of_shortage(facts, shortage, "material.after_promise", slack=facts.slack(expected, promise))
    return _of_shortage(facts, shortage, "material.after_plan", end=facts.dates.day(end.date))


def _usually_late(facts: OrderFacts, _rises: bool) -> Statement:
    shortage, delay = _tightest(facts), facts.signal("usual_component_delay")
    if shortage is None or shortage.latest.date is None or not delay > 0:
        return _before_promise(facts, True)
    comes = max(shortage.latest.date, facts.as_of) + round(delay * DAY)
    slack = facts.slack(comes, facts.promise_for(shortage.latest.line_id))
    return _of_shortage(facts, shortage, "material.usually_late", delay=facts.language.duration(delay), slack=slack)


def _before_promise(facts: OrderFacts, rises: bool) -> Statement:
    shortage = _tightest(facts)
    if shortage is None or shortage.latest.date is None:
        return _of(facts, [])
    promise = facts.promise_for(shortage.latest.line_id)
    if rises and promise > shortage.latest.date:
        left = facts.left(shortage.latest.date, promise)
        return _of_shortage(facts, shortage, "material.time_left", left=left)
    return _of_shortage(facts, shortage, "material.before_promise", slack=facts.slack(shortage.latest.date, promise))


def _undated(facts: OrderFacts, _rises: bool) -> Statement:
    return _of(facts, facts.blockers_of("shortage"))


def _come(facts: OrderFacts, rises: bool) -> Statement:
    """Components that came, or that none was missing; unless one is short: a model may read few signals."""
    if any(shortage.open for shortage in facts.shortages):
        return _undated(facts, rises)
    latest = [spell.latest for spell in facts.shortages]
    if not latest:
        return Statement(facts.say("material.none"))
    names = list(dict.fromkeys(event.reference or facts.say("component.unnamed") for event in latest))
    values, days = {"n": len(names), "names": facts.language.listed(names, 4)}, facts.signal("component_slip")
    came_late = rises and days >= 1
    if came_late:
        text = facts.say("material.come_late", time=facts.language.duration(days), **values)
    else:
        text = facts.say("material.come", **values)
    return Statement(text, keys_of(latest), is_weighed=came_late)


def _tightest(facts: OrderFacts) -> SpellState | None:
    """The open shortage with a date that leaves the least time before its line's promise."""
    dated = [spell for spell in facts.shortages if spell.open and spell.latest.date is not None]
    return min(
        dated,
        key=lambda spell: (facts.promise_for(spell.latest.line_id) - (spell.latest.date or 0), spell.since),
        default=None,
    )


def _of_shortage(facts: OrderFacts, shortage: SpellState, template: str, **values: object) -> Statement:
    """One shortage as the blockers have it, and how it lies to the promise."""
    key = shortage.latest.key
    own = next((blocker for blocker in facts.blockers_of("shortage") if key in blocker.events), None)
    if own is None:
        return _of(facts, [])
    return Statement(facts.say(template, fact=own.sentence, **values), own.events)


def _of(facts: OrderFacts, blockers: list[Blocker]) -> Statement:
    """The oldest of some shortages, and how many more there are."""
    if not blockers:
        return Statement(facts.say("material.unnamed", n=facts.number("open_shortages", len(facts.shortages))))
    first = min(blockers, key=lambda blocker: (blocker.moot, blocker.expected or 0, blocker.since or 0))
    others = [one for one in facts.blockers_of("shortage") if one is not first]
    if not others:
        return Statement(first.sentence, first.events)
    names = facts.language.listed(list(dict.fromkeys(short(one.what or "") for one in others)))
    text = facts.say("material.more", fact=first.sentence, names=names, n=len(others))
    return Statement(text, first.events)


def _open(values: Values) -> object:
    return values("open_shortages") > 0


MATERIAL = (
    Situation("component_overdue", lambda of: of("shortages_overdue") > 0, _overdue, BAD),
    Situation("component_after_need", lambda of: of("shortages_due_after_need") > 0, _after_need, BAD),
    Situation("component_usually_late", lambda of: of("usual_shortage_slack") < 0, _usually_late, BAD),
    Situation("component_close", lambda of: of("shortage_slack") < CLOSE, _before_promise, BAD),
    Situation("component_in_time", lambda of: of("shortage_slack") >= CLOSE, _before_promise, EITHER),
    Situation("component_undated", _open, _undated, BAD),
    Situation("components_came", lambda of: of("shortages_stated") > 0, _come, GOOD),
    Situation("none_missing", always, _come, GOOD),
)
