"""Records: how much is recorded of the order, how late, and since when nothing."""

from __future__ import annotations

from collections import Counter

from features.readiness.statements import KnownEvent
from features.reasons.facts import OrderFacts
from features.reasons.situation import BAD, EITHER, Situation, Statement, Values, always
from features.times import DAY
from features.wording.language import MOST_CHARACTERS

SILENT = 5.0
"""Days without a record that are told as silence."""
LATE = 0.2
"""A share of late records that is told."""
FEW = 5
TROUBLE = ("production.rescheduled", "hold.placed", "operation.scrapped", "operation.reworked", "goods.returned")
"""Records that speak against an order where they are the most."""
MOST_KINDS = 2
"""So many kinds of records are named where there are more than ``FEW_KINDS``, those that most are of."""
FEW_KINDS = 3


def _silent(facts: OrderFacts, _rises: bool) -> Statement:
    last = facts.news[-1]
    days, more = divmod(facts.as_of - last.recorded, DAY)
    time = facts.language.duration(days)  # whole days that are over
    scale = facts.scale("days_since_event", facts.language.duration)
    values = {"time": time, "scale": scale, "day": facts.dates.day(last.recorded)}
    return Statement(facts.say("records.silent_more" if more else "records.silent", **values), [last.key])


def _late(facts: OrderFacts, _rises: bool) -> Statement:
    late = [event for event in facts.news if event.recorded - event.occurred > DAY]
    share = facts.language.share(facts.signal("late_record_ratio"))
    text = facts.say("records.late", share=share, n=len(facts.news))
    return Statement(text, [event.key for event in late])


def _busy(facts: OrderFacts, rises: bool) -> Statement:
    lately = [event for event in facts.news if event.recorded > facts.as_of - 7 * DAY]
    return _counted(facts, "busy", lately, "events_last_7_days") if lately else _last(facts, rises)


def _few(facts: OrderFacts, _rises: bool) -> Statement:
    return _counted(facts, "few", facts.news, "events_known")


def _last(facts: OrderFacts, _rises: bool) -> Statement:
    last = facts.news[-1]
    return Statement(facts.say("records.last", n=len(facts.news), day=facts.dates.day(last.recorded)), [last.key])


def _counted(facts: OrderFacts, name: str, records: list[KnownEvent], signal: str) -> Statement:
    """How many records there are, of which kinds most, and the last."""
    kinds = Counter(event.type for event in records).most_common()
    usual = facts.usual.scale(signal)
    values = {
        "n": len(records),
        "scale": facts.beside_usual(signal, len(records)),
        "day": facts.dates.day(records[-1].recorded),
    }

    def say(most: int) -> str:
        among = facts.say("records.all" if len(kinds) <= most else "records.among")
        what = facts.language.listed([facts.say(f"records.{kind}", n=n) for kind, n in kinds[:most]])
        return facts.language.fill(f"records.{name}", what=what, among=among, **values)

    text = say(FEW_KINDS if len(kinds) <= FEW_KINDS else MOST_KINDS)
    text = text if len(text) <= MOST_CHARACTERS else say(1)
    is_less = usual is not None and len(records) < usual[0]
    tone = BAD if kinds[0][0] in TROUBLE and not is_less else EITHER
    trouble = any(kind in TROUBLE for kind, _ in kinds)
    is_usual = usual is not None and not is_less and len(records) <= usual[1] and not trouble
    return Statement(text, [records[-1].key], tone=tone, is_usual=is_usual)


def _is_few(of: Values) -> object:
    return of("events_known") <= FEW


RECORDS = (
    Situation("silent", lambda of: of("days_since_event") >= SILENT, _silent, BAD),
    Situation("late_records", lambda of: of("late_record_ratio") >= LATE, _late, BAD),
    Situation("few_records", _is_few, _few, EITHER),
    Situation("busy", lambda of: of("events_last_7_days") >= 1, _busy, EITHER),
    Situation("recorded", always, _last, EITHER),
)
