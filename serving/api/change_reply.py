"""The change of an order's risk as a planner reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from features.errors import InvalidRequest
from features.times import DAY, isoformat, plant_calendar
from features.wording import ENGLISH, Dates
from serving.api.order_queries import visible_order
from serving.api.presenters import moment
from serving.contract.change import ChangeParams
from serving.plant_time import moment_of
from serving.principal import Caller
from serving.scores.change import RiskStep, StoredRow, change_between, parts_of
from serving.scores.replay import LoadVersion
from serving.settings import Settings
from serving.store.tables.events import events_of
from training.change.path import EVENT, MODEL, TIME
from training.change.wording import (
    EventFacts,
    SummaryStep,
    context_sentence,
    event_sentence,
    model_sentence,
    since_words,
    step_words,
    summary,
    time_sentence,
    type_words,
)

STATED = ("type", "line_id", "kind", "state", "reference", "reason", "quantity", "date")
STATES_DATE = {
    "commitment.changed": ("order_line.created", "commitment.changed"),
    "commitment.requested": ("commitment.requested",),
    "production.rescheduled": ("production.released", "production.rescheduled"),
    "delivery.planned": ("delivery.planned",),
    "material.stated": ("material.stated",),
}
"""By type, the types that state the same date before."""


def window_of(since: str | None, until: str | None, now: int, zone: str, *, days: int = 1) -> tuple[int, int]:
    """Two moments, microseconds, by default some days until now. Raises ``InvalidRequest`` unless they are in order."""
    end = now if until is None else moment_of(until, zone, end=True)
    begin = end - days * DAY if since is None else moment_of(since, zone, end=False)
    if begin >= end:
        raise InvalidRequest(f"from must lie before to ({isoformat(end)}), got {isoformat(begin)}")
    return begin, end


def order_change(
    connection: Connection,
    order_id: str,
    params: ChangeParams,
    caller: Caller,
    now: int,
    load_version: LoadVersion,
    settings: Settings,
) -> dict[str, Any]:
    """Why the risk of an order moved. Raises ``NotFound`` for an order that the caller may not see."""
    visible_order(connection, order_id, caller)
    window = window_of(params.since, params.until, now, settings.zone)
    events = events_of(connection, [order_id])
    path = change_between(connection, order_id, window, events, load_version, settings)
    if path is None:
        raise InvalidRequest(f"to must not lie before the first score of the order, got {isoformat(window[1])}")
    dates = Dates(now, ZoneInfo(plant_calendar(settings.zone).zone), ENGLISH)
    sentences = [_sentence(step, events, dates) for step in path.steps]
    steps = [SummaryStep(text, step.points, step.passed) for text, step in zip(sentences, path.steps, strict=True)]
    when = since_words(*window, dates, by_default=params.since is None and params.until is None)
    return {
        "order_id": order_id,
        "from": moment(window[0]),
        "to": moment(window[1]),
        "before": _risk_at(path.before),
        "after": _risk_at(path.after),
        "began": path.began,
        "points": path.points,
        "summary": summary(path.points, when, steps, path.after["state"]),
        "steps": [_present(step, text) for step, text in zip(path.steps, sentences, strict=True)],
    }


def _risk_at(row: StoredRow) -> dict[str, Any]:
    model = {"name": row["model"], "version": row["model_version"]} if row["model"] else None
    return {
        "score_id": row["id"],
        "as_of": moment(row["as_of"]),
        "state": row["state"],
        "risk": row["risk"],
        "model": model,
        "context_id": row["context_id"],
    }


def _present(step: RiskStep, sentence: str) -> dict[str, Any]:
    event = step.event
    return {
        "step": step.kind,
        "at": moment(step.at),
        "event": None if event is None else {"source": event.source, "id": event.event_id},
        "type": None if event is None else event.type,
        "what": step_words(step.kind) if event is None else type_words(event.type),
        "sentence": sentence,
        "before": step.before,
        "after": step.after,
        "points": step.points,
        "topics": parts_of(step),
    }


def _sentence(step: RiskStep, events: Sequence[Any], dates: Dates) -> str:
    if step.kind == EVENT:
        return event_sentence(facts_of(step.event, events), dates)
    if step.kind == TIME:
        return time_sentence(step.passed)
    if step.kind == MODEL:
        return model_sentence(*step.names)
    return context_sentence()


def facts_of(event: Any, events: Sequence[Any]) -> EventFacts:
    """What an event says, and the date that was stated of the same thing before; ``events`` are those of its order."""
    columns = {name: getattr(event, name) for name in STATED}
    stated = [one for one in events if _comes_before(one, event)]
    return EventFacts(**columns, earlier=max(stated, key=_when).date if stated else None)


def _when(event: Any) -> tuple[int, int, int]:
    return event.recorded_at, event.occurred_at, event.seq


def _comes_before(one: Any, event: Any) -> bool:
    """Whether an event stated the date of the same thing before: of a line, or a truck, work or component."""
    same = one.line_id == event.line_id or event.line_id is None or one.line_id is None
    if not event.type.startswith("commitment"):
        same = same and one.reference == event.reference
    says = one.type in STATES_DATE.get(event.type, ()) and one.date is not None
    return bool(says and same and _when(one) < _when(event))
