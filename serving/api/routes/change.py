"""Why risks move: of one order between two moments, and of all orders in a period."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from serving.api.change_reply import order_change
from serving.api.dependencies import READS, CurrentServices, OrderId, problems, to_response
from serving.api.impact_reply import impact_reply
from serving.api.presenters import json_reply
from serving.contract.change import ChangeParams, ChangeReply
from serving.contract.impact import ImpactParams, ImpactReply
from serving.models.cache import LoadedModel, load_version
from serving.principal import CurrentCaller
from serving.scores.replay import LoadVersion
from serving.scores.services import Services

router = APIRouter(tags=["change"])


@router.get("/v1/orders/{order_id}/change", response_model=ChangeReply, responses=READS)
def get_change(
    order_id: OrderId, params: Annotated[ChangeParams, Query()], services: CurrentServices, caller: CurrentCaller
) -> Response:
    """Why the risk of the order moved: by each event, as time passed, with the morning's context, by a new model."""
    now, settings, load = services.clock(), services.settings, _loader(services)
    content = services.database.read(
        lambda connection: order_change(connection, order_id, params, caller, now, load, settings)
    )
    return to_response(json_reply(content))


def _loader(services: Services) -> LoadVersion:
    """Loads a version that has scored; the one that scores now is at hand."""
    scorer = services.daily_context.active_model().scorer

    def load(name: str, version: str, run_id: str) -> LoadedModel:
        champion = scorer.loaded if scorer else None
        if champion and (champion.name, champion.version, champion.run_id) == (name, version, run_id):
            return champion
        return load_version(services.settings, name, version, run_id)

    return load


@router.get("/v1/impact", response_model=ImpactReply, responses=problems(422, 503))
def get_impact(params: Annotated[ImpactParams, Query()], services: CurrentServices, caller: CurrentCaller) -> Response:
    """What added risk and what removed it in a period, by what its events say; computed when it is asked for."""
    return to_response(json_reply(impact_reply(params, services, caller)))
