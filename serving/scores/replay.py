"""A stored score made again: from the events it saw, the context and the model it rested on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from features.errors import InvalidRequest
from serving.models.cache import LoadedModel, ModelMissing
from serving.models.scorer import Scorer
from serving.principal import Caller
from serving.problems import NotFound
from serving.scores.rescore import rescore_orders
from serving.scores.scoring_context import ActiveModel, ScoringContext
from serving.settings import Settings
from serving.store.schema import SHIP_COLUMNS
from serving.store.tables.contexts import load_context
from serving.store.tables.events import events_of
from serving.store.tables.orders import words_of
from serving.store.tables.scores import score_of

COMPARED = (
    "state",
    "due_at",
    "risk",
    "missed",
    "partial",
    "base_risk",
    "other_points",
    "factors",
    "reasons",
    "cannot_tell",
    "next_at",
)
DATES = (*SHIP_COLUMNS, "ship_date")
"""Compared too, unless the score was made before there were ship dates: then late orders had no ``next_at`` either."""
UNDATED = "the score was made before there were ship dates: they are not compared"
LoadVersion = Callable[[str, str, str], LoadedModel]
"""A model by its name, version and run."""


def find_score(connection: Connection, score_id: int, caller: Caller) -> Mapping[Any, Any]:
    """A score. Raises ``NotFound`` where there is none, or none that the caller may see."""
    score = score_of(connection, score_id)
    if score is None or not caller.sees(words_of(connection, score["order_id"])["plant"]):
        raise NotFound(f"the score must be one that is stored, got {score_id}")
    return score


def replay_score(
    connection: Connection, score: Mapping[Any, Any], load_version: LoadVersion, settings: Settings
) -> dict[str, Any]:
    """The score made again; the columns in which it differs; why it may."""
    active = active_model_of(connection, score, load_version)
    events = [event for event in events_of(connection, [score["order_id"]]) if event.seq <= score["seq"]]
    as_of = {score["order_id"]: score["as_of"]}
    repeated = rescore_orders(events, as_of, ScoringContext(score["cause"], score["as_of"], active, settings))[0].score
    undated = score["ship_date"] is None and repeated["ship_date"] is not None
    left_out = {*(() if score["reasons"] is not None else ("reasons",)), *((*DATES, "next_at") if undated else ())}
    compared = [column for column in (*COMPARED, *DATES) if column not in left_out]
    differs = [column for column in compared if not _same(score[column], repeated[column])]
    notes = [*_notes(score, active), *([UNDATED] if undated else [])]
    return {"again": repeated | {"id": score["id"]}, "differs": differs, "notes": notes}


def active_model_of(connection: Connection, score: Mapping[Any, Any], load_version: LoadVersion) -> ActiveModel:
    """What a stored score rested on. Raises ``InvalidRequest`` where its context or its model is not there any more."""
    if not score["model"]:
        return ActiveModel(None, "")
    context = load_context(connection, score["context_id"])
    if context is None:
        raise InvalidRequest(f"the context of the score must be stored, got none of the id {score['context_id']}")
    try:
        champion = load_version(score["model"], score["model_version"], score["run_id"])
    except ModelMissing as error:
        raise InvalidRequest(str(error), public=error.public) from error
    return ActiveModel(Scorer(champion, context), score["context_id"])


def _same(then: Any, now: Any) -> bool:
    if isinstance(then, float) and isinstance(now, float):
        return then == now and math.copysign(1, then) == math.copysign(1, now)
    return bool(then == now)


def _notes(score: Mapping[Any, Any], active: ActiveModel) -> list[str]:
    notes = []
    if active.features_hash != score["features_hash"]:
        notes.append("the code of a signal has changed since the score was made: it may differ")
    if score["reasons"] is None:
        notes.append("the score was made before there were reasons: they are not compared")
    return notes
