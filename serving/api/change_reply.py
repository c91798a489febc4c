"""The change of an order's risk as a planner reads it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from features.errors import InvalidRequest
from features.times import DAY, isoformat, plant_calendar
from features.wording import ENGLISH, Dates
from serving.api.order_queries import visible_order
from serving.api.presenters import moment, ship_columns
from serving.contract.change import ChangeParams
from serving.plant_time import moment_of
from serving.principal import Caller
from serving.scores.change import RiskStep, StoredRow, change_between, parts_of
from serving.scores.replay import LoadVersion
from serving.settings import Settings
from serving.store.schema import LATER
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

STATED = ("type", "line_id", "instalment", "kind", "state", "reference", "reason", "quantity", "date")
STATES_DATE = {
    "commitment.changed": ("order_line.created", "commitment.changed"),
    "commitment.requested": ("commitment.requested",),
    "production.rescheduled": ("production.released", "production.rescheduled"),
    "delivery.planned": ("delivery.planned",),
    "material.stated": ("material.stated",),
}
"""By type, the types that state the same date before."""
PROMISES = ("commitment.changed", "commitment.requested")
LINE = "order_line.created"
HERE = "available"
"""State of a component that has come: what it was due before is over."""
Part = tuple[str | None, str | None]
"""A line and its instalment, ``None`` for all of them."""
Statements = Mapping[str, Sequence[Any]]


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
    statements = statements_of(events)
    sentences = [_sentence(step, statements, dates) for step in path.steps]
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
        "days_won": _days_won(path.before, path.after),
        "summary": summary(path.points, when, steps, path.after["state"]),
        "steps": [_present(step, text) for step, text in zip(path.steps, sentences, strict=True)],
    }


def _risk_at(row: StoredRow) -> dict[str, Any]:
    model = {"name": row["model"], "version": row["model_version"]} if row["model"] else None
    dates = ship_columns(row)
    return {
        "score_id": row["id"],
        "as_of": moment(row["as_of"]),
        "state": row["state"],
        "risk": row["risk"],
        **{name: dates[name] for name in ("expected_ship", "days_late")},
        "model": model,
        "context_id": row["context_id"],
    }


def _days_won(before: StoredRow, after: StoredRow) -> int | None:
    days = before["expected_ship"], after["expected_ship"]
    return None if {None, LATER} & {*days} else int(days[0] - days[1])


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
        "days_won": step.days_won,
        "topics": parts_of(step),
    }


def _sentence(step: RiskStep, statements: Statements, dates: Dates) -> str:
    if step.kind == EVENT:
        return event_sentence(facts_of(step.event, statements), dates)
    if step.kind == TIME:
        return time_sentence(step.passed)
    if step.kind == MODEL:
        return model_sentence(*step.names)
    return context_sentence()


def statements_of(events: Sequence[Any]) -> Statements:
    """By type, the events of an order that state the same date, in their order; and those that name its lines."""
    ordered = sorted(events, key=_when)
    stating = {own: [one for one in ordered if one.type in types] for own, types in STATES_DATE.items()}
    return stating | {LINE: [one for one in ordered if one.type == LINE]}


def facts_of(event: Any, statements: Statements) -> EventFacts:
    """What an event says, and the date that was stated of the same thing before."""
    columns = {name: getattr(event, name) for name in STATED}
    return EventFacts(**columns, earlier=_date_before(event, statements))


def _date_before(event: Any, statements: Statements) -> int | None:
    if event.type not in STATES_DATE:
        return None
    latest_first = _before(event, statements[event.type])[::-1]
    if event.type in PROMISES:
        named = _before(event, statements[LINE])
        return _date_of_all(event, {_part(one) for one in (*named, *latest_first)}, latest_first)
    for one in latest_first:
        if one.reference == event.reference and _meet(_part(one), _part(event)):
            if one.state == HERE:
                return None
            if one.date is not None:
                return int(one.date)
    return None


def _when(event: Any) -> tuple[int, int, int]:
    return event.recorded_at, event.occurred_at, event.seq


def _before(event: Any, ordered: Sequence[Any]) -> Sequence[Any]:
    return ordered[: bisect_left(ordered, _when(event), key=_when)]


def _part(event: Any) -> Part:
    """The part of the order that an event speaks of."""
    return event.line_id, event.instalment if event.line_id else None


def _covers(whole: Part, part: Part) -> bool:
    """Whether the one is the other or has it as a part: the order its lines, a line its instalments."""
    return all(name is None or name == own for name, own in zip(whole, part, strict=True))


def _meet(one: Part, other: Part) -> bool:
    return _covers(one, other) or _covers(other, one)


def _date_of_all(event: Any, parts: set[Part], latest_first: Sequence[Any]) -> int | None:
    """The date that was stated before of all that an event speaks of; ``None`` where its parts had several, or none."""
    own = _part(event)
    within = {part for part in parts if _covers(own, part)} or {own}
    divided = {(line, None) for line, instalment in within if instalment} | {(None, None) for line, _ in within if line}
    undated, dates = within - divided, set()
    for one in latest_first:
        if one.date is not None and (stated := {part for part in undated if _covers(_part(one), part)}):
            undated -= stated
            dates.add(one.date)
        if not undated or len(dates) > 1:
            break
    return dates.pop() if len(dates) == 1 and not undated else None
