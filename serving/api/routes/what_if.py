"""What would come of it: hypothetical events, and the moves worth trying. Nothing is stored."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from serving.api.dependencies import CurrentServices, OrderId, problems
from serving.api.json_body import json_response
from serving.api.order_queries import visible_order
from serving.contract.what_if import WhatIfReply, WhatIfRequest
from serving.principal import Caller, CurrentCaller
from serving.scores.services import Services
from serving.scores.what_if import StoredOrder, suppose
from serving.store.tables.events import events_of

router = APIRouter(tags=["what-if"])


@router.post("/v1/orders/{order_id}/what-if", response_model=WhatIfReply, responses=problems(400, 404, 413, 422, 503))
def post_what_if(order_id: OrderId, body: WhatIfRequest, services: CurrentServices, caller: CurrentCaller) -> Response:
    """An order's risk now, and as it would be if these events were stated; nothing is stored.

    Events are checked as those of ``POST /v1/events``, and must be able to happen: a hold that is not open cannot be
    released. The answer is the model's response, not a promise: see docs/what_if.md.
    """
    scorer = services.daily_context.scorer()
    stored = _stored(services, order_id, caller)
    return json_response(suppose(stored, body, scorer, services.settings, caller))


def _stored(services: Services, order_id: str, caller: Caller) -> StoredOrder:
    """What is stored of an order that the caller may see, looked at now. Raises ``NotFound``."""

    def read(connection: Connection) -> StoredOrder:
        order, _ = visible_order(connection, order_id, caller)
        events = events_of(connection, [order_id])
        return StoredOrder(order_id, events, max(services.clock(), order["as_of"]))

    return services.database.read(read)
