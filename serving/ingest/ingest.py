"""Events come in: those that hold are stored and their orders scored again, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from serving.auth.plant_scope import NOT_THEIRS, not_theirs
from serving.contract.cloudevents import place
from serving.ingest.validation import Judged, Sent, judge, read_sent
from serving.principal import NOBODY, Caller
from serving.scores.occasion import Occasion
from serving.scores.rescore import remember, rescore
from serving.store.locks import lock_orders
from serving.store.tables.events import Appended, Outcome, append, events_of
from serving.store.tables.scores import latest_scores

OF_ANOTHER = "must be new within its source, got one that stands for an event of another order"
"""All that a key of some plants hears of it: the other order may not be one it may see."""
Score = Mapping[Any, Any]
"""A row of the scores."""


@dataclass(frozen=True)
class Change:
    """An order's latest score before and after; ``None`` before the first."""

    order_id: str
    before: Score | None
    after: Score | None


@dataclass(frozen=True)
class Taken:
    """The events of a request, each with what became of it, and the orders they touch."""

    events: list[Judged]
    orders: list[Change]
    as_of: int

    def count(self, outcome: Outcome) -> int:
        """How many events came out so."""
        return sum(event.outcome == outcome for event in self.events)


def take_in(connection: Connection, events: Sequence[Any], occasion: Occasion, caller: Caller = NOBODY) -> Taken:
    """Judge the events of one request, store those that hold and that the caller may send, and score their orders."""
    sent = read_sent(events, occasion.settings, caller)
    lock_orders(connection, sent.orders)
    return take_in_all(connection, [sent], occasion)[0]


def take_in_all(connection: Connection, sent: Sequence[Sent], occasion: Occasion) -> list[Taken]:
    """The same for requests that have neither an order nor an event in common, all at once; their orders are locked."""
    judged = judge(sent, occasion.now, occasion.settings)
    judged = [within_plants(connection, events, part.caller) for events, part in zip(judged, sent, strict=True)]
    rows = [event.row for events in judged for event in events if event.row]
    appended = iter(append(connection, rows, occasion.now))
    told = [
        _as_the_first([_told(event, next(appended), part.caller) if event.row else event for event in events])
        for events, part in zip(judged, sent, strict=True)
    ]
    changes = _score_again(connection, [event for events in told for event in events], occasion)
    return [Taken(events, [changes[order_id] for order_id in _touched(events)], occasion.now) for events in told]


def _touched(events: Sequence[Judged]) -> list[str]:
    """The orders of events that are stored, those of repeated ones too."""
    stored = ("accepted", "duplicate")
    return sorted({event.order_id for event in events if event.order_id and event.outcome in stored})


def _score_again(connection: Connection, events: Sequence[Judged], occasion: Occasion) -> dict[str, Change]:
    """Score the orders that have changed, and tell how all that were touched stand, by order."""
    touched = _touched(events)
    changed = sorted({event.order_id for event in events if event.order_id and event.outcome == "accepted"})
    before = latest_scores(connection, touched)
    earliest = {order_id: score["as_of"] for order_id, score in before.items()}
    made = rescore(events_of(connection, changed), earliest, occasion)
    ids = remember(connection, made)
    after = before | {one.order_id: one.score | {"id": ids[one.order_id]} for one in made}
    return {order_id: Change(order_id, before.get(order_id), after.get(order_id)) for order_id in touched}


def _as_the_first(events: list[Judged]) -> list[Judged]:
    """What is sent twice in one request is stored no more the second time than it was the first."""
    refused = {(event.source, event.id): event for event in events if event.outcome in ("conflict", "rejected")}
    return [
        replace(event, outcome=first.outcome, errors=first.errors)
        if event.outcome == "duplicate" and (first := refused.get((event.source, event.id)))
        else event
        for event in events
    ]


def _told(event: Judged, appended: Appended, caller: Caller) -> Judged:
    if appended.outcome != "conflict":
        return replace(event, outcome=appended.outcome)
    if caller.plants is not None and "order_id" in appended.differs:
        return replace(event, outcome="conflict", errors=({"pointer": "/id", "detail": OF_ANOTHER},))
    detail = "must be what the stored event of this source and id says, got something else: send a new id"
    return replace(
        event,
        outcome="conflict",
        errors=tuple({"pointer": place(column), "detail": detail} for column in appended.differs),
    )


def within_plants(connection: Connection, judged: Sequence[Judged], caller: Caller) -> list[Judged]:
    """Refuse events of orders that are not the caller's; repeated ones too, as their orders are told."""
    sent = [(event.order_id, event.row["plant"] if event.row else None) for event in judged if event.order_id]
    refused = not_theirs(connection, sent, caller)
    error = ({"pointer": "/subject", "detail": NOT_THEIRS},)
    return [
        replace(event, outcome="rejected", errors=error, row=None)
        if event.order_id in refused and event.outcome != "rejected"
        else event
        for event in judged
    ]
