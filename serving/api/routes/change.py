"""Why risks move: of one order between two moments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.api.change_reply import order_change
from serving.api.dependencies import READS, CurrentServices, OrderId, to_response
from serving.api.presenters import json_reply
from serving.contract.change import ChangeParams, ChangeReply
from serving.models.cache import load_version
from serving.principal import CurrentCaller

router = APIRouter(tags=["change"])


@router.get("/v1/orders/{order_id}/change", response_model=ChangeReply, responses=READS)
def get_change(
    order_id: OrderId, params: Annotated[ChangeParams, Query()], services: CurrentServices, caller: CurrentCaller
) -> Response:
    """Why the risk of the order moved: by each event, as time passed, with the morning's context, by a new model."""
    now, settings = services.clock(), services.settings

    content = services.database.read(
        lambda connection: order_change(
            connection, order_id, params, caller, now, lambda *version: load_version(settings, *version), settings
        )
    )
    return to_response(json_reply(content))
