"""How fresh the scores are."""

from __future__ import annotations

from fastapi import APIRouter, Response

from serving.api.dependencies import Wired, problems, sent
from serving.api.presenters import moment, reply
from serving.contract.orders import FreshnessReply
from serving.principal import Calling
from serving.store.tables.status import freshness

router = APIRouter(tags=["orders"])


@router.get("/v1/freshness", response_model=FreshnessReply, responses=problems(503))
def get_freshness(wired: Wired, caller: Calling) -> Response:
    """How far the scoring of open orders is: what is due now, the oldest score, and when the next ones come."""
    now = wired.clock()
    found = wired.database.read(lambda connection: freshness(connection, now, caller.plants))
    return sent(reply({"as_of": moment(now)} | found))
