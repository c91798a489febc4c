"""Stored scores, computed once more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from serving.api.dependencies import READS, CurrentServices, to_response
from serving.api.presenters import json_reply, present_score
from serving.contract.orders import ReplayReply
from serving.models.cache import load_version
from serving.principal import CurrentCaller
from serving.scores.replay import find_score, replay_score

router = APIRouter(tags=["scores"])
ScoreId = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("/v1/scores/{score_id}/replay", response_model=ReplayReply, responses=READS)
def get_replay(score_id: ScoreId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """A stored score, and the same made again from the events it saw, its context and its model: equal bit for bit."""
    settings = services.settings
    score = services.database.read(lambda connection: find_score(connection, score_id, caller))
    replayed = services.database.read(
        lambda connection: replay_score(connection, score, lambda *version: load_version(settings, *version), settings)
    )
    content = {
        "score": present_score(score),
        "again": present_score(replayed["again"]),
        "equal": not replayed["differs"],
    }
    return to_response(json_reply(content | {name: replayed[name] for name in ("differs", "notes")}))
