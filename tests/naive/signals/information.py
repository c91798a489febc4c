"""How fresh and how reliable the records are."""

from __future__ import annotations

from itertools import pairwise

from features.times import DAY
from tests.naive.events import NAN, Event, share
from tests.naive.registry import twin
from tests.naive.seen import Seen


def news(seen: Seen) -> list[Event]:
    """What happened; what planners record of it is no news."""
    return [event for event in seen.events if event.type != "decision.recorded"]


@twin
def days_since_event(seen: Seen) -> float:
    return seen.days_since(news(seen)[-1].recorded_at) if news(seen) else NAN


@twin
def events_known(seen: Seen) -> float:
    return len(news(seen))


@twin
def events_last_7_days(seen: Seen) -> float:
    return len(news(seen)) - len(news(seen.days_ago(7)))


@twin
def reporting_lag(seen: Seen) -> float:
    return share(sum(event.recorded_at - event.occurred_at for event in news(seen)) / DAY, len(news(seen)))


@twin
def late_record_ratio(seen: Seen) -> float:
    late = [event for event in news(seen) if event.recorded_at - event.occurred_at > DAY]
    return share(len(late), len(news(seen)))


@twin
def longest_silence(seen: Seen) -> float:
    if not news(seen):
        return NAN
    records = [*(event.recorded_at for event in news(seen)), seen.as_of]
    return max((late - early) / DAY for early, late in pairwise(records))
