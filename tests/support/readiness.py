"""Asking for the readiness of an order, and for parts of the answer."""

from __future__ import annotations

from typing import Any

from features.history import History
from features.readiness.assessment import Condition, Readiness, assess
from features.readiness.blockers import Blocker
from tests.support.stories import event, moment, story


def ready(*events: dict[str, Any], day: float, zone: str = "UTC") -> Readiness:
    return assess(History.of(story(*events)), 0, moment(day), zone)


def condition(found: Readiness, kind: str) -> Condition:
    return next(condition for condition in found.conditions if condition.kind == kind)


def kinds(found: Readiness) -> list[str]:
    return [blocker.kind for blocker in found.blockers]


def only(found: Readiness, kind: str) -> Blocker:
    (blocker,) = [blocker for blocker in found.blockers if blocker.kind == kind]
    return blocker


def ids(blocker: Blocker | Condition) -> list[str]:
    return [event.id for event in blocker.events]


def stated(day: float, kind: str, state: str = "met", **says: Any) -> dict[str, Any]:
    return event("readiness.stated", day, kind=kind, state=state, **says)


def booked(day: float, quantity: float, reference: str = "10", state: str = "final", **says: Any) -> dict[str, Any]:
    return event("operation.confirmed", day, quantity=quantity, reference=reference, state=state, **says)


def truck(day: float, date: float, **says: Any) -> dict[str, Any]:
    return event("delivery.planned", day, date=date, **({"reference": "T1"} | says))
