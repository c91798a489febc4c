"""Stored scores: computed from the stored events of some orders, and written with what they move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection

from features.arrays import Ints
from features.history import History
from serving.models.scorer import OrderScore
from serving.models.ship_date import ShipDate
from serving.scores.projection import NewScore, pack, points_at, project
from serving.scores.scoring_context import ActiveModel, ScoringContext
from serving.store.dialects import insert_new, upsert
from serving.store.schema import LATER, SHIP_COLUMNS, order_words, orders, scores
from serving.store.tables.events import history_of
from serving.telemetry.metrics import scoring
from training.ship_date.forecast import day_number

FACTORS = 5
"""So many factors of a score are stored."""
INSERT = scores.insert().returning(scores.c.order_id, scores.c.id)


def rescore_orders(events: Sequence[Any], earliest: dict[str, int], scoring_context: ScoringContext) -> list[NewScore]:
    """New scores of the orders whose events these are, by order id.

    Parameters
    ----------
    events : rows of ``serving.store.tables.events.events_of``
    earliest : the moment of each order's latest score, where it has one: no score goes back behind it
    """
    if not events:
        return []
    history = history_of(events, scoring_context.policy)
    as_of = np.array(
        [max(earliest.get(order_id, 0), scoring_context.now) for order_id in history.order_ids], dtype=np.int64
    )
    with scoring(scoring_context.cause, history.n_orders):
        new_scores = _scores(history, as_of, scoring_context.active)
    return project(events, history, as_of, new_scores, scoring_context)


def _scores(history: History, as_of: Ints, active: ActiveModel) -> list[dict[str, Any]]:
    """The score of each order as columns of the table; without a model none of them."""
    if active.scorer is None:
        return [_UNSCORED] * history.n_orders
    champion = active.scorer.loaded
    identity = {
        "model": champion.name,
        "model_version": champion.version,
        "run_id": champion.run_id,
        "features_hash": active.features_hash,
        "context_id": active.context_id,
    }
    return [identity | _columns(score) for score in active.scorer.score(history, points_at(history, as_of), FACTORS)]


def _columns(score: OrderScore) -> dict[str, Any]:
    return {
        "risk": score.risk,
        "missed": score.missed,
        "partial": score.partial,
        "base_risk": score.base_risk,
        "other_points": score.other_points,
        "cannot_tell": orjson.dumps(score.cannot_tell).decode(),
        "factors": pack(score.factors),
        "reasons": pack(score.reasons),
        **_ship_columns(score.ship_date),
    }


def _ship_columns(ship_date: ShipDate | None) -> dict[str, Any]:
    """A ship date as numbers that a list is sorted by, and as it is shown."""
    if ship_date is None:
        return dict.fromkeys((*SHIP_COLUMNS, "ship_date"))
    days = (ship_date.expected, ship_date.earliest, ship_date.latest)
    numbers = [LATER if day is None else day_number(day) for day in days]
    days_late = LATER if ship_date.days_late is None else ship_date.days_late
    return dict(zip(SHIP_COLUMNS, (*numbers, days_late), strict=True)) | {"ship_date": pack(ship_date)}


_UNSCORED = dict.fromkeys(("risk", "missed", "partial", "base_risk", "other_points")) | {
    **_ship_columns(None),
    **dict.fromkeys(("model", "model_version", "run_id", "features_hash", "context_id"), ""),
    "factors": pack([]),
    "reasons": pack([]),
    "cannot_tell": "[]",
}


def save_scores(connection: Connection, new_scores: Sequence[NewScore]) -> dict[str, int]:
    """Write new scores and what they move; the id of each order's score."""
    if not new_scores:
        return {}
    ids = {row.order_id: row.id for row in connection.execute(INSERT, [score.score for score in new_scores])}
    save_orders(connection, new_scores, ids)
    return ids


def save_orders(connection: Connection, new_scores: Sequence[NewScore], ids: dict[str, int]) -> None:
    """Write what the worklist reads."""
    rows = [score.order | {"score_id": ids[score.order_id]} for score in new_scores]
    connection.execute(upsert(connection, orders, ["order_id"]), rows)
    words = [
        {"dimension": dimension, "word": word, "order_id": score.order_id}
        for score in new_scores
        for dimension, word in score.words
    ]
    if words:
        connection.execute(insert_new(connection, order_words), words)
