"""Asking what a topic of an order says."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from features.catalogue.registry import catalogue
from features.history import History
from features.readiness.statements import KnownOrder
from features.reasons import Description, OrderFacts, describe
from features.reasons.slowest_lines import slowest_lines_of
from features.wording import ENGLISH, Language
from tests.support.stories import known, moment, story, values


def facts_of(
    *events: dict[str, Any],
    day: float,
    order: str = "A",
    zone: str = "UTC",
    language: Language = ENGLISH,
    points: dict[str, float] | None = None,
) -> OrderFacts:
    """The facts of one order on a day, with all its signals."""
    table = story(*events)
    seen = known(table, day, order)
    signals = dict(zip(catalogue(), values(seen)[0].tolist(), strict=True))
    index = int(seen.points.order[0])
    asked = KnownOrder(History.of(table), index, moment(day))
    return OrderFacts(asked, moment(day), ZoneInfo(zone), language, signals, points or {}, slowest_lines_of(seen)[0])


def said(topic: str, *events: dict[str, Any], day: float, rises: bool = True, **asked: Any) -> str:
    """What a topic says of an order on a day."""
    return describe(topic, facts_of(*events, day=day, **asked), rises).statement.text


def described(topic: str, *events: dict[str, Any], day: float, rises: bool = True) -> Description:
    """The situation of a topic, and what it says."""
    return describe(topic, facts_of(*events, day=day), rises)
