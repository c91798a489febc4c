"""How often it went wrong before, as it was known at the start of the day.

The share of a word is shrunk by 20 orders towards the share of all orders; its recent share towards its whole one.
Where an order names several customers, items, ... the worst counts.
"""

from __future__ import annotations

from collections.abc import Collection

from tests.naive.events import NAN, days_between, share, words
from tests.naive.others import FAILED
from tests.naive.registry import twin
from tests.naive.seen import Seen

WEIGHT = 20


def _count(outcomes: list[str], bad: Collection[str]) -> int:
    return sum(outcome in bad for outcome in outcomes)


def _share_of_all(seen: Seen, bad: Collection[str] = FAILED, recent: bool = False) -> float:
    outcomes = seen.morning.outcomes(recent=recent)
    return share(_count(outcomes, bad), len(outcomes))


def _worst(seen: Seen, dimension: str, bad: Collection[str], prior: float, recent: bool = False) -> float:
    found = [seen.morning.outcomes(dimension, name, recent) for name in words(seen.events, dimension)]
    return max(((_count(told, bad) + WEIGHT * prior) / (len(told) + WEIGHT) for told in found), default=NAN)


def _share(seen: Seen, dimension: str) -> float:
    return _worst(seen, dimension, FAILED, _share_of_all(seen))


def _recent_share(seen: Seen, dimension: str) -> float:
    return _worst(seen, dimension, FAILED, _share(seen, dimension), recent=True)


def _fewest(seen: Seen, dimension: str) -> float:
    found = [seen.morning.outcomes(dimension, name) for name in words(seen.events, dimension)]
    return min((float(len(told)) for told in found), default=NAN)


@twin
def failure_share_recent(seen: Seen) -> float:
    return _share_of_all(seen, recent=True)


@twin
def customer_failure_share(seen: Seen) -> float:
    return _share(seen, "customer")


@twin
def customer_partial_share(seen: Seen) -> float:
    return _worst(seen, "customer", ("partial",), _share_of_all(seen, ("partial",)))


@twin
def item_failure_share(seen: Seen) -> float:
    return _share(seen, "item")


@twin
def plant_failure_share(seen: Seen) -> float:
    return _share(seen, "plant")


@twin
def route_failure_share(seen: Seen) -> float:
    return _share(seen, "route")


@twin
def work_center_failure_share(seen: Seen) -> float:
    return _share(seen, "work_center")


@twin
def customer_failure_share_recent(seen: Seen) -> float:
    return _recent_share(seen, "customer")


@twin
def item_failure_share_recent(seen: Seen) -> float:
    return _recent_share(seen, "item")


@twin
def plant_failure_share_recent(seen: Seen) -> float:
    return _recent_share(seen, "plant")


@twin
def route_failure_share_recent(seen: Seen) -> float:
    return _recent_share(seen, "route")


@twin
def work_center_failure_share_recent(seen: Seen) -> float:
    return _recent_share(seen, "work_center")


@twin
def customer_orders_judged(seen: Seen) -> float:
    return _fewest(seen, "customer")


@twin
def item_orders_judged(seen: Seen) -> float:
    return _fewest(seen, "item")


@twin
def usual_lead_time_slack(seen: Seen) -> float:
    promised = {line.id: days_between(line.first_created_at, line.promise) for line in seen.open_lines}
    slack = [promised[line.id] - seen.morning.usual_lead(line.item) for line in seen.open_lines]
    return min((days for days in slack if days == days), default=NAN)
