"""Why risks move: of one order between two moments, and of all orders in a period."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.api.calls import read_change
from serving.api.dependencies import READS, CurrentServices, OrderId, problems, to_response
from serving.api.impact_reply import impact_reply
from serving.api.presenters import json_reply
from serving.contract.change import ChangeParams, ChangeReply
from serving.contract.impact import ImpactParams, ImpactReply
from serving.principal import CurrentCaller

router = APIRouter(tags=["change"])


@router.get("/v1/orders/{order_id}/change", response_model=ChangeReply, responses=READS)
def get_change(
    order_id: OrderId, params: Annotated[ChangeParams, Query()], services: CurrentServices, caller: CurrentCaller
) -> Response:
    """Why the risk of the order moved: by each event, as time passed, with the morning's context, by a new model."""
    return to_response(json_reply(read_change(services, order_id, params, caller)))


@router.get("/v1/impact", response_model=ImpactReply, responses=problems(422, 503))
def get_impact(params: Annotated[ImpactParams, Query()], services: CurrentServices, caller: CurrentCaller) -> Response:
    """What added risk and what removed it in a period, by what its events say; computed when it is asked for."""
    return to_response(json_reply(impact_reply(params, services, caller)))
