"""The worklist, one order, its scores over time, and decisions about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from serving.api.calls import PAGE, export_orders, list_orders, read_history, read_order, record_decision
from serving.api.dependencies import (
    READS,
    VERSION,
    Body,
    CurrentServices,
    IdempotencyKey,
    OrderId,
    Turns,
    replies,
    to_response,
)
from serving.api.files.export import CSV, XLSX
from serving.api.json_body import body_of, body_schema
from serving.api.presenters import json_reply
from serving.contract.decision import DecisionRequest, DecisionResult
from serving.contract.orders import (
    HistoryReply,
    OrderReply,
    WorklistParams,
    WorklistReply,
)
from serving.ingest.decisions import etag_of
from serving.principal import CurrentCaller

router = APIRouter(tags=["orders"])
Cursor = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=1024, description="The ETag of the order as it was read, or *")
]
FILES: dict[str, Any] = {CSV: {"schema": {"type": "string"}}, XLSX: {"schema": {"type": "string", "format": "binary"}}}


@router.get("/v1/orders", response_model=WorklistReply, responses=replies({"content": FILES}, 422, 503))
def get_orders(
    request: Request, params: Annotated[WorklistParams, Query()], services: CurrentServices, caller: CurrentCaller
) -> Response:
    """The worklist: open and late orders, the riskiest first, as they were last scored; then those without a promise.

    Nothing moves without an event, a tick or a new model. As CSV or XLSX the whole list, not a page.
    """
    kind = params.format or _format_of(request.headers.get("accept", ""))
    if kind != "json":
        return export_orders(services, kind, params, caller)
    return to_response(json_reply(list_orders(services, params, caller)))


def _format_of(accept: str) -> str:
    return "csv" if CSV in accept else "xlsx" if XLSX in accept else "json"


@router.get("/v1/orders/{order_id}", response_model=OrderReply, responses=replies({"headers": VERSION}, 404, 422, 503))
def get_order(order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """One order: its risk and the factors with their evidence, readiness, blockers, and what was decided."""
    content, version = read_order(services, order_id, caller)
    return to_response(json_reply(content, headers={"etag": etag_of(version)}))


@router.get("/v1/orders/{order_id}/history", response_model=HistoryReply, responses=READS)
def get_history(
    order_id: OrderId, services: CurrentServices, caller: CurrentCaller, cursor: Cursor = None, limit: Limit = PAGE
) -> Response:
    """The order's scores over time, the latest first, each with what caused it."""
    return to_response(json_reply(read_history(services, order_id, caller, cursor, limit)))


@router.post(
    "/v1/orders/{order_id}/decisions",
    response_model=DecisionResult,
    responses=replies({"headers": VERSION}, 400, 404, 412, 413, 422, 428, 503, 507),
    openapi_extra=body_schema(DecisionRequest),
)
async def post_decision(
    request: Request,
    order_id: OrderId,
    decision: Annotated[DecisionRequest, Depends(body_of(DecisionRequest, max_events=1))],
    body: Body,
    services: CurrentServices,
    caller: CurrentCaller,
    turns: Turns,
    version: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Record what somebody decides: acknowledge, assign, snooze, expedite, override, comment. It is an event.

    ``If-Match`` is the ETag of the order as it was read: 412 if something has been recorded since, 428 without it.
    A snooze ends before the working day before the promise; a late order cannot be snoozed: 422.
    """
    async with turns.of([order_id]):
        return await run_in_threadpool(
            record_decision, services, request, order_id, decision, caller, version, body, key
        )
