"""Scores that were made, made again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from serving.api.dependencies import READS, Wired, sent
from serving.api.presenters import kept_score, reply
from serving.contract.orders import ReplayReply
from serving.models.cache import load_version
from serving.principal import Calling
from serving.scores.replay import replay, stored_score

router = APIRouter(tags=["scores"])
ScoreId = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("/v1/scores/{score_id}/replay", response_model=ReplayReply, responses=READS)
def get_replay(score_id: ScoreId, wired: Wired, caller: Calling) -> Response:
    """A stored score, and the same made again from the events it saw, its context and its model: equal bit for bit."""
    settings = wired.settings
    score = wired.database.read(lambda connection: stored_score(connection, score_id, caller))
    found = wired.database.read(
        lambda connection: replay(connection, score, lambda *version: load_version(settings, *version), settings)
    )
    told = {"score": kept_score(score), "again": kept_score(found["again"]), "equal": not found["differs"]}
    return sent(reply(told | {name: found[name] for name in ("differs", "notes")}))
