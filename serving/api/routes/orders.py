"""The worklist, one order, its scores over time, and decisions about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy import Connection

from serving.api.cursors import read_cursor, write_cursor
from serving.api.dependencies import READS, Body, IdempotencyKey, OrderId, Wired, answered, replies, sent
from serving.api.export import CSV, XLSX, csv_file, xlsx_file
from serving.api.order_queries import order_page, scores_over_time, wanted_by
from serving.api.presenters import changed, decisions, moment, order_row, reply
from serving.contract.decision import DecidedReply, DecisionRequest
from serving.contract.orders import (
    HistoryReply,
    OrderReply,
    WorklistQuery,
    WorklistReply,
)
from serving.ingest.decisions import decide, etag
from serving.principal import Calling
from serving.scores.services import Wiring
from serving.store.tables.events import events_of
from serving.store.tables.idempotency import Done, Kept
from serving.store.tables.worklist import Wanted, count, key_of, page

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
def get_orders(request: Request, query: Annotated[WorklistQuery, Query()], wired: Wired, caller: Calling) -> Response:
    """The worklist: open and late orders, the riskiest first, as they were last scored.

    Nothing moves without an event, a tick or a new model. As CSV or XLSX the whole list, not a page.
    """
    wanted = wanted_by(query, caller, wired.clock(), wired.settings)
    kind = query.format or _accepted(request.headers.get("accept", ""))
    if kind != "json":
        return _file(kind, wanted, query, wired)
    content = wired.database.read(lambda connection: _page(connection, wanted, query))
    return sent(reply(content))


def _page(connection: Connection, wanted: Wanted, query: WorklistQuery) -> dict[str, Any]:
    limit = query.limit or PAGE
    rows = page(connection, wanted, limit + 1, _begin(wanted, query))
    return {
        "as_of": moment(wanted.now),
        "orders": [order_row(row) for row in rows[:limit]],
        "next_cursor": write_cursor(wanted, key_of(rows[limit - 1])) if len(rows) > limit else None,
        "total": count(connection, wanted) if query.count else None,
    }


def _begin(wanted: Wanted, query: WorklistQuery) -> Any:
    return None if query.cursor is None else read_cursor(wanted, query.cursor)


def _accepted(accept: str) -> str:
    return "csv" if CSV in accept else "xlsx" if XLSX in accept else "json"


def _file(kind: str, wanted: Wanted, query: WorklistQuery, wired: Wiring) -> Response:
    limit = query.limit or wired.settings.max_rows
    rows = wired.database.read(lambda connection: page(connection, wanted, limit, _begin(wanted, query)))
    content, media = (csv_file(rows), CSV) if kind == "csv" else (xlsx_file(rows), XLSX)
    named = {"content-disposition": f'attachment; filename="worklist.{kind}"'}
    return Response(content, headers=named, media_type=media)


@router.get("/v1/orders/{order_id}", response_model=OrderReply, responses=replies({"headers": VERSION}, 404, 422, 503))
def get_order(order_id: OrderId, wired: Wired, caller: Calling) -> Response:
    """One order: its risk and the factors with their evidence, readiness, blockers, and what was decided."""
    now, settings = wired.clock(), wired.settings
    content, version = wired.database.read(lambda connection: order_page(connection, order_id, caller, now, settings))
    return sent(reply(content, headers={"etag": etag(version)}))


@router.get("/v1/orders/{order_id}/history", response_model=HistoryReply, responses=READS)
def get_history(
    order_id: OrderId, wired: Wired, caller: Calling, cursor: Cursor = None, limit: Limit = PAGE
) -> Response:
    """The order's scores over time, the latest first, each with what caused it."""
    content = wired.database.read(lambda connection: scores_over_time(connection, order_id, caller, cursor, limit))
    return sent(reply(content))


@router.post(
    "/v1/orders/{order_id}/decisions",
    response_model=DecidedReply,
    responses=replies({"headers": VERSION}, 400, 404, 412, 413, 422, 428, 503, 507),
)
def post_decision(
    request: Request,
    order_id: OrderId,
    decision: DecisionRequest,
    body: Body,
    wired: Wired,
    caller: Calling,
    version: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Record what somebody decides: acknowledge, assign, snooze, expedite, override, comment. It is an event.

    ``If-Match`` is the ETag of the order as it was read: 412 if something has been recorded since, 428 without it.
    """
    occasion = wired.occasion("decision")

    def job(connection: Connection) -> Kept:
        change, seq = decide(connection, order_id, decision, version, caller, occasion)
        told = changed(change) | {"decisions": decisions(events_of(connection, [order_id]))}
        return reply(told, headers={"etag": etag(seq)}, done=Done(order_id, decision.kind))

    return answered(wired, request, caller, body, key, job)
