"""Events come in: those that hold are stored and their orders scored again, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from serving.auth.plant_scope import (
    FOREIGN_LINE,
    FOREIGN_ORDER,
    NEW_LINE,
    ForeignLines,
    foreign_lines,
    foreign_orders,
)
from serving.contract.cloudevents import place
from serving.ingest.growth import limits_of, refuse_overgrown
from serving.ingest.placement import Placement, place_events, warnings_of
from serving.ingest.validation import EventResult, ParsedEvents, parse_events, validate_events
from serving.principal import NOBODY, Caller
from serving.scores.rescore import rescore_orders, save_scores
from serving.scores.scoring_context import ScoringContext
from serving.store.locks import lock_orders
from serving.store.tables.events import AppendResult, Outcome, append, events_of, key_of, known_keys
from serving.store.tables.scores import latest_scores

FOREIGN_EVENT = "must be new within its source, got one that stands for an event of another order"
"""All that a key of some plants hears of it: the other order may not be one it may see."""
Score = Mapping[Any, Any]
"""A row of the scores."""


@dataclass(frozen=True)
class ScoreChange:
    """An order's latest score before and after; ``None`` before the first."""

    order_id: str
    before: Score | None
    after: Score | None


@dataclass(frozen=True)
class IngestResult:
    """The events of a request, each with its outcome, and the orders they touch.

    Attributes
    ----------
    ordered_by_precedence, ordered_by_id : of orders with new events, how many statements of one moment have no other
        order than that of precedence, or of their source and id
    """

    events: list[EventResult]
    orders: list[ScoreChange]
    as_of: int
    ordered_by_precedence: int = 0
    ordered_by_id: int = 0

    def count(self, outcome: Outcome) -> int:
        """How many events came out so."""
        return sum(event.outcome == outcome for event in self.events)


def ingest_events(
    connection: Connection, events: Sequence[Any], scoring_context: ScoringContext, caller: Caller = NOBODY
) -> IngestResult:
    """Check the events of one request, store those that hold and that the caller may send, and score their orders."""
    parsed = parse_events(events, scoring_context.settings, caller)
    lock_orders(connection, parsed.orders)
    return ingest_requests(connection, [parsed], scoring_context)[0]


def ingest_requests(
    connection: Connection, requests: Sequence[ParsedEvents], scoring_context: ScoringContext
) -> list[IngestResult]:
    """Ingest requests that have neither an order nor an event in common, all at once; their orders are locked."""
    now = scoring_context.now
    checked = validate_events(requests, now, scoring_context.settings)
    checked = [refuse_foreign(connection, events, one.caller) for events, one in zip(checked, requests, strict=True)]
    checked = refuse_overgrown(connection, checked, limits_of(scoring_context.settings))
    appends = iter(append(connection, [event.row for events in checked for event in events if event.row], now))
    results = [
        _as_the_first([_with_append(event, next(appends), one.caller) if event.row else event for event in events])
        for events, one in zip(checked, requests, strict=True)
    ]
    every = [event for events in results for event in events]
    stored = events_of(connection, _changed(every))
    changes = _score_again(connection, _touched(every), stored, scoring_context)
    placement = place_events(stored, {_key(event) for event in every if event.outcome == "accepted"})
    return [_result(events, changes, placement, now) for events in results]


def _key(event: EventResult) -> tuple[str, str]:
    return event.source or "", event.id or ""


def _result(
    events: list[EventResult], changes: Mapping[str, ScoreChange], placement: Placement, now: int
) -> IngestResult:
    """What one request is told."""
    changed = _changed(events)
    return IngestResult(
        [replace(event, warnings=warnings_of(placement, event)) for event in events],
        [changes[order_id] for order_id in _touched(events)],
        now,
        sum(placement.by_precedence[order_id] for order_id in changed),
        sum(placement.by_id[order_id] for order_id in changed),
    )


