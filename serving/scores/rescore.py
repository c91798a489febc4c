"""Scores that are kept: made from the stored events of some orders, and written with what they move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from features.arrays import Ints
from features.history import History
from serving.models.scorer import OrderScore
from serving.scores.occasion import Occasion, Standing
from serving.scores.projection import Made, _points, packed, project
from serving.store.dialects import insert_new, upsert
from serving.store.schema import order_words, orders, scores
from serving.store.tables.events import history_of
from serving.telemetry.metrics import scoring

FACTORS = 5
"""So many factors of a score are kept."""
ADDED = scores.insert().returning(scores.c.order_id, scores.c.id)
UNSCORED = "no model was there to score the order with"


def rescore(events: Sequence[Any], earliest: dict[str, int], occasion: Occasion) -> list[Made]:
    """New scores of the orders whose events these are, by order id.

    Parameters
    ----------
    events : rows of ``serving.store.tables.events.events_of``
    earliest : the moment of each order's latest score, where it has one: no score goes back behind it
    """
    if not events:
        return []
    history = history_of(events)
    as_of = np.array([max(earliest.get(order_id, 0), occasion.now) for order_id in history.order_ids], dtype=np.int64)
    with scoring(occasion.cause, history.n_orders):
        made = _scores(history, as_of, occasion.standing)
    return project(events, history, as_of, made, occasion)


def _scores(history: History, as_of: Ints, standing: Standing) -> list[dict[str, Any]]:
    """The score of each order as columns of the table; without a model none of them."""
    if standing.scorer is None:
        return [_UNSCORED] * history.n_orders
    champion = standing.scorer.champion
    by = {
        "model": champion.name,
        "model_version": champion.version,
        "run_id": champion.run_id,
        "features_hash": standing.features_hash,
        "context_id": standing.context_id,
    }
    return [by | _columns(score) for score in standing.scorer.score(history, _points(history, as_of), FACTORS)]


def _columns(score: OrderScore) -> dict[str, Any]:
    return {
        "risk": score.risk,
        "missed": score.missed,
        "partial": score.partial,
        "base_risk": score.base_risk,
        "other_points": score.other_points,
        "factors": packed(score.factors),
    }


_UNSCORED = dict.fromkeys(("risk", "missed", "partial", "base_risk", "other_points")) | {
    **dict.fromkeys(("model", "model_version", "run_id", "features_hash", "context_id"), ""),
    "factors": packed([]),
}


def remember(connection: Connection, made: Sequence[Made]) -> dict[str, int]:
    """Write new scores and what they move; the id of each order's score."""
    if not made:
        return {}
    ids = {row.order_id: row.id for row in connection.execute(ADDED, [one.score for one in made])}
    keep(connection, made, ids)
    return ids


def keep(connection: Connection, made: Sequence[Made], ids: dict[str, int]) -> None:
    """Write what the worklist reads."""
    rows = [one.order | {"score_id": ids[one.order_id]} for one in made]
    connection.execute(upsert(connection, orders, ["order_id"]), rows)
    words = [
        {"dimension": dimension, "word": word, "order_id": one.order_id}
        for one in made
        for dimension, word in one.words
    ]
    if words:
        connection.execute(insert_new(connection, order_words), words)
