"""Records: how much is recorded of the order, how late, and since when nothing."""

from __future__ import annotations

from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, Situation, Statement, Values, always
from features.times import DAY

SILENT = 5.0
"""Days without a record that are told as silence."""
LATE = 0.2
"""A share of late records that is told."""
FEW = 5


def _silent(facts: OrderFacts, _rises: bool) -> Statement:
    last = facts.news[-1]
    time = facts.language.duration((facts.as_of - last.recorded) / DAY)
    values = {"time": time, "day": facts.dates.day(last.recorded)}
    return Statement(facts.say("records.silent", **values), [last.key])


def _late(facts: OrderFacts, _rises: bool) -> Statement:
    late = [event for event in facts.news if event.recorded - event.occurred > DAY]
    share = facts.language.share(facts.signal("late_record_ratio"))
    text = facts.say("records.late", share=share, n=len(facts.news))
    return Statement(text, [event.key for event in late])


def _busy(facts: OrderFacts, rises: bool) -> Statement:
    return _counted(
        facts,
        "records.busy" if rises else "records.news",
        "events_last_7_days",
        round(facts.signal("events_last_7_days")),
    )


def _few(facts: OrderFacts, _rises: bool) -> Statement:
    return _counted(facts, "records.few", "events_known", len(facts.news))


def _last(facts: OrderFacts, _rises: bool) -> Statement:
    return _counted(facts, "records.last", "events_known", len(facts.news))


def _counted(facts: OrderFacts, template: str, signal: str, n: int) -> Statement:
    last = facts.news[-1]
    scale = facts.scale(signal, facts.language.number)
    return Statement(facts.say(template, n=n, scale=scale, day=facts.dates.day(last.recorded)), [last.key])


def _is_few(of: Values) -> object:
    return of("events_known") <= FEW


RECORDS = (
    Situation("silent", lambda of: of("days_since_event") >= SILENT, _silent, BAD),
    Situation("late_records", lambda of: of("late_record_ratio") >= LATE, _late, BAD),
    Situation("few_records", _is_few, _few, EITHER),
    Situation("busy", lambda of: of("events_last_7_days") >= 1, _busy, EITHER),
    Situation("recorded", always, _last, EITHER),
)
