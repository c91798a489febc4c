"""Why an order is late: which of its lines broke their promise, by how much, and what is still to ship beside them."""

from __future__ import annotations

from dataclasses import dataclass

from features.events.schema import MICRO, EventKey
from features.readiness.blockers import Facts
from features.readiness.naming import keys_of, list_lines, name_line, quantity
from features.readiness.statements import KnownEvent, KnownLine


@dataclass(frozen=True)
class LateLine:
    """A line that broke its promise.

    Attributes
    ----------
    sentence : what a planner would say: how late it is, or how late or how short it left
    promised : what it was held to, microseconds
    left_at : when all of it had left, microseconds; ``None`` where it has not
    days_late : days of the plant's calendar from the promise until it left, or until now while it is still to ship;
        ``None`` where it was closed short
    events : those that state the promise and what left, in the order of the history
    """

    line_id: str | None
    sentence: str
    promised: int
    left_at: int | None
    days_late: int | None
    events: tuple[EventKey, ...]


@dataclass(frozen=True)
class Lateness:
    """Why an order is late.

    Attributes
    ----------
    lines : those that broke their promise: first those still to ship, then those that left; the longest late first
    still_to_ship : what is left though it is not late, in words, where nothing that is left is; "" elsewhere
    """

    lines: tuple[LateLine, ...]
    still_to_ship: str


def lateness(facts: Facts) -> Lateness:
    """Why a late order is; of any other the lines that broke their promise all the same."""
    broken = [line for line in facts.lines if _is_broken(line, facts.as_of)]
    ranked = sorted(broken, key=lambda line: (not line.open, line.promise or 0))
    waiting = [line for line in facts.open_lines if line.promise is not None]
    return Lateness(
        lines=tuple(_late_line(facts, line) for line in ranked),
        still_to_ship="" if not waiting or any(line.open for line in broken) else _still_to_ship(facts, waiting),
    )


def _is_broken(line: KnownLine, as_of: int) -> bool:
    """Whether a line was not in full by its promise, which has passed; one that was cancelled has none to keep."""
    if line.promise is None or line.promise >= as_of or line.ordered <= 0 or line.closed == "cancelled":
        return False
    return line.open or line.closed == "short" or (line.full_at is not None and line.full_at > line.promise)


def _late_line(facts: Facts, line: KnownLine) -> LateLine:
    promise, left_at = line.promise or 0, None if line.open or line.closed == "short" else line.full_at
    until = facts.as_of if left_at is None else left_at
    template = "late.left" if left_at is not None else f"late.{'open' if line.open else 'short'}"
    sentence = facts.say(
        template,
        line=name_line(facts.language, line.id) if len(facts.lines) > 1 else facts.say("order.itself"),
        time=facts.dates.between(promise, until),
        promise=facts.dates.day(promise),
        left=facts.dates.day(until, time=facts.dates.same_day(promise, until)),
        shipped=_shipped(facts, line),
    )
    issued = [event for event in facts.order.by_line.get(line.key, ()) if event.type == "goods.issued"]
    events: list[KnownEvent] = [*([line.promised_by] if line.promised_by else []), *issued]
    days = facts.dates.days_between(promise, until)
    return LateLine(line.id, sentence, promise, left_at, None if line.closed == "short" else days, keys_of(events))


def _shipped(facts: Facts, line: KnownLine) -> str:
    if line.issued <= 0:
        return facts.say("late.nothing")
    amounts = {"shipped": quantity(facts.language, line.issued), "ordered": quantity(facts.language, line.ordered)}
    return facts.say("late.part", n=line.ordered / MICRO, **amounts)


def _still_to_ship(facts: Facts, waiting: list[KnownLine]) -> str:
    first = min(line.promise or 0 for line in waiting)
    return facts.say(
        "late.still_to_ship" if len(waiting) == 1 else "late.still_to_ship.many",
        lines=list_lines(facts.language, [line.id for line in waiting]),
        promise=facts.dates.day(first),
        distance=facts.dates.distance(first),
    )