def _touched(events: Sequence[EventResult]) -> list[str]:
    """The orders of events that are stored, those of repeated ones too."""
    stored = ("accepted", "duplicate")
    return sorted({event.order_id for event in events if event.order_id and event.outcome in stored})


def _changed(events: Sequence[EventResult]) -> list[str]:
    """The orders of events that are new."""
    return sorted({event.order_id for event in events if event.order_id and event.outcome == "accepted"})


def _score_again(
    connection: Connection, touched: Sequence[str], stored: Sequence[Any], scoring_context: ScoringContext
) -> dict[str, ScoreChange]:
    """Score the orders whose events are ``stored``; by order, the latest score before and after of all touched."""
    before = latest_scores(connection, touched)
    earliest = {order_id: score["as_of"] for order_id, score in before.items()}
    new_scores = rescore_orders(stored, earliest, scoring_context)
    ids = save_scores(connection, new_scores)
    after = before | {one.order_id: one.score | {"id": ids[one.order_id]} for one in new_scores}
    return {order_id: ScoreChange(order_id, before.get(order_id), after.get(order_id)) for order_id in touched}


def _as_the_first(events: list[EventResult]) -> list[EventResult]:
    """What is sent twice in one request is stored no more the second time than it was the first."""
    refused = {(event.source, event.id): event for event in events if event.outcome in ("conflict", "rejected")}
    return [
        replace(event, outcome=first.outcome, errors=first.errors)
        if event.outcome == "duplicate" and (first := refused.get((event.source, event.id)))
        else event
        for event in events
    ]


def _with_append(event: EventResult, appended: AppendResult, caller: Caller) -> EventResult:
    """An event's result once it was appended, or was not."""
    if appended.outcome != "conflict":
        return replace(event, outcome=appended.outcome)
    if caller.plants is not None and "order_id" in appended.differs:
        return replace(event, outcome="conflict", errors=({"pointer": "/id", "detail": FOREIGN_EVENT},))
    detail = "must be what the stored event of this source and id says, got something else: send a new id"
    return replace(
        event,
        outcome="conflict",
        errors=tuple({"pointer": place(column), "detail": detail} for column in appended.differs),
    )


def refuse_foreign(connection: Connection, events: Sequence[EventResult], caller: Caller) -> list[EventResult]:
    """Refuse events of orders and lines that are not the caller's; repeated ones too, as replies show their orders.

    What comes first of an order, or of a line of it, names one of the caller's plants, or comes with what does.
    """
    if caller.plants is None:
        return list(events)
    order_ids = {event.order_id for event in events if event.order_id}
    unseen, new = foreign_orders(connection, order_ids, caller)
    lines = foreign_lines(connection, order_ids - unseen, caller)
    naming = [event.row for event in events if event.row and event.row["plant"]]
    taken = known_keys(connection, [key_of(row) for row in naming])
    for row in naming:
        if key_of(row) not in taken:  # else it may be refused, and bring nothing
            lines.add(row["order_id"], row["line_id"], row["instalment"])
            new.discard(row["order_id"])
    return [_of_the_caller(event, unseen, new, lines) for event in events]


def _of_the_caller(event: EventResult, unseen: Set[str], new: Set[str], lines: ForeignLines) -> EventResult:
    row, order_id = event.row, event.order_id
    if event.outcome == "rejected" or order_id is None:
        return event
    names_plant = row is not None and row["plant"] is not None
    if order_id in unseen or (order_id in new and not names_plant):
        error = {"pointer": "/subject", "detail": FOREIGN_ORDER}
    elif row and lines.include(order_id, row):
        error = {"pointer": "/data/line_id", "detail": FOREIGN_LINE}
    elif row and not names_plant and not lines.know(order_id, row["line_id"], row["instalment"]):
        error = {"pointer": "/data/plant", "detail": NEW_LINE}
    else:
        return event
    return replace(event, outcome="rejected", errors=(error,), row=None)
