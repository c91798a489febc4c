"""What changed a risk: which text of the language is said of an event, a step and a whole change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from features.events.schema import INSTALMENT_MARK, MICRO, TYPES
from features.readiness.naming import (
    at_line,
    name_component,
    name_condition,
    name_hold,
    name_inspection,
    name_line,
    name_lot,
    name_operation,
    name_reason,
    name_truck,
    name_work,
    number_of_conditions,
    quantity,
)
from features.times import DAY, HOUR, SECOND
from features.wording import ENGLISH, Dates, Language
from features.wording.language import short

MINUTE = 60 * SECOND
MOST_TOLD = 3
"""So many changes are named in one sentence; the others are added up."""
WORTH_TELLING = 0.0005
"""Points of risk below which a change is not named: what would be shown as zero."""
ENDED = ("shipped", "cancelled", "unpromised", "late")
"""States of an order that a change ends with a word about."""
CLOSED = ("complete", "short", "cancelled")
"""How a line is closed."""
LOSSES = {"operation.scrapped": "scrapped", "operation.reworked": "reworked"}
"""What is booked at an operation that is not good."""


@dataclass(frozen=True)
class EventFacts:
    """What an event says, as its sentence needs it.

    Attributes
    ----------
    date : the date that it states, ``None`` for none
    earlier : the date that was stated of the same thing before, ``None`` for none
    line_id, instalment : the line, and the part of it that has dates of its own; ``None`` for all of it
    """

    type: str
    line_id: str | None = None
    instalment: str | None = None
    kind: str | None = None
    state: str | None = None
    reference: str | None = None
    reason: str | None = None
    quantity: float | None = None
    date: int | None = None
    earlier: int | None = None

    @property
    def line(self) -> str | None:
        """The line as it is named, an instalment behind the line that it belongs to."""
        return f"{self.line_id}{INSTALMENT_MARK}{self.instalment}" if self.line_id and self.instalment else self.line_id


def type_words(event_type: str, language: Language = ENGLISH) -> str:
    """What an event of a type is called."""
    return language.say(f"change.type.{event_type}") if event_type in TYPES else event_type


def step_words(kind: str, language: Language = ENGLISH) -> str:
    """What a step without an event is called."""
    return language.say(f"change.step.{kind}")


def time_sentence(micros: int, language: Language = ENGLISH) -> str:
    """How long nothing was recorded, whole units of the largest that fits.

    >>> time_sentence(DAY), time_sentence(5 * HOUR), time_sentence(SECOND)
    ('a day passed', '5 hours passed', 'a moment passed')
    """
    for unit, name in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
        if micros >= unit:
            count = round(micros / unit)
            return language.say(f"change.passed.{name}", n=count, count=language.number(count))
    return language.say("change.passed.least")


def model_sentence(before: str, after: str, language: Language = ENGLISH) -> str:
    """Another model scores: its name and version before and after; without them, its signals have changed."""
    if not (before or after):
        return language.say("change.signals")
    return language.say("change.model", before=before, after=after)


def context_sentence(language: Language = ENGLISH) -> str:
    """Another morning's context is scored with."""
    return language.say("change.context")


def event_sentence(event: EventFacts, dates: Dates) -> str:
    """What an event says, in words: as it was stated then, as it may be read long after."""
    language = dates.language
    make = _SENTENCES.get(event.type)
    fact = make(event, dates) if make else type_words(event.type, language)
    reason = "" if event.type in _WITHOUT_REASON else name_reason(language, event.reason)
    return language.say("change.event", fact=fact, reason=reason)


# -- what each type says -------------------------------------------------------------------------------------


def _dated(name: str, event: EventFacts, dates: Dates, **values: object) -> str:
    """A date of a thing that is stated, or stated anew; with the time of day where it moves within a day."""
    say, date, earlier = dates.language.say, event.date, event.earlier
    if date is None:
        return say(f"change.{name}.undated", **values)
    day = dates.day(date, time=False)
    if earlier is None:
        return say(f"change.{name}.first", day=day, **values)
    if dates.day(earlier) == dates.day(date):
        return say(f"change.{name}.stays", day=day, **values)
    time = dates.same_day(earlier, date)
    return say(f"change.{name}.moved", first=dates.day(earlier, time), day=dates.day(date, time), **values)


def _amount(language: Language, event: EventFacts) -> str:
    return "" if event.quantity is None else language.say("change.amount", quantity=_quantity(language, event))


def _quantity(language: Language, event: EventFacts) -> str:
    return quantity(language, round((event.quantity or 0) * MICRO))


def _ordered(event: EventFacts, dates: Dates) -> str:
    line = name_line(dates.language, event.line)
    if event.date is None:
        return dates.language.say("change.line.unpromised", line=line)
    return dates.language.say("change.line.ordered", line=line, day=dates.day(event.date, time=False))


def _changed(event: EventFacts, dates: Dates) -> str:
    of, amount = at_line(dates.language, "of", event.line), _quantity(dates.language, event)
    return dates.language.say("change.line.quantity", of=of, quantity=amount, n=event.quantity or 0)


