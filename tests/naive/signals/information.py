"""How fresh and how reliable the records are."""

from __future__ import annotations

from features.times import DAY
from tests.naive.events import NAN, share
from tests.naive.registry import twin
from tests.naive.seen import Seen


@twin
def days_since_event(seen: Seen) -> float:
    return seen.days_since(seen.events[-1].recorded_at) if seen.events else NAN


@twin
def events_known(seen: Seen) -> float:
    return len(seen.events)


@twin
def events_last_7_days(seen: Seen) -> float:
    return len(seen.events) - len(seen.days_ago(7).events)


@twin
def reporting_lag(seen: Seen) -> float:
    return share(sum(event.recorded_at - event.occurred_at for event in seen.events) / DAY, len(seen.events))


@twin
def late_record_ratio(seen: Seen) -> float:
    late = [event for event in seen.events if event.recorded_at - event.occurred_at > DAY]
    return share(len(late), len(seen.events))


@twin
def longest_silence(seen: Seen) -> float:
    if not seen.events:
        return NAN
    records = [event.recorded_at for event in seen.events]
    return max((late - early) / DAY for early, late in zip(records, [*records[1:], records[-1]], strict=True))
