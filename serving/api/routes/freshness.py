"""How fresh the scores are."""

from __future__ import annotations

from fastapi import APIRouter, Response

from serving.api.dependencies import CurrentServices, problems, to_response
from serving.api.presenters import json_reply, moment
from serving.contract.orders import FreshnessReply
from serving.principal import CurrentCaller
from serving.store.tables.status import freshness

router = APIRouter(tags=["orders"])


@router.get("/v1/freshness", response_model=FreshnessReply, responses=problems(503))
def get_freshness(services: CurrentServices, caller: CurrentCaller) -> Response:
    """How far the scoring of open orders is: what is due now, the oldest score, and when the next ones come."""
    now = services.clock()
    content = services.database.read(lambda connection: freshness(connection, now, caller.plants))
    return to_response(json_reply({"as_of": moment(now)} | content))
