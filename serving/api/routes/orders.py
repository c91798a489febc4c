"""The worklist, one order, its scores over time, and decisions about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy import Connection

from serving.api.cursors import read_cursor, write_cursor
from serving.api.dependencies import (
    READS,
    Body,
    CurrentServices,
    IdempotencyKey,
    OrderId,
    replies,
    to_response,
    write_once,
)
from serving.api.export import CSV, XLSX, csv_file, xlsx_file
from serving.api.order_queries import order_page, score_history, worklist_query
from serving.api.presenters import (
    json_reply,
    moment,
    present_change,
    present_decisions,
    present_order,
    present_snooze,
)
from serving.contract.decision import DecisionRequest, DecisionResult
from serving.contract.orders import (
    HistoryReply,
    OrderReply,
    WorklistParams,
    WorklistReply,
)
from serving.ingest.decisions import decide, etag_of
from serving.principal import CurrentCaller
from serving.scores.services import Services
from serving.store.tables.events import events_of
from serving.store.tables.idempotency import Effect, StoredReply
from serving.store.tables.worklist import WorklistQuery, count, key_of, page

router = APIRouter(tags=["orders"])
Cursor = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=1024, description="The ETag of the order as it was read, or *")
]
PAGE = 50
FILES: dict[str, Any] = {CSV: {"schema": {"type": "string"}}, XLSX: {"schema": {"type": "string", "format": "binary"}}}
VERSION = {"ETag": {"description": "The order's version, for If-Match", "schema": {"type": "string"}}}


@router.get("/v1/orders", response_model=WorklistReply, responses=replies({"content": FILES}, 422, 503))
def get_orders(
    request: Request, params: Annotated[WorklistParams, Query()], services: CurrentServices, caller: CurrentCaller
) -> Response:
    """The worklist: open and late orders, the riskiest first, as they were last scored; then those without a promise.

    Nothing moves without an event, a tick or a new model. As CSV or XLSX the whole list, not a page.
    """
    query = worklist_query(params, caller, services.clock(), services.settings)
    kind = params.format or _format_of(request.headers.get("accept", ""))
    if kind != "json":
        return _file(kind, query, params, services)
    content = services.database.read(lambda connection: _page(connection, query, params))
    return to_response(json_reply(content))


def _page(connection: Connection, query: WorklistQuery, params: WorklistParams) -> dict[str, Any]:
    limit = params.limit or PAGE
    rows = page(connection, query, limit + 1, _page_key(query, params))
    return {
        "as_of": moment(query.now),
        "orders": [present_order(row) for row in rows[:limit]],
        "next_cursor": write_cursor(query, key_of(rows[limit - 1])) if len(rows) > limit else None,
        "total": count(connection, query) if params.count else None,
    }


def _page_key(query: WorklistQuery, params: WorklistParams) -> Any:
    return None if params.cursor is None else read_cursor(query, params.cursor)


def _format_of(accept: str) -> str:
    return "csv" if CSV in accept else "xlsx" if XLSX in accept else "json"


def _file(kind: str, query: WorklistQuery, params: WorklistParams, services: Services) -> Response:
    limit = params.limit or services.settings.max_rows
    rows = services.database.read(lambda connection: page(connection, query, limit, _page_key(query, params)))
    zone = services.settings.zone
    content, media = (csv_file(rows, zone), CSV) if kind == "csv" else (xlsx_file(rows, zone, query.now), XLSX)
    headers = {"content-disposition": f'attachment; filename="worklist.{kind}"'}
    return Response(content, headers=headers, media_type=media)


@router.get("/v1/orders/{order_id}", response_model=OrderReply, responses=replies({"headers": VERSION}, 404, 422, 503))
def get_order(order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """One order: its risk and the factors with their evidence, readiness, blockers, and what was decided."""
    now, settings, usual = services.clock(), services.settings, services.daily_context.active_model().pack_times
    content, version = services.database.read(
        lambda connection: order_page(connection, order_id, caller, now, settings, usual)
    )
    return to_response(json_reply(content, headers={"etag": etag_of(version)}))


@router.get("/v1/orders/{order_id}/history", response_model=HistoryReply, responses=READS)
def get_history(
    order_id: OrderId, services: CurrentServices, caller: CurrentCaller, cursor: Cursor = None, limit: Limit = PAGE
) -> Response:
    """The order's scores over time, the latest first, each with what caused it."""
    content = services.database.read(lambda connection: score_history(connection, order_id, caller, cursor, limit))
    return to_response(json_reply(content))


@router.post(
    "/v1/orders/{order_id}/decisions",
    response_model=DecisionResult,
    responses=replies({"headers": VERSION}, 400, 404, 412, 413, 422, 428, 503, 507),
)
def post_decision(
    request: Request,
    order_id: OrderId,
    decision: DecisionRequest,
    body: Body,
    services: CurrentServices,
    caller: CurrentCaller,
    version: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Record what somebody decides: acknowledge, assign, snooze, expedite, override, comment. It is an event.

    ``If-Match`` is the ETag of the order as it was read: 412 if something has been recorded since, 428 without it.
    A snooze ends before the working day before the promise; a late order cannot be snoozed: 422.
    """
    scoring_context = services.scoring_context("decision")

    def job(connection: Connection) -> StoredReply:
        change, seq, snooze = decide(connection, order_id, decision, version, caller, scoring_context)
        decisions = present_decisions(events_of(connection, [order_id]))
        content = present_change(change) | {"snooze": present_snooze(snooze), "decisions": decisions}
        return json_reply(content, headers={"etag": etag_of(seq)}, effect=Effect(order_id, decision.kind))

    return write_once(services, request, caller, body, key, job)
