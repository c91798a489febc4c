"""Shipping conditions: what of the five is met, and what is not."""

from __future__ import annotations

from features.events.schema import EventKey
from features.readiness.blockers import Blocker
from features.readiness.kinds import FIVE
from features.readiness.naming import keys_of, number_of_conditions
from features.reasons.facts import FEW_POINTS, OrderFacts
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement, Values, always

SOON = 5.0
"""So many days before the promise a condition that is not met is in the way."""
FEW_OUTSTANDING = 2


def _not_met(facts: OrderFacts, rises: bool) -> Statement:
    blockers = _in_the_way(facts)
    if not blockers:
        return _open(facts, rises)
    if not rises:
        return _early(facts, rises)
    first = min(blockers, key=lambda blocker: blocker.since or 0)
    n = len(blockers) - 1
    return Statement(facts.say("conditions.more", fact=first.sentence, n=n) if n else first.sentence, first.events)


def _in_the_way(facts: OrderFacts) -> list[Blocker]:
    """The conditions that are stated not met for what is still to ship."""
    return [blocker for blocker in facts.blockers_of("condition") if blocker.what and not blocker.moot]


def _early(facts: OrderFacts, rises: bool) -> Statement:
    blockers = _in_the_way(facts)
    if not blockers or (not rises and facts.signal("conditions_outstanding") <= FEW_OUTSTANDING):
        return _open(facts, rises)
    names = [blocker.what or "" for blocker in blockers]
    values = {"n": number_of_conditions(names), "conditions": facts.language.listed(names), "left": facts.time_left}
    return Statement(facts.say("conditions.early", **values), [key for one in blockers for key in one.events])


def _made(facts: OrderFacts, rises: bool) -> Statement:
    silent = [blocker for blocker in facts.blockers_of("condition") if not blocker.what]
    if not silent:
        return _open(facts, rises)
    return Statement(silent[0].sentence, silent[0].events)


def _open(facts: OrderFacts, rises: bool) -> Statement:
    outstanding = facts.signal("conditions_outstanding")
    open_ = round(outstanding) if outstanding == outstanding else len(FIVE)
    if open_ >= len(FIVE):
        return _none(facts, rises)
    names = _outstanding(facts)
    if open_ == 0 or not names:
        return _met(facts, rises)
    values = {"n": number_of_conditions(names), "met": len(FIVE) - open_, "open": facts.language.listed(names)}
    return Statement(facts.say("conditions.open", **values), _statements(facts))


def most_met(facts: OrderFacts) -> Statement | None:
    """How many are met, where those are most."""
    outstanding = facts.signal("conditions_outstanding")
    if not 0 < outstanding <= FEW_OUTSTANDING:
        return None
    return Statement(facts.say("conditions.most_met", met=len(FIVE) - round(outstanding)), _statements(facts))


def _outstanding(facts: OrderFacts) -> list[str]:
    """The conditions that are not met for the whole order nor for each line to ship."""
    met = {(spell.latest.kind, spell.line) for spell in facts.conditions if spell.open}
    lines = [line.key for line in facts.open_lines]
    return [
        kind for kind in FIVE if (kind, -1) not in met and not (lines and all((kind, line) in met for line in lines))
    ]


def _met(facts: OrderFacts, _rises: bool) -> Statement:
    return Statement(facts.say("conditions.met"), _statements(facts))


def _none(facts: OrderFacts, rises: bool) -> Statement:
    fewest, most = facts.usual.scale("conditions_outstanding") or (0.0, 0.0)
    if fewest >= len(FIVE):
        text = facts.say("conditions.none_usual", time=facts.dates.between(facts.as_of, facts.due))
        eases = rises and facts.points.get("conditions_outstanding", 0.0) >= FEW_POINTS
        return Statement(facts.say("conditions.none_counts", fact=text) if eases else text, is_usual=True)
    met = [facts.language.number(len(FIVE) - outstanding) for outstanding in (most, fewest)]
    scale = facts.between(*met) if most else ""
    return Statement(facts.say("conditions.none", left=facts.time_left, scale=scale))


def _statements(facts: OrderFacts) -> tuple[EventKey, ...]:
    return keys_of(spell.latest for spell in facts.conditions)


def _not_met_soon(of: Values) -> object:
    return (of("conditions_not_met") > 0) & (of("days_to_promise") < SOON)


CONDITIONS = (
    Situation("not_met", _not_met_soon, _not_met, BAD),
    Situation("not_met_early", lambda of: of("conditions_not_met") > 0, _early, EITHER),
    Situation("all_met", lambda of: of("conditions_outstanding") == 0, _met, GOOD),
    Situation("made_and_silent", lambda of: of("complete_not_shippable") > 0, _made, BAD),
    Situation("few_open", lambda of: of("conditions_outstanding") <= FEW_OUTSTANDING, _open, EITHER),
    Situation("some_met", lambda of: of("conditions_outstanding") < 5, _open, EITHER),
    Situation("none_stated", always, _none, EITHER),
)
