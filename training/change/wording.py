"""What changed a risk, in words: every text of it stands here. Moments are microseconds, days those of the plant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from features.times import DAY, HOUR, SECOND

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60 * SECOND
MOST_TOLD = 3
"""So many changes are named in one sentence; the others are added up."""
WORTH_TELLING = 0.0005
"""Points of risk below which a change is not named: what would be shown as zero."""

TYPE_WORDS = {
    "order_line.created": "line ordered",
    "order_line.changed": "quantity changed",
    "order_line.closed": "line closed",
    "order_line.reopened": "line opened again",
    "commitment.requested": "date requested",
    "goods.returned": "goods returned",
    "commitment.changed": "promise changed",
    "hold.placed": "hold placed",
    "hold.released": "hold released",
    "production.released": "work released",
    "production.rescheduled": "work rescheduled",
    "operation.confirmed": "operation booked",
    "operation.scrapped": "scrap",
    "operation.reworked": "rework",
    "material.stated": "material",
    "inspection.recorded": "inspection",
    "readiness.stated": "shipping condition",
    "delivery.planned": "truck planned",
    "goods.issued": "goods issued",
    "decision.recorded": "decision",
}
"""What an event of each type is called."""
STEP_WORDS = {"time": "time", "context": "morning", "model": "model"}
"""What a step without an event is called."""
CONTEXT_SENTENCE = "the morning's load and track record"
SIGNALS_SENTENCE = "signals are computed in another way"
_ENDED = {
    "shipped": "it has shipped",
    "cancelled": "it is cancelled",
    "unpromised": "nothing is promised",
    "late": "its promise has passed",
}


@dataclass(frozen=True)
class EventFacts:
    """What an event says, as its sentence needs it.

    Attributes
    ----------
    date : the date that it states, ``None`` for none
    earlier : the date that was stated of the same thing before, ``None`` for none
    """

    type: str
    line_id: str | None = None
    kind: str | None = None
    state: str | None = None
    reference: str | None = None
    reason: str | None = None
    quantity: float | None = None
    date: int | None = None
    earlier: int | None = None


@dataclass(frozen=True)
class Clock:
    """How moments are told: in the zone of the plant, the year only where it is not that of ``now``."""

    zone: tzinfo
    now: int

    def day(self, moment: int) -> str:
        """A day with its weekday: Mon 5 Jan."""
        local, now = self._local(moment), self._local(self.now)
        year = "" if local.year == now.year else f" {local.year}"
        return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year}"

    def moment(self, moment: int) -> str:
        """A day with the time of day, unless it is midnight."""
        time = f"{self._local(moment):%H:%M}"
        return self.day(moment) + ("" if time in ("00:00", "23:59") else f" {time}")

    def _local(self, moment: int) -> datetime:
        return (EPOCH + timedelta(microseconds=moment)).astimezone(self.zone)


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun.

    >>> counted(1, "day", "days"), counted(2, "day", "days")
    ('1 day', '2 days')
    """
    return f"{count:,} {one if count == 1 else many}"


def signed_points(points: float) -> str:
    """A share of probability in percentage points, with its sign.

    >>> signed_points(0.094), signed_points(-0.004), signed_points(0.0)
    ('+9', '-0.4', '0')
    """
    percent = points * 100
    if abs(percent) >= 0.95:
        return f"{percent:+.0f}"
    return "0" if abs(percent) < 0.05 else f"{percent:+.1f}"


def time_sentence(micros: int) -> str:
    """How long nothing was recorded, whole units of the largest that fits.

    >>> time_sentence(DAY), time_sentence(5 * HOUR), time_sentence(SECOND)
    ('a day passed', '5 hours passed', 'a moment passed')
    """
    for unit, one, many in ((DAY, "a day", "days"), (HOUR, "an hour", "hours"), (MINUTE, "a minute", "minutes")):
        if micros >= unit:
            count = round(micros / unit)
            return f"{one if count == 1 else f'{count:,} {many}'} passed"
    return "a moment passed"


def model_sentence(before: str, after: str) -> str:
    """Another model scores: its name and version before and after."""
    return f"{after} scores instead of {before}"


def event_sentence(event: EventFacts, clock: Clock) -> str:
    """What an event says, in words."""
    make = _SENTENCES.get(event.type)
    told = make(event, clock) if make else TYPE_WORDS.get(event.type, event.type)
    because = f" ({event.reason})" if event.reason and event.type not in _WITHOUT_REASON else ""
    return told + because


def _moved(thing: str, event: EventFacts, clock: Clock, first: str) -> str:
    """A date that is stated, or stated anew."""
    if event.date is None:
        return thing
    if event.earlier is None:
        return f"{thing} {first} {clock.day(event.date)}"
    if clock.moment(event.earlier) == clock.moment(event.date):
        return f"{thing} stays at {clock.day(event.date)}"
    same_day = clock.day(event.earlier) == clock.day(event.date)
    told = clock.moment if same_day else clock.day
    return f"{thing} moved from {told(event.earlier)} to {told(event.date)}"


def _line(event: EventFacts) -> str:
    return f" of line {event.line_id}" if event.line_id else ""


def _named(noun: str, name: str | None) -> str:
    return f"{noun} {name}" if name else noun


def _hold(event: EventFacts) -> str:
    return _named(f"{event.kind} hold" if event.kind else "hold", event.reference)


def _hold_placed(event: EventFacts, clock: Clock) -> str:
    until = f", release expected {clock.day(event.date)}" if event.date is not None else ""
    return f"{_hold(event)} placed{until}"


def _material(event: EventFacts, clock: Clock) -> str:
    component = event.reference or "a component"
    if event.state == "available":
        return f"{component} is available"
    if event.date is None:
        return f"{component} is short, no date is known"
    return _moved(component, event, clock, "is short until")


