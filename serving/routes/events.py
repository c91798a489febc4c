"""Events in, risk before and after out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from serving.caller import Caller, Calling
from serving.envelopes import BATCH, PLAIN, STRUCTURED, Envelope, read_envelope
from serving.intake import Judged, take_in
from serving.present_state import bring_up_to
from serving.problems import Conflict, InvalidBody
from serving.replies import done_with, reply, taken_in
from serving.rescoring import Occasion
from serving.routes.needs import Body, IdempotencyKey, OrderId, Wired, answered, problems
from serving.schemas_events import EXAMPLE, EventsReply
from serving.schemas_state import OrderState
from serving.store.idempotency import Kept

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
MIXED: dict[str, Any] = {"model": EventsReply, "description": "Some events are stored and some are not; each says so"}


@router.post(
    "/v1/events",
    response_model=EventsReply,
    responses={207: MIXED, **problems(400, 409, 413, 415, 422, 503, 507)},
    openapi_extra={"requestBody": {"required": True, "content": BODIES}},
)
def post_events(request: Request, body: Body, wired: Wired, caller: Calling, key: IdempotencyKey = None) -> Response:
    """Store events and score their orders again. They are committed before they are acknowledged.

    One event in structured or binary mode, a batch, or ``{"events": [...]}``; a batch is judged event by event. The
    same source and id again is a success that changes nothing. Order and lateness do not matter. What is stored is
    known from its ``recordedtime``, without one from now.
    """
    envelope, occasion = read_envelope(request.headers, body), wired.occasion("event")

    def job(connection: Connection) -> Kept:
        return _taken(connection, envelope, occasion, caller)

    return answered(wired, request, caller, body, key, job)


def _taken(connection: Connection, envelope: Envelope, occasion: Occasion, caller: Caller) -> Kept:
    taken = take_in(connection, envelope.events, occasion, caller)
    if envelope.single:
        _require_stored(taken.events[0])
    stored = taken.count("accepted") + taken.count("duplicate")
    status = 200 if stored == len(taken.events) else 207
    return reply(taken_in(taken, occasion.standing), status, done=done_with(taken))


def _require_stored(event: Judged) -> None:
    shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in event.errors[:5])
    if event.outcome == "conflict":
        raise Conflict(f"{event.source} {event.id} is stored with other content: {shown}", list(event.errors))
    if event.outcome == "rejected":
        raise InvalidBody(f"the event must hold, got {len(event.errors)} faults: {shown}", list(event.errors))


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
