"""Quality: what failed, was scrapped or done again, and what usually still fails."""

from __future__ import annotations

from functools import partial

from features.readiness.naming import keys_of, name_inspection, name_lot
from features.readiness.statements import KnownEvent
from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, GOOD, Situation, Statement, Values, always

SEEN = 0.02
"""A share of the ordered quantity from which its loss is told."""
PRONE = 0.25
"""So many inspections still to fail are many."""
ONE = 0.95
"""So many inspections still to fail an order are about one."""


def _failed(facts: OrderFacts, _rises: bool) -> Statement:
    lots = facts.blockers_of("failed_inspection")
    if not lots:
        return Statement(facts.say("quality.unnamed", n=facts.number("failed_inspections", 1)))
    first = min(lots, key=lambda blocker: (blocker.moot, blocker.since or 0))
    n = len(lots) - 1
    return Statement(facts.say("quality.more", fact=first.sentence, n=n) if n else first.sentence, first.events)


def _losses(facts: OrderFacts, _rises: bool) -> Statement:
    scrap, rework = facts.signal("scrap_ratio"), facts.signal("rework_ratio")
    shown = {"scrap": facts.language.share(scrap), "rework": facts.language.share(rework)}
    name = "losses" if scrap >= SEEN and rework >= SEEN else "scrap" if scrap >= SEEN else "rework"
    events = [event for event in facts.order.events if event.type in ("operation.scrapped", "operation.reworked")]
    graded_by = "scrap_ratio" if scrap >= SEEN else "rework_ratio"
    return Statement(facts.say(f"quality.{name}", **shown), keys_of(events), needs="such", graded_by=graded_by)


def _failed_before(facts: OrderFacts, rises: bool) -> Statement:
    failed = [event for event in facts.order.events if _is_failure(event)]
    if not failed:
        return _usual(facts, rises)
    last = failed[-1]
    values = {
        "inspection": name_inspection(facts.language, last.kind),
        "lot": name_lot(facts.language, last.reference),
        "day": facts.dates.day(last.occurred),
        "n": len(failed),
    }
    template = "quality.failed_before" if len(failed) == 1 else "quality.failed_before_more"
    return Statement(facts.say(template, **values), keys_of(failed))


def few_failures(facts: OrderFacts) -> Statement | None:
    """That few inspections still fail, where something has failed before."""
    usual, lots = facts.signal("usual_failures_left"), facts.number("inspections_failed", 0)
    losses = max(facts.signal("scrap_ratio"), facts.signal("rework_ratio"))
    if not usual < PRONE or not (lots or losses >= SEEN):
        return None
    return Statement(facts.say("quality.few"))


def _is_failure(event: KnownEvent) -> bool:
    return event.type == "inspection.recorded" and event.state == "failed"


def _usual(facts: OrderFacts, rises: bool) -> Statement:
    usual = facts.signal("usual_failures_left")
    if facts.blockers_of("failed_inspection"):
        return _failed(facts, rises)
    if usual >= ONE:
        bounds = facts.usual.scale("usual_failures_left")
        others = [facts.language.number(bound, 1) for bound in bounds or ()]
        scale = facts.say("quality.others", low=others[0], high=others[1]) if others else ""
        values = {"n": round(usual, 1), "failures": facts.language.number(usual, 1), "scale": scale}
        text = facts.say("quality.prone_more", **values)
        return Statement(text, needs="such", graded_by="usual_failures_left", tone=BAD)
    if usual >= 0.05:
        return _prone(facts, max(1, round(10 * usual)), rises)
    return Statement(facts.say("quality.rare" if usual > 0 else "quality.none"), tone=GOOD)


def _prone(facts: OrderFacts, n: int, rises: bool) -> Statement:
    """How many in ten orders like it still fail an inspection, beside what is usual."""
    share = facts.say("quality.half") if n == 5 else _in_ten(facts, n)
    bounds = facts.usual.scale("usual_failures_left")
    low, high = (n, n) if bounds is None else (round(10 * bound) for bound in bounds)
    is_usual = bounds is not None and low <= n <= high
    is_few = n < low if bounds else not rises and n < 10 * PRONE
    in_words = partial(_ten_of, facts)
    if is_usual:
        scale = facts.as_usual("usual_failures_left", in_words, rises)
    else:
        scale = facts.scale("usual_failures_left", in_words, always=True)
    text = facts.say("quality.prone_few" if is_few else "quality.prone", share=share, scale=scale)
    compared = facts.explains("usual_failures_left", facts.points.get("usual_failures_left", 0.0))
    if is_usual and rises and not compared:
        text = facts.say("quality.prone_counts", fact=text)
    tone, needs = EITHER if is_usual else GOOD if is_few else BAD, "such" if compared else ""
    return Statement(text, needs=needs, graded_by="usual_failures_left", tone=tone, is_usual=is_usual)


def _ten_of(facts: OrderFacts, usual: float) -> str:
    return _in_ten(facts, round(10 * usual))


def _in_ten(facts: OrderFacts, n: int) -> str:
    return facts.say("quality.in_ten", n=n)


def _lost(of: Values) -> object:
    return (of("scrap_ratio") >= SEEN) | (of("rework_ratio") >= SEEN)


QUALITY = (
    Situation("lot_failed", lambda of: of("failed_inspections") > 0, _failed, BAD),
    Situation("failures_ahead", lambda of: of("usual_failures_left") >= PRONE, _usual, EITHER),
    Situation("failed_before", lambda of: of("inspections_failed") > 0, _failed_before, BAD),
    Situation("scrap_or_rework", _lost, _losses, BAD),
    Situation("few_failures_ahead", lambda of: of("usual_failures_left") >= 0.05, _usual, EITHER),
    Situation("no_failure", always, _usual, GOOD),
)
