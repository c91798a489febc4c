"""Events in, risk before and after out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from serving.api.dependencies import (
    Body,
    CurrentServices,
    IdempotencyKey,
    OrderId,
    audit_entry,
    problems,
    to_response,
    write_once,
)
from serving.api.json_body import QUICK
from serving.api.post_events import EventsRequest, apply_request
from serving.api.presenters import effect_of, json_reply, present_ingest
from serving.contract.cloudevents_http import BATCH, PLAIN, STRUCTURED, read_envelope
from serving.contract.events import EXAMPLE, EventsReply
from serving.contract.order_state import OrderSnapshot
from serving.ingest.order_state import ingest_snapshot
from serving.ingest.validation import parse_events
from serving.principal import Caller, CurrentCaller
from serving.problems import Conflict, InvalidBody
from serving.scores.services import Services
from serving.store.group_commit import GroupCommit
from serving.store.tables.idempotency import StoredReply
from serving.telemetry.metrics import EVENTS

router = APIRouter(tags=["events"])
SOME = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/CloudEvent"}}
BODIES: dict[str, Any] = {
    PLAIN: {
        "schema": {"type": "object", "required": ["events"], "properties": {"events": SOME}},
        "example": {"events": [EXAMPLE]},
    },
    STRUCTURED: {"schema": {"$ref": "#/components/schemas/CloudEvent"}, "example": EXAMPLE},
    BATCH: {"schema": SOME, "example": [EXAMPLE]},
}


async def group(request: Request) -> GroupCommit[EventsRequest, StoredReply]:
    """Where requests with events wait for each other."""
    commits: GroupCommit[EventsRequest, StoredReply] = request.app.state.group_commit
    return commits


Group = Annotated[GroupCommit[EventsRequest, StoredReply], Depends(group)]
MIXED: dict[str, Any] = {"model": EventsReply, "description": "Some events are stored and some are not; each says so"}


@router.post(
    "/v1/events",
    response_model=EventsReply,
    responses={207: MIXED, **problems(400, 409, 413, 415, 422, 503, 507)},
    openapi_extra={"requestBody": {"required": True, "content": BODIES}},
)
async def post_events(
    request: Request,
    body: Body,
    services: CurrentServices,
    caller: CurrentCaller,
    group: Group,
    key: IdempotencyKey = None,
) -> Response:
    """Store events and score their orders again. They are committed before they are acknowledged.

    One event in structured or binary mode, a batch, or ``{"events": [...]}``; a batch is judged event by event. The
    same source and id again is a success that changes nothing. Order and lateness do not matter. What is stored is
    known from its ``recordedtime``, without one from now.
    """
    entry = audit_entry(request, caller)

    def parse() -> EventsRequest:
        envelope = read_envelope(request.headers, body)
        return EventsRequest(parse_events(envelope.events, services.settings, caller), envelope.single, entry)

    events_request = parse() if len(body) <= QUICK else await run_in_threadpool(parse)
    if key is None:
        return await _submit(group, events_request)
    return await run_in_threadpool(_once, request, body, services, caller, events_request, key)


async def _submit(group: GroupCommit[EventsRequest, StoredReply], events_request: EventsRequest) -> Response:
    """Commit it with all that wait; one event that is refused is counted like those of a batch."""
    try:
        return to_response(await group.submit(events_request))
    except (Conflict, InvalidBody) as error:
        EVENTS.labels("conflict" if isinstance(error, Conflict) else "rejected").inc()
        raise


def _once(
    request: Request, body: bytes, services: Services, caller: Caller, events_request: EventsRequest, key: str
) -> Response:
    """With an Idempotency-Key, a request is a transaction of its own: what fails leaves its key free."""
    scoring_context = services.scoring_context("event")
    return write_once(
        services,
        request,
        caller,
        body,
        key,
        lambda connection: apply_request(connection, events_request, scoring_context),
    )


@router.put(
    "/v1/orders/{order_id}/state",
    response_model=EventsReply,
    responses=problems(400, 404, 413, 422, 503, 507),
)
def put_state(
    request: Request,
    order_id: OrderId,
    snapshot: OrderSnapshot,
    body: Body,
    services: CurrentServices,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """An order as it stands now; the events that lead there are derived by difference, stored and scored.

    For systems that notify and re-send the whole order. The same state again changes nothing.
    """
    scoring_context = services.scoring_context("event")

    def job(connection: Connection) -> StoredReply:
        result = ingest_snapshot(connection, order_id, snapshot, caller, scoring_context)
        return json_reply(
            present_ingest(result, scoring_context.active), effect=replace(effect_of(result), order_id=order_id)
        )

    return write_once(services, request, caller, body, key, job)
