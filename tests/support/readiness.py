"""Asking for the readiness of an order, and for parts of the answer."""

from __future__ import annotations

from typing import Any

from features.history import History
from features.readiness.assessment import Condition, Readiness, assess
from features.readiness.blockers import Blocker
from features.readiness.pack_time import PackTimes
from tests.support.stories import days, event, moment, story

LONG = PackTimes(overall=days(365))
"""Packing takes so long that silence about any promise is in the way."""


def ready(*events: dict[str, Any], day: float, zone: str = "UTC", usual: PackTimes = LONG) -> Readiness:
    return assess(History.of(story(*events)), 0, moment(day), zone, usual)


def condition(found: Readiness, kind: str) -> Condition:
    return next(condition for condition in found.conditions if condition.kind == kind)


def rules(found: Readiness) -> list[str]:
    return [blocker.rule for blocker in found.blockers]


def only(found: Readiness, rule: str) -> Blocker:
    (blocker,) = [blocker for blocker in found.blockers if blocker.rule == rule]
    return blocker


def ids(blocker: Blocker | Condition) -> list[str]:
    return [event.id for event in blocker.events]


def stated(day: float, kind: str, state: str = "met", **says: Any) -> dict[str, Any]:
    return event("readiness.stated", day, kind=kind, state=state, **says)


def booked(day: float, quantity: float, reference: str = "10", state: str = "final", **says: Any) -> dict[str, Any]:
    return event("operation.confirmed", day, quantity=quantity, reference=reference, state=state, **says)


def truck(day: float, date: float, **says: Any) -> dict[str, Any]:
    return event("delivery.planned", day, date=date, **({"reference": "T1"} | says))
