"""Moves worth trying in the service: of one order, and of the riskiest open orders. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from features.decision_points import DecisionPoints
from features.events.schema import COLUMNS, MOMENT
from features.history import History
from features.readiness.assessment import status_of
from features.times import isoformat
from features.what_if.copies import Statement
from features.what_if.words import RESPONSE
from serving.contract.what_if import MovesParams
from serving.models.scorer import Scorer
from serving.settings import Settings
from serving.store.tables.events import events_of, history_of
from serving.store.tables.worklist import WorklistQuery, page
from serving.what_if.suppose import StoredOrder
from training.what_if.moves import WeighedMove, best_of_each, headlines, total, weigh_moves

NOT_OPEN = "only an open order has moves to weigh, this one is {state}"


def order_moves(stored: StoredOrder, scorer: Scorer, settings: Settings) -> dict[str, Any]:
    """The reply of ``GET /v1/orders/{order_id}/moves``."""
    history = history_of(stored.events, scorer.model.policy)
    known = int(np.searchsorted(history.recorded, stored.now, side="right"))
    state = status_of(history, 0, known, stored.now)[0]
    weighed = _weigh(scorer, history, stored.now, settings, [None])
    return {
        "order_id": stored.order_id,
        "moves": [present_move(one) for one in weighed if one.worth_trying],
        "tried": len(weighed),
        "reason": None if state == "open" else NOT_OPEN.format(state=state),
        **_answered_by(scorer, stored.now),
    }


def plant_moves(
    connection: Connection, query: WorklistQuery, params: MovesParams, scorer: Scorer, settings: Settings
) -> dict[str, Any]:
    """The reply of ``GET /v1/moves``: the first orders of a worklist, every move of theirs in one batch."""
    rows = {row["order_id"]: row for row in page(connection, query, params.orders) if row["risk"] is not None}
    history = history_of(events_of(connection, sorted(rows)), scorer.model.policy)
    now = max([query.now, *(row["as_of"] for row in rows.values())])
    values = [rows[order_id]["value"] for order_id in history.order_ids.tolist()]
    every = _weigh(scorer, history, now, settings, values)
    weighed = [one for one in every if _asked_for(one, params)]
    best = best_of_each(weighed)[: params.limit]
    kinds = {one.move.kind for one in best}
    return {
        "headline": total(best, kinds.pop() if len(kinds) == 1 else None),
        "by_kind": headlines(weighed),
        "moves": [present_move(one) for one in best],
        "orders": len(rows),
        "tried": len(every),
        **_answered_by(scorer, now),
    }


def _asked_for(one: WeighedMove, params: MovesParams) -> bool:
    return (params.consent or not one.move.consent) and (not params.kind or one.move.kind in params.kind)


def _weigh(
    scorer: Scorer, history: History, now: int, settings: Settings, values: Sequence[float | None]
) -> list[WeighedMove]:
    orders = np.arange(history.n_orders, dtype=np.int64)
    if not len(orders):
        return []
    points = DecisionPoints(orders, np.full(history.n_orders, now, dtype=np.int64))
    return weigh_moves(scorer.model, history, points, scorer.context, settings.zone, values)


def _answered_by(scorer: Scorer, now: int) -> dict[str, Any]:
    reasons = scorer.degraded_because(now)
    return {
        "as_of": isoformat(now),
        "label": RESPONSE,
        "model": {"name": scorer.loaded.name, "version": scorer.loaded.version},
        "degraded": bool(reasons),
        "degraded_because": reasons,
    }


def present_move(one: WeighedMove) -> dict[str, Any]:
    """A move as plain content."""
    topics = sorted((one.answer.by_topic or {}).items(), key=lambda entry: -abs(entry[1]))
    return {
        "order_id": one.order_id,
        "kind": one.move.kind,
        "sentence": one.move.sentence,
        "line_id": one.move.line_id,
        "events": [_event(statement) for statement in one.move.statements],
        "needs_consent": one.move.consent,
        "risk": one.answer.before,
        "risk_after": one.answer.after,
        "points": -one.removed,
        "by_topic": [{"topic": topic, "points": points} for topic, points in topics] or None,
        "value_at_risk": one.value_removed,
    }


def _event(statement: Statement) -> dict[str, Any]:
    """A statement as a what-if takes it."""
    given = {name: value for name, value in statement.items() if name != "type" and value is not None}
    data = {name: isoformat(value) if COLUMNS[name] == MOMENT else value for name, value in given.items()}
    return {"type": statement["type"], "data": data}