def _operation(event: EventFacts, _: Clock) -> str:
    name = _named("operation", event.reference)
    return f"{name} is done" if event.state == "final" else f"{name} booked{_of(event)}"


def _of(event: EventFacts) -> str:
    return "" if event.quantity is None else f", {event.quantity:,.6g}"


def _goods_issued(event: EventFacts, _: Clock) -> str:
    if event.quantity is not None and event.quantity < 0:
        return f"goods issue{_line(event)} reversed{_of(event)}"
    return f"goods issued{_line(event)}{_of(event)}"


def _inspection(event: EventFacts, _: Clock) -> str:
    kind = f"{event.kind.replace('_', '-')} inspection" if event.kind else "inspection"
    return f"{_named(f'{kind} of lot', event.reference) if event.reference else kind} {event.state or 'recorded'}"


def _condition(event: EventFacts, _: Clock) -> str:
    met = {"met": "met", "not_met": "not met"}.get(event.state or "", "stated")
    return f"{event.kind or 'a shipping condition'}{_line(event)} {met}"


def _closed(event: EventFacts, _: Clock) -> str:
    how = {"complete": "closed as complete", "short": "closed short", "cancelled": "cancelled"}
    what = _named("line", event.line_id) if event.line_id else "the order"
    return f"{what} {how.get(event.reason or '', 'closed')}"


def _ordered(event: EventFacts, clock: Clock) -> str:
    promised = f", promised for {clock.day(event.date)}" if event.date is not None else ", not promised yet"
    return f"{_named('line', event.line_id)} ordered{promised}"


def _released(event: EventFacts, clock: Clock) -> str:
    end = f", its planned end is {clock.day(event.date)}" if event.date is not None else ""
    return f"{_named('work', event.reference)} released{end}"


_SENTENCES: dict[str, Callable[[EventFacts, Clock], str]] = {
    "order_line.created": _ordered,
    "order_line.changed": lambda event, _: f"quantity{_line(event)} changed to {event.quantity or 0:,.6g}",
    "order_line.closed": _closed,
    "order_line.reopened": lambda event, _: f"{_named('line', event.line_id)} opened again",
    "commitment.requested": lambda event, clock: _moved(f"date requested{_line(event)}", event, clock, "is"),
    "goods.returned": lambda event, _: f"goods{_line(event)} returned{_of(event)}",
    "commitment.changed": lambda event, clock: _moved(f"the promise{_line(event)}", event, clock, "is"),
    "hold.placed": _hold_placed,
    "hold.released": lambda event, _: f"{_hold(event)} released",
    "production.released": _released,
    "production.rescheduled": lambda event, clock: _moved(
        f"planned end{' of ' + event.reference if event.reference else ''}", event, clock, "is"
    ),
    "operation.confirmed": _operation,
    "operation.scrapped": lambda event, _: f"scrap at {_named('operation', event.reference)}{_of(event)}",
    "operation.reworked": lambda event, _: f"rework at {_named('operation', event.reference)}{_of(event)}",
    "material.stated": _material,
    "inspection.recorded": _inspection,
    "readiness.stated": _condition,
    "delivery.planned": lambda event, clock: _moved(_named("truck", event.reference), event, clock, "is planned for"),
    "goods.issued": _goods_issued,
    "decision.recorded": lambda event, _: f"decision: {event.kind or 'recorded'}",
}
_WITHOUT_REASON = ("order_line.closed", "decision.recorded")


def since_words(since: int, until: int, clock: Clock, *, by_default: bool) -> str:
    """Between which moments: "since yesterday" where nobody asked for others."""
    if by_default:
        return "since yesterday"
    return f"from {clock.moment(since)} to {clock.moment(until)}"


@dataclass(frozen=True)
class ToldStep:
    """A step as a summary tells it.

    Attributes
    ----------
    points : in probability
    passed : how long it lasted where it is time that passed, microseconds, else 0
    """

    sentence: str
    points: float
    passed: int = 0


def summary(points: float | None, when: str, steps: Sequence[ToldStep], state: str) -> str:
    """A change in one sentence: "+12 since yesterday: steel moved from 27 Dec to 5 Jan (+9), a day passed (+3)".

    Parameters
    ----------
    points : of all steps, in probability; ``None`` where the order has had no risk
    when : since when, or between which moments
    state : of the order at the end
    """
    told = [_ENDED[state]] if state in _ENDED else []
    if points is None:
        return ": ".join([f"no risk {when}", *told])
    named = _by_weight(steps)
    told += [f"{sentence} ({signed_points(own)})" for sentence, own in named[:MOST_TOLD]]
    if len(named) > MOST_TOLD:
        rest = sum(own for _, own in named[MOST_TOLD:])
        count = counted(len(named) - MOST_TOLD, "other change", "other changes")
        told.append(f"{count} ({signed_points(rest)})")
    shown = signed_points(points)
    begin = f"unchanged {when}" if shown == "0" else f"{shown} {when}"
    return f"{begin}: {', '.join(told)}" if told else begin


def _by_weight(steps: Sequence[ToldStep]) -> list[tuple[str, float]]:
    """What moved most first; all the time that passed is one change, and so is what is told by the same sentence."""
    passed = time_sentence(sum(step.passed for step in steps))
    sums: dict[str, float] = {}
    for step in steps:
        name = passed if step.passed else step.sentence
        sums[name] = sums.get(name, 0.0) + step.points
    shown = [(name, own) for name, own in sums.items() if abs(own) >= WORTH_TELLING]
    return sorted(shown, key=lambda one: (-abs(one[1]), one[0]))
