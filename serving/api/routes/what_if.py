"""What would come of it: hypothetical events, and the moves worth trying. Nothing is stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from serving.api.calls import best_moves, read_moves, try_events
from serving.api.dependencies import READS, CurrentServices, OrderId, problems
from serving.api.json_body import body_of, body_schema, json_response
from serving.contract.what_if import MOST_EVENTS, MovesParams, OrderMoves, PlantMoves, WhatIfReply, WhatIfRequest
from serving.principal import CurrentCaller

router = APIRouter(tags=["what-if"])


@router.post(
    "/v1/orders/{order_id}/what-if",
    response_model=WhatIfReply,
    responses=problems(400, 404, 413, 422, 503),
    openapi_extra=body_schema(WhatIfRequest),
)
def post_what_if(
    order_id: OrderId,
    body: Annotated[WhatIfRequest, Depends(body_of(WhatIfRequest, max_events=MOST_EVENTS))],
    services: CurrentServices,
    caller: CurrentCaller,
) -> Response:
    """An order's risk now, and as it would be if these events were stated; nothing is stored.

    Events are checked as those of ``POST /v1/events``, and must be able to happen: a hold that is not open cannot be
    released. The answer is the model's response, not a promise: see docs/what_if.md.
    """
    return json_response(try_events(services, order_id, body, caller))


@router.get("/v1/orders/{order_id}/moves", response_model=OrderMoves, responses=READS)
def get_order_moves(order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """What could be done about an open order now, what takes most risk away first.

    Each move comes with the events that would record it. The figures are the model's response, not a promise; those of
    one order do not add up.
    """
    return json_response(read_moves(services, order_id, caller))


@router.get("/v1/moves", response_model=PlantMoves, responses=problems(422, 503))
def get_moves(params: Annotated[MovesParams, Query()], services: CurrentServices, caller: CurrentCaller) -> Response:
    """The moves that would take most risk off the list, the best one of each of the riskiest open orders.

    Moves that the customer must agree to are left out unless ``consent=true``. The figures are the model's response,
    not a promise.
    """
    return json_response(best_moves(services, params, caller))
