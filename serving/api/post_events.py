"""Requests with events: all that wait are one transaction, and each gets the reply it would get alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from serving.api.presenters import effect_of, json_reply, present_ingest
from serving.ingest.ingest import IngestResult, ingest_requests
from serving.ingest.validation import EventResult, ParsedEvents
from serving.problems import Conflict, InvalidBody
from serving.scores.scoring_context import ScoringContext
from serving.scores.services import Services
from serving.store.database import DatabaseFull, DatabaseUnavailable, WriteConflict
from serving.store.locks import lock_free
from serving.store.tables.audit import AuditRecord, record, record_all, with_outcome
from serving.store.tables.idempotency import StoredReply

GROUP_SIZE = 64
"""Events of a group of requests; one with more is a group by itself."""


@dataclass(frozen=True)
class EventsRequest:
    """A request with events.

    Attributes
    ----------
    single : whether it is about one event alone, which is stored or is an error
    entry : what the audit trail says of it, without its outcome
    """

    parsed: ParsedEvents
    single: bool
    entry: AuditRecord

    @property
    def keys(self) -> frozenset[tuple[str, ...]]:
        return self.parsed.keys

    @property
    def size(self) -> int:
        return len(self.parsed.events)


def commit_group(services: Services, requests: Sequence[EventsRequest]) -> list[StoredReply | Exception | None]:
    """Store the events of requests that have no key in common, and the reply to each; committed once for all.

    ``None`` for one of whose orders another transaction keeps one: it is committed alone, as it must wait. What one of
    them could not do keeps none of the others from being stored.
    """
    try:
        scoring_context = services.scoring_context("event")
        return services.database.write(lambda connection: _replies(connection, requests, scoring_context))
    except WriteConflict:
        return [None] * len(requests)
    except (DatabaseUnavailable, DatabaseFull) as error:
        return [error] * len(requests)
    except Exception:
        return [commit_alone(services, one) for one in requests]


def commit_alone(services: Services, request: EventsRequest) -> StoredReply | Exception:
    """Store the events of one request, which waits for its orders; the reply to it."""
    try:
        scoring_context = services.scoring_context("event")
        return services.database.write_orders(
            request.parsed.orders, lambda connection: _commit_one(connection, request, scoring_context)
        )
    except Exception as error:
        return error


def apply_request(connection: Connection, request: EventsRequest, scoring_context: ScoringContext) -> StoredReply:
    """The reply to one request in a transaction that somebody else opens, with its orders locked, and audits.

    Raises why a single event is not stored.
    """
    reply = _ingest_one(connection, request, scoring_context)
    if isinstance(reply, Exception):
        raise reply
    return reply


def _commit_one(
    connection: Connection, request: EventsRequest, scoring_context: ScoringContext
) -> StoredReply | Exception:
    result = _ingest_one(connection, request, scoring_context)
    record(connection, _audit_record(request, result))
    return result


def _ingest_one(
    connection: Connection, request: EventsRequest, scoring_context: ScoringContext
) -> StoredReply | Exception:
    return _reply(request, ingest_requests(connection, [request.parsed], scoring_context)[0], scoring_context)


def _replies(
    connection: Connection, requests: Sequence[EventsRequest], scoring_context: ScoringContext
) -> list[StoredReply | Exception | None]:
    free = lock_free(connection, [order_id for one in requests for order_id in one.parsed.orders])
    free_requests = [one for one in requests if one.parsed.orders <= free]
    results = ingest_requests(connection, [one.parsed for one in free_requests], scoring_context)
    replies = {
        id(one): _reply(one, result, scoring_context) for one, result in zip(free_requests, results, strict=True)
    }
    record_all(connection, [_audit_record(one, replies[id(one)]) for one in free_requests])
    return [replies.get(id(one)) for one in requests]


def _audit_record(request: EventsRequest, result: StoredReply | Exception) -> AuditRecord:
    """What the audit trail says of a request that is answered, or of its one event that is refused."""
    if isinstance(result, StoredReply):
        return with_outcome(request.entry, result)
    if isinstance(result, Conflict):
        return replace(request.entry, outcome="409", order_id=request.parsed.events[0].order_id, detail="1 conflict")
    return replace(request.entry, outcome="422", detail="1 rejected")


def _reply(request: EventsRequest, result: IngestResult, scoring_context: ScoringContext) -> StoredReply | Exception:
    refusal = _refusal(result.events[0]) if request.single else None
    if refusal is not None:
        return refusal
    stored = result.count("accepted") + result.count("duplicate")
    status = 200 if stored == len(result.events) else 207
    return json_reply(present_ingest(result, scoring_context.active), status, effect=effect_of(result))


def _refusal(event: EventResult) -> Exception | None:
    """Why an event that was sent alone is not stored, where it is not."""
    shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in event.errors[:5])
    if event.outcome == "conflict":
        return Conflict(f"{event.source} {event.id} is stored with other content: {shown}", list(event.errors))
    if event.outcome == "rejected":
        faults = "a fault" if len(event.errors) == 1 else f"{len(event.errors)} faults"
        return InvalidBody(f"the event must hold, got {faults}: {shown}", list(event.errors))
    return None
