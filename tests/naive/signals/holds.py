"""What may not move on."""

from __future__ import annotations

from features.times import DAY
from tests.naive.events import NAN
from tests.naive.registry import twin
from tests.naive.seen import Seen
from tests.naive.standing import days_held, holds, placings, since
from tests.naive.standing import open_holds as held

WORK = ("quality", "engineering", "material")
SHIPPING = ("credit", "delivery", "documents")


@twin
def open_holds(seen: Seen) -> float:
    return len(held(seen.events))


@twin
def hold_frequency(seen: Seen) -> float:
    if not seen.events:
        return NAN
    weeks = seen.days_since(seen.events[0].recorded_at) / 7
    return len(placings(seen.events)) / max(weeks, 1.0)


@twin
def holds_last_7_days(seen: Seen) -> float:
    return sum(hold.recorded_at > seen.as_of - 7 * DAY for hold in placings(seen.events))


@twin
def hold_days(seen: Seen) -> float:
    return sum(days_held(told, seen.as_of) for told in holds(seen.events))


@twin
def repeat_holds(seen: Seen) -> float:
    kinds = {hold.kind for hold in seen.all("hold.placed")}
    return max(len(placings(seen.events)) - len(kinds), 0)


@twin
def open_hold_days(seen: Seen) -> float:
    return max((seen.days_since(since(told)) for told in held(seen.events)), default=NAN)


@twin
def open_work_holds(seen: Seen) -> float:
    return sum(told[-1].kind in WORK for told in held(seen.events))


@twin
def open_shipping_holds(seen: Seen) -> float:
    return sum(told[-1].kind in SHIPPING for told in held(seen.events))


def _expected_releases(seen: Seen) -> list[int]:
    """What the last placing of each open hold says, where it says something."""
    return [told[-1].date for told in held(seen.events) if told[-1].date is not None]


@twin
def holds_overdue(seen: Seen) -> float:
    return sum(release < seen.as_of for release in _expected_releases(seen))


@twin
def hold_release_slack(seen: Seen) -> float:
    return seen.tightest(told[-1] for told in held(seen.events))


@twin
def usual_hold_days(seen: Seen) -> float:
    return max((seen.morning.usual_hold(str(told[-1].kind)) for told in held(seen.events)), default=NAN)
