"""Holds: what somebody has stopped."""

from __future__ import annotations

from features.readiness.blockers import Blocker
from features.readiness.naming import keys_of, name_hold
from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, GOOD, Situation, Statement, always


def _overdue(facts: OrderFacts, _rises: bool) -> Statement:
    return _of_hold(facts, _oldest([blocker for blocker in facts.blockers_of("hold") if blocker.overdue]))


def _dated(facts: OrderFacts, _rises: bool) -> Statement:
    dated = [hold for hold in facts.holds if hold.open and hold.latest.date is not None]
    if not dated:
        return _of_hold(facts, None)
    hold = min(dated, key=lambda one: (facts.promise_for(one.latest.line_id) - (one.latest.date or 0), one.since))
    own = next((blocker for blocker in facts.blockers_of("hold") if hold.latest.key in blocker.events), None)
    if own is None or hold.latest.date is None:
        return _of_hold(facts, own)
    slack = facts.slack(hold.latest.date, facts.promise_for(hold.latest.line_id))
    return Statement(facts.say("holds.slack", fact=own.sentence, slack=slack), own.events)


def _undated(facts: OrderFacts, _rises: bool) -> Statement:
    oldest, usual = _oldest(facts.blockers_of("hold")), facts.signal("usual_hold_days")
    if oldest is None or not usual > 0:
        return _of_hold(facts, oldest)
    text = facts.say("holds.usual", fact=oldest.sentence, time=facts.language.duration(usual))
    return Statement(text, oldest.events)


def _released(facts: OrderFacts, rises: bool) -> Statement:
    """Holds that were released, or that none was placed; unless one is open: a model may read few signals."""
    if any(hold.open for hold in facts.holds):
        return _undated(facts, rises)
    released = facts.holds
    if not released:
        return Statement(facts.say("holds.none"))
    last = max(released, key=lambda hold: (hold.since, hold.latest.place))
    values = {
        "n": len(released),
        "names": name_hold(facts.language, last.latest.kind, last.latest.reference),
        "day": facts.dates.day(last.since),
    }
    days = facts.signal("hold_days")
    cost_time = rises and days >= 1
    if cost_time:
        text = facts.say("holds.cost_time", time=facts.language.duration(days), **values)
    else:
        text = facts.say("holds.released", **values)
    return Statement(text, keys_of(hold.latest for hold in released), is_weighed=cost_time)


def _oldest(blockers: list[Blocker]) -> Blocker | None:
    return min(blockers, key=lambda blocker: (blocker.moot, blocker.since or 0), default=None)


def _of_hold(facts: OrderFacts, hold: Blocker | None) -> Statement:
    """One hold as the blockers have it, and how many more are open."""
    n = len(facts.blockers_of("hold"))
    if hold is None:
        return Statement(facts.say("holds.unnamed", n=facts.number("open_holds", n)))
    return Statement(facts.say("holds.more", fact=hold.sentence, n=n - 1) if n > 1 else hold.sentence, hold.events)


HOLDS = (
    Situation("hold_overdue", lambda of: of("holds_overdue") > 0, _overdue, BAD),
    Situation("hold_until_after_promise", lambda of: of("hold_release_slack") < 0, _dated, BAD),
    Situation("hold_dated", lambda of: of("hold_release_slack") >= 0, _dated, BAD),
    Situation("hold_open", lambda of: of("open_holds") > 0, _undated, BAD),
    Situation("holds_released", lambda of: of("hold_days") > 0, _released, GOOD),
    Situation("no_hold", always, _released, GOOD),
)
