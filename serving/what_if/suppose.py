"""What-if in the service: events that nobody sent, checked as those that are sent, and the answer of the active model.

Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from features.catalogue.topics import TOPICS
from features.events.columns import Columns
from features.events.schema import EventKey
from features.history import PLANNED_END, History
from features.readiness.blockers import Facts
from features.readiness.planned_work import plans_after
from features.readiness.statements import KnownOrder
from features.readiness.trucks import truck_loads
from features.times import isoformat, plant_calendar
from features.what_if.copies import SOURCE
from features.what_if.possible import refusals
from features.what_if.supposition import supposition
from features.what_if.words import RESPONSE
from serving.contract.cloudevents import PREFIX, place
from serving.contract.what_if import HypotheticalEvent, WhatIfRequest
from serving.ingest.validation import EventResult, parse_events, validate_events
from serving.models.scorer import OrderScore, Scorer
from serving.models.ship_date import won
from serving.principal import Caller
from serving.problems import MAX_ERRORS, InvalidBody
from serving.settings import Settings
from serving.store.schema import EVENT_COLUMNS
from serving.store.tables.events import columns_of, history_of
from training.what_if.answer import variants_of

UNHEARD = "the model does not hear of decisions: it answers once the floor does something"
NOTHING_TO_TAKE = "the trucks before it take all that is left: the model counts it as one more plan of a truck, no more"
FIRST_PLAN = "no production order of it is known: what is supposed is a first planned end of its work"
Errors = list[dict[str, str]]


@dataclass(frozen=True)
class StoredOrder:
    """What is stored of an order: rows of ``serving.store.tables.events.events_of``, and when it was last looked at."""

    order_id: str
    events: Sequence[Any]
    now: int


def suppose(
    stored: StoredOrder, request: WhatIfRequest, scorer: Scorer, settings: Settings, caller: Caller
) -> dict[str, Any]:
    """The reply to a what-if. Raises ``InvalidBody`` for events that do not hold, or that cannot happen."""
    envelopes = [
        _envelope(event, event_id, stored)
        for event, event_id in zip(request.events, _ids(request.events, stored), strict=True)
    ]
    added = _checked(envelopes, stored, settings, caller)
    history = history_of(stored.events, scorer.model.policy)
    refused = refusals(history, 0, stored.now, added, settings.zone)
    _refuse([{"pointer": f"/events/{one.row}{place(one.column)}", "detail": str(one)} for one in refused])
    return _reply(stored, history, added, scorer, request.factors, settings.zone) | {
        "events": [{name: event[name] for name in ("source", "id", "type", "time", "data")} for event in envelopes]
    }


def _ids(events: Sequence[HypotheticalEvent], stored: StoredOrder) -> list[str]:
    """The id of each event: its own, else the first that is free within its source."""
    taken = {(row.source, row.event_id) for row in stored.events}
    taken |= {(event.source or SOURCE, event.id) for event in events if event.id}
    ids = []
    for event in events:
        source = event.source or SOURCE
        free = (name for number in count(1) if (source, name := f"{SOURCE} {number}") not in taken)
        ids.append(event.id or next(free))
        taken.add((source, ids[-1]))
    return ids


def _envelope(event: HypotheticalEvent, event_id: str, stored: StoredOrder) -> dict[str, Any]:
    """The CloudEvent that would say it."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": event.source or SOURCE,
        "type": PREFIX + event.type.removeprefix(PREFIX),
        "subject": stored.order_id,
        "time": event.time or isoformat(stored.now),
        "data": event.data.model_dump(exclude_none=True),
    }


def _checked(envelopes: list[dict[str, Any]], stored: StoredOrder, settings: Settings, caller: Caller) -> Columns:
    """The events as columns, by the path of those that are stored."""
    results = validate_events([parse_events(envelopes, settings, caller)], stored.now, settings)[0]
    known = {(row.source, row.event_id) for row in stored.events}
    _refuse([error for number, one in enumerate(results) for error in _errors(number, one, known)])
    rows = [one.row or {} for one in results]
    return columns_of([(0, *(row[column] for column in EVENT_COLUMNS)) for row in rows])


def _errors(number: int, result: EventResult, known: set[tuple[str, str]]) -> Errors:
    errors = list(result.errors)
    if (result.source, result.id) in known or result.outcome == "duplicate":
        errors.append({"pointer": "/id", "detail": f"must be new within its source, got {result.id}"})
    return [error | {"pointer": f"/events/{number}{error['pointer']}"} for error in errors]


def _refuse(errors: Errors) -> None:
    if errors:
        shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in errors[:5])
        raise InvalidBody(f"the events must be able to happen now: {shown}", errors[:MAX_ERRORS])


def _reply(
    stored: StoredOrder, history: History, added: Columns, scorer: Scorer, factors: int, zone: str
) -> dict[str, Any]:
    variants, points = variants_of(history, 0, stored.now, added)
    before, after = (replace(score, order_id=stored.order_id) for score in scorer.score(variants, points, factors))
    types = added["type"].texts()
    facts = Facts(KnownOrder(variants, 1, stored.now), stored.now, ZoneInfo(plant_calendar(zone).zone))
    supposed = set(map(EventKey, added["source"].texts(), added["event_id"].texts()))
    notes = {
        UNHEARD: "decision.recorded" in types,
        FIRST_PLAN: "production.rescheduled" in types and _plans_first(stored, variants),
        NOTHING_TO_TAKE: "delivery.planned" in types and _takes_nothing(facts, supposed),
    }
    expected = after.ship_date and after.ship_date.expected
    return {
        "order_id": stored.order_id,
        "as_of": isoformat(stored.now),
        "label": RESPONSE,
        "sentence": supposition(facts, supposed),
        "before": before,
        "after": after,
        "points": None if before.risk is None or after.risk is None else after.risk - before.risk,
        "days_won": won(before.ship_date, after.ship_date),
        "by_topic": _by_topic(before, after),
        "notes": [note for note, holds in notes.items() if holds]
        + (plans_after(facts, date.fromisoformat(expected)) if expected else []),
        "model": {"name": scorer.loaded.name, "version": scorer.loaded.version},
        "features_hash": scorer.model.about["features_hash"],
        "context_known_until": isoformat(scorer.context.known_until),
        **scorer.degradation(stored.now),
    }


def _takes_nothing(facts: Facts, supposed: set[EventKey]) -> bool:
    """Whether a truck that is supposed leaves after others have taken all that is left."""
    late = [truck.plan.dated_by for truck in truck_loads(facts) if facts.open_lines and not truck.lines]
    return any(event is not None and event.key in supposed for event in late)


def _plans_first(stored: StoredOrder, variants: History) -> bool:
    """Whether work has a planned end afterwards that had none, of no production order."""
    before, after = (KnownOrder(variants, copy, stored.now).plans(PLANNED_END) for copy in (0, 1))
    planned = {plan.line_id for plan in before}
    return any(plan.reference is None and plan.line_id not in planned for plan in after)


def _by_topic(before: OrderScore, after: OrderScore) -> list[dict[str, Any]] | None:
    """What each topic adds to the difference, the most first; ``None`` unless the order is open before and after."""
    if not before.state == after.state == "open":
        return None
    first, second = ({reason.topic: reason.points for reason in score.reasons} for score in (before, after))
    change = {topic: second.get(topic, 0.0) - first.get(topic, 0.0) for topic in TOPICS}
    ranked = sorted(change.items(), key=lambda one: -abs(one[1]))
    return [{"topic": topic, "points": points} for topic, points in ranked]
