"""What is missing to build it."""

from __future__ import annotations

from features.times import DAY
from tests.naive.events import NAN, days_between
from tests.naive.plans import moves
from tests.naive.registry import twin
from tests.naive.seen import Seen
from tests.naive.standing import line_things, shortages, word


@twin
def open_shortages(seen: Seen) -> float:
    return len(shortages(seen.events))


@twin
def shortages_stated(seen: Seen) -> float:
    """A component that is short and is stated so again ran short once."""
    stated, times = seen.all("material.stated"), 0
    for n, event in enumerate(stated):
        key = event.line_id, word(event, "reference")
        before = line_things(stated[:n]).get(key, [])
        was_short = bool(before) and before[-1].state == "short"
        times += event.state == "short" and not was_short
    return times


def _expected(seen: Seen) -> list[int]:
    """When each component that is short is expected, where that is said."""
    return [told[-1].date for told in shortages(seen.events) if told[-1].date is not None]


@twin
def shortages_due_after_need(seen: Seen) -> float:
    """It is needed by the planned end or the promise of its line, whichever is earlier or known."""
    late = 0
    for stated in (told[-1] for told in shortages(seen.events)):
        moments = [moment for moment in (seen.planned_end, seen.promise_for(stated)) if moment is not None]
        late += bool(moments) and stated.date is not None and stated.date > min(moments)
    return late


@twin
def shortage_slack(seen: Seen) -> float:
    return seen.tightest(told[-1] for told in shortages(seen.events))


@twin
def shortages_overdue(seen: Seen) -> float:
    return sum(date < seen.as_of for date in _expected(seen))


@twin
def component_slip(seen: Seen) -> float:
    return sum(max(by, 0) / DAY for _, by in moves(seen.all("material.stated", state="short")))


@twin
def usual_component_delay(seen: Seen) -> float:
    delays = [seen.morning.usual_delay(told[-1].reference) for told in shortages(seen.events)]
    return max(delays, default=NAN)


def days_to_components(seen: Seen) -> list[float]:
    """Days until each short component with a date usually comes."""
    short = [told[-1] for told in shortages(seen.events) if told[-1].date is not None]
    return [max(-seen.days_since(s.date), 0.0) + seen.morning.usual_delay(s.reference) for s in short]


@twin
def usual_shortage_slack(seen: Seen) -> float:
    short = [told[-1] for told in shortages(seen.events) if told[-1].date is not None]
    slack = [
        days_between(seen.as_of, seen.promise_for(s)) - d for s, d in zip(short, days_to_components(seen), strict=True)
    ]
    return min((days for days in slack if days == days), default=NAN)