def _closed(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    how = event.reason if event.reason in CLOSED else "closed"
    line = name_line(language, event.line) if event.line else language.say("order.itself")
    return language.say(f"change.line.{how}", line=line)


def _reopened(event: EventFacts, dates: Dates) -> str:
    return dates.language.say("change.line.reopened", line=name_line(dates.language, event.line))


def _promise(event: EventFacts, dates: Dates) -> str:
    name = "promise" if event.type == "commitment.changed" else "requested"
    return _dated(name, event, dates, of=at_line(dates.language, "of", event.line))


def _hold(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    hold = name_hold(language, event.kind, event.reference)
    if event.type == "hold.released":
        return language.say("change.hold.released", hold=hold)
    if event.date is None:
        return language.say("change.hold.placed", hold=hold)
    return language.say("change.hold.expected", hold=hold, day=dates.day(event.date, time=False))


def _released(event: EventFacts, dates: Dates) -> str:
    work = name_work(dates.language, event.reference)
    if event.date is None:
        return dates.language.say("change.work.released", work=work)
    return dates.language.say("change.work.planned", work=work, day=dates.day(event.date, time=False))


def _rescheduled(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    of = at_line(language, "of", event.line)
    if not of and event.reference:
        of = language.say("of", lines=short(event.reference))
    return _dated("plan", event, dates, of=of, work=name_work(language, event.reference))


def _operation(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    how = LOSSES.get(event.type, "done" if event.state == "final" else "booked")
    operation = name_operation(language, event.reference)
    return language.say(f"change.operation.{how}", operation=operation, amount=_amount(language, event))


def _material(event: EventFacts, dates: Dates) -> str:
    component = name_component(dates.language, event.reference)
    if event.state == "available":
        return dates.language.say("change.component.come", component=component)
    return _dated("component", event, dates, component=component)


def _inspection(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    state = event.state if event.state in ("passed", "failed") else "recorded"
    inspection, lot = name_inspection(language, event.kind), name_lot(language, event.reference)
    return language.say(f"change.inspection.{state}", inspection=inspection, lot=lot)


def _condition(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    state = event.state if event.state in ("met", "not_met") else "stated"
    return language.say(
        f"change.condition.{state}",
        condition=name_condition(language, event.kind),
        n=number_of_conditions([event.kind]),
        lines=at_line(language, "for", event.line),
    )


def _truck(event: EventFacts, dates: Dates) -> str:
    return _dated("truck", event, dates, truck=name_truck(dates.language, event.reference))


def _goods(event: EventFacts, dates: Dates) -> str:
    language = dates.language
    issued = "reversed" if (event.quantity or 0) < 0 else "issued"
    how = "returned" if event.type == "goods.returned" else issued
    of = at_line(language, "of", event.line)
    return language.say(f"change.goods.{how}", of=of, amount=_amount(language, event))


def _decision(event: EventFacts, dates: Dates) -> str:
    if not event.kind:
        return dates.language.say("change.decision.unnamed")
    return dates.language.say("change.decision", kind=short(event.kind))


_SENTENCES: dict[str, Callable[[EventFacts, Dates], str]] = {
    "order_line.created": _ordered,
    "order_line.changed": _changed,
    "order_line.closed": _closed,
    "order_line.reopened": _reopened,
    "commitment.requested": _promise,
    "commitment.changed": _promise,
    "hold.placed": _hold,
    "hold.released": _hold,
    "production.released": _released,
    "production.rescheduled": _rescheduled,
    "operation.confirmed": _operation,
    "operation.scrapped": _operation,
    "operation.reworked": _operation,
    "material.stated": _material,
    "inspection.recorded": _inspection,
    "readiness.stated": _condition,
    "delivery.planned": _truck,
    "goods.issued": _goods,
    "goods.returned": _goods,
    "decision.recorded": _decision,
}
_WITHOUT_REASON = ("order_line.closed", "decision.recorded")


# -- a change as a whole -------------------------------------------------------------------------------------


def since_words(since: int, until: int, dates: Dates, *, by_default: bool) -> str:
    """Between which moments: "since yesterday" where nobody asked for others."""
    if by_default:
        return dates.language.say("change.since.yesterday")
    return dates.language.say("change.since", begin=dates.day(since), end=dates.day(until))


@dataclass(frozen=True)
class SummaryStep:
    """A step as a summary tells it.

    Attributes
    ----------
    points : in probability
    passed : how long it lasted where it is time that passed, microseconds, else 0
    """

    sentence: str
    points: float
    passed: int = 0


def summary(
    points: float | None, when: str, steps: Sequence[SummaryStep], state: str, language: Language = ENGLISH
) -> str:
    """A change in one sentence: "+12 since yesterday: steel moved from 27 Dec to 5 Jan (+9), a day passed (+3)".

    It is as long as its sentences make it.

    Parameters
    ----------
    points : of all steps, in probability; ``None`` where the order has had no risk
    when : since when, or between which moments
    state : of the order at the end
    """
    fill = language.fill
    clauses = [language.say(f"change.ended.{state}")] if state in ENDED else []
    if points is None:
        begin = fill("change.sum.no_risk", when=when)
    else:
        shown = language.points(points)
        begin = fill("change.sum.none" if shown == "0" else "change.sum", points=shown, when=when)
        named = _by_weight(steps, language)
        first, others = named[:MOST_TOLD], named[MOST_TOLD:]
        clauses += [fill("change.clause", sentence=name, points=language.points(own)) for name, own in first]
        if others:
            rest, n = language.points(sum(own for _, own in others)), len(others)
            clauses.append(fill("change.others", n=n, count=language.number(n), points=rest))
    return fill("change.sum.why", sum=begin, why=", ".join(clauses)) if clauses else begin


def _by_weight(steps: Sequence[SummaryStep], language: Language) -> list[tuple[str, float]]:
    """What moved most first; all the time whose passing moved the risk is one change, and so is one sentence."""
    moved = sum(step.passed for step in steps if abs(step.points) >= WORTH_TELLING)
    passed = time_sentence(moved or sum(step.passed for step in steps), language)
    sums: dict[str, float] = {}
    for step in steps:
        name = passed if step.passed else step.sentence
        sums[name] = sums.get(name, 0.0) + step.points
    shown = [(name, own) for name, own in sums.items() if abs(own) >= WORTH_TELLING]
    return sorted(shown, key=lambda one: (-abs(one[1]), one[0]))
