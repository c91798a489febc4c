"""Events in, risk before and after out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from serving.api.dependencies import Body, IdempotencyKey, OrderId, Wired, answered, begun, problems, sent
from serving.api.json_body import QUICK
from serving.api.post_events import Posted, take_in_one
from serving.api.presenters import done_with, reply, taken_in
from serving.contract.cloudevents_http import BATCH, PLAIN, STRUCTURED, read_envelope
from serving.contract.events import EXAMPLE, EventsReply
from serving.contract.order_state import OrderState
from serving.ingest.order_state import bring_up_to
from serving.ingest.validation import read_sent
from serving.principal import Caller, Calling
from serving.problems import Conflict, InvalidBody
from serving.scores.services import Wiring
from serving.store.group_commit import Together
from serving.store.tables.idempotency import Kept
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


async def group(request: Request) -> Together[Posted, Kept]:
    """Where requests with events wait for each other."""
    found: Together[Posted, Kept] = request.app.state.together
    return found


Group = Annotated[Together[Posted, Kept], Depends(group)]
MIXED: dict[str, Any] = {"model": EventsReply, "description": "Some events are stored and some are not; each says so"}


@router.post(
    "/v1/events",
    response_model=EventsReply,
    responses={207: MIXED, **problems(400, 409, 413, 415, 422, 503, 507)},
    openapi_extra={"requestBody": {"required": True, "content": BODIES}},
)
async def post_events(
    request: Request, body: Body, wired: Wired, caller: Calling, group: Group, key: IdempotencyKey = None
) -> Response:
    """Store events and score their orders again. They are committed before they are acknowledged.

    One event in structured or binary mode, a batch, or ``{"events": [...]}``; a batch is judged event by event. The
    same source and id again is a success that changes nothing. Order and lateness do not matter. What is stored is
    known from its ``recordedtime``, without one from now.
    """
    entry = begun(request, caller)

    def read() -> Posted:
        envelope = read_envelope(request.headers, body)
        return Posted(read_sent(envelope.events, wired.settings, caller), envelope.single, entry)

    posted = read() if len(body) <= QUICK else await run_in_threadpool(read)
    if key is None:
        return await _together(group, posted)
    return await run_in_threadpool(_once, request, body, wired, caller, posted, key)


async def _together(group: Together[Posted, Kept], posted: Posted) -> Response:
    """With all that wait; one event that is refused is counted like those of a batch."""
    try:
        return sent(await group.done(posted))
    except (Conflict, InvalidBody) as error:
        EVENTS.labels("conflict" if isinstance(error, Conflict) else "rejected").inc()
        raise


def _once(request: Request, body: bytes, wired: Wiring, caller: Caller, posted: Posted, key: str) -> Response:
    """With an Idempotency-Key, a request is a transaction of its own: what fails leaves its key free."""
    occasion = wired.occasion("event")
    return answered(wired, request, caller, body, key, lambda connection: take_in_one(connection, posted, occasion))


@router.put(
    "/v1/orders/{order_id}/state",
    response_model=EventsReply,
    responses=problems(400, 404, 413, 422, 503, 507),
)
def put_state(
    request: Request,
    order_id: OrderId,
    state: OrderState,
    body: Body,
    wired: Wired,
    caller: Calling,
    key: IdempotencyKey = None,
) -> Response:
    """An order as it stands now; the events that lead there are derived by difference, stored and scored.

    For systems that notify and re-send the whole order. The same state again changes nothing.
    """
    occasion = wired.occasion("event")

    def job(connection: Connection) -> Kept:
        taken = bring_up_to(connection, order_id, state, caller, occasion)
        return reply(taken_in(taken, occasion.standing), done=replace(done_with(taken), order_id=order_id))

    return answered(wired, request, caller, body, key, job)
