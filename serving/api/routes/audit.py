"""Who did what, when, and how it ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.api.dependencies import CurrentServices, problems, to_response
from serving.api.presenters import json_reply, present_audit_record
from serving.contract.audit import AuditReply
from serving.store.tables.audit import entries

router = APIRouter(tags=["audit"])
Limit = Annotated[int, Query(ge=1, le=500)]
Before = Annotated[int | None, Query(ge=1, lt=1 << 63, description="The next_cursor of the page before")]
Who = Annotated[str | None, Query(min_length=1, max_length=512, description="A key's id")]
Order = Annotated[str | None, Query(min_length=1, max_length=512)]


@router.get("/v1/audit", response_model=AuditReply, responses=problems(422, 503))
def get_audit(
    services: CurrentServices, limit: Limit = 50, cursor: Before = None, who: Who = None, order_id: Order = None
) -> Response:
    """The audit trail, the latest first: writes, refusals, what became of keys, and which champion scored."""
    rows = services.database.read(lambda connection: entries(connection, limit + 1, cursor, who, order_id))
    following = rows[limit - 1]["id"] if len(rows) > limit else None
    shown = [present_audit_record(row) for row in rows[:limit]]
    return to_response(json_reply({"entries": shown, "next_cursor": following}))
