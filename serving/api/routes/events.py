"""Events in, risk before and after out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from serving.api.batches import commit_parts, join
from serving.api.bodies.size import require_few_values
from serving.api.bodies.threads import read_aside
from serving.api.dependencies import (
    VERSION,
    Body,
    CurrentServices,
    IdempotencyKey,
    OrderId,
    Turns,
    audit_entry,
    problems,
    replies,
    reserve_key,
    save_reply_of_key,
    to_response,
    write_once,
)
from serving.api.json_body import body_of, body_schema
from serving.api.post_events import EventsRequest, apply_request
from serving.api.presenters import effect_of, json_reply, present_snapshot
from serving.contract.cloudevents_http import BATCH, PLAIN, STRUCTURED, read_envelope
from serving.contract.events import EXAMPLE, EventsReply, StateReply
from serving.contract.order_state import OrderSnapshot
from serving.ingest.decisions import etag_of
from serving.ingest.parts import Part, split
from serving.ingest.states.snapshot import ingest_snapshot
from serving.ingest.validation import parse_events
from serving.principal import Caller, CurrentCaller
from serving.problems import Conflict, InvalidBody
from serving.scores.services import Services
from serving.store.group_commit import GroupCommit
from serving.store.tables.idempotency import StoredReply
from serving.telemetry.metrics import EVENTS

router = APIRouter(tags=["events"])
BODIES: dict[str, Any] = {
    PLAIN: {
        "schema": {"$ref": "#/components/schemas/EventBatch"},
        "example": {"events": [EXAMPLE]},
    },
    STRUCTURED: {"schema": {"$ref": "#/components/schemas/CloudEvent"}, "example": EXAMPLE},
}
BATCHES = f"A list of CloudEvents alone, sent as {BATCH}, is read as the list of events of {PLAIN} is"
"""Said in words: clients are generated with a class a kind of body, which a list has not, and then take none."""


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
    openapi_extra={"requestBody": {"required": True, "description": BATCHES, "content": BODIES}},
)
async def post_events(
    request: Request,
    body: Body,
    services: CurrentServices,
    caller: CurrentCaller,
    group: Group,
    turns: Turns,
    key: IdempotencyKey = None,
) -> Response:
    """Store events and score their orders again. They are committed before they are acknowledged.

    One event in structured or binary mode, a batch, or ``{"events": [...]}``; a batch is judged event by event. The
    same source and id again is a success that changes nothing. Order and lateness do not matter. What is stored is
    known from its ``recordedtime``, without one from now. A large batch is committed in parts, order by order, so that
    it keeps nobody waiting; one that is not answered can be sent again.
    """
    entry = audit_entry(request, caller)

    def parse() -> tuple[EventsRequest, list[Part]]:
        require_few_values(body, services.settings.max_events)
        envelope = read_envelope(request.headers, body)
        parsed = parse_events(envelope.events, services.settings, caller)
        return EventsRequest(parsed, envelope.single, entry), split(parsed)

    events_request, parts = await read_aside(len(body), parse)
    if key is None:
        if len(parts) > 1:
            replies = await commit_parts(group, events_request, parts)
            return to_response(await run_in_threadpool(join, parts, replies))
        return await _submit(request, group, events_request)
    async with turns.of(events_request.parsed.orders):
        if len(parts) > 1:
            return await _submit_once(request, body, services, caller, group, events_request, parts, key)
        return await run_in_threadpool(_once, request, body, services, caller, events_request, key)


async def _submit(
    request: Request, group: GroupCommit[EventsRequest, StoredReply], events_request: EventsRequest
) -> Response:
    """Commit it with all that wait; one event that is refused is counted like those of a batch."""
    try:
        return to_response(await group.submit(events_request))
    except (Conflict, InvalidBody) as error:
        request.state.audited = True  # with the group
        EVENTS.labels("conflict" if isinstance(error, Conflict) else "rejected").inc()
        raise


async def _submit_once(
    request: Request,
    body: bytes,
    services: Services,
    caller: Caller,
    group: GroupCommit[EventsRequest, StoredReply],
    events_request: EventsRequest,
    parts: list[Part],
    key: str,
) -> Response:
    """A large batch with an Idempotency-Key, which stands for it from the start; its reply is stored at the end."""
    earlier = await run_in_threadpool(reserve_key, services, request, caller, body, key)
    if earlier is not None:
        return to_response(earlier)
    replies = await commit_parts(group, events_request, parts)

    def keep() -> Response:
        whole = join(parts, replies)
        save_reply_of_key(services, request, caller, key, whole)
        return to_response(whole)

    return await run_in_threadpool(keep)


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
        events_request.parsed.orders,
    )


@router.put(
    "/v1/orders/{order_id}/state",
    response_model=StateReply,
    responses=replies({"headers": VERSION}, 400, 404, 409, 413, 422, 503, 507),
    openapi_extra=body_schema(OrderSnapshot),
)
async def put_state(
    request: Request,
    order_id: OrderId,
    snapshot: Annotated[OrderSnapshot, Depends(body_of(OrderSnapshot))],
    body: Body,
    services: CurrentServices,
    caller: CurrentCaller,
    turns: Turns,
    key: IdempotencyKey = None,
) -> Response:
    """An order as it stands now; the events that lead there are derived by difference, stored and scored.

    For systems that notify and re-send the whole order. It is compared with what is stored when its turn comes: of
    states that come at once the last one that is answered holds. The same state again changes nothing; one with a
    ``version`` below that of the state that is stored is refused.
    """
    async with turns.of([order_id]):
        return await run_in_threadpool(_put_state, request, order_id, snapshot, body, services, caller, key)


def _put_state(
    request: Request,
    order_id: str,
    snapshot: OrderSnapshot,
    body: bytes,
    services: Services,
    caller: Caller,
    key: str | None,
) -> Response:
    scoring_context = services.scoring_context("event")

    def job(connection: Connection) -> StoredReply:
        locked_context = replace(scoring_context, now=services.clock())
        snapshot_result = ingest_snapshot(connection, order_id, snapshot, caller, locked_context)
        return json_reply(
            present_snapshot(snapshot_result, scoring_context.active),
            headers={"etag": etag_of(snapshot_result.seq)},
            effect=replace(effect_of(snapshot_result.result), order_id=order_id),
        )

    return write_once(services, request, caller, body, key, job, [order_id])
