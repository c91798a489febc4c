"""Moves worth trying in the service: of one order, and of the riskiest open orders. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping

from features.arrays import Ints
from features.decision_points import DecisionPoints
from features.events.schema import COLUMNS, MOMENT
from features.history import History
from features.orders.commitments import OrderStatus
from features.readiness.assessment import Readiness, assess
from features.readiness.pack_time import PackTimes
from features.times import isoformat
from features.what_if.copies import Statement
from features.what_if.moves import Move
from features.what_if.words import RESPONSE
from serving.contract.what_if import MovesParams
from serving.models.scorer import Scorer
from serving.settings import Settings
from serving.store.tables.events import events_of, history_of
from serving.store.tables.worklist import WorklistQuery, page
from serving.what_if.suppose import StoredOrder
from training.what_if.moves import WeighedMove, Weighing, best_of_each, headlines, total, weigh

NOTHING_TO_MOVE = "only an open or late order has moves to weigh, this one is {state}"
NO_DATES = "the model that serves foretells no ship dates, and moves of a late order are weighed by these"
MOST_COPIED_OF_ALL = 600_000
"""Events that are copied for one ``GET /v1/moves``: some seconds of work; orders beyond it are skipped."""


@dataclass(frozen=True)
class ListedOrders:
    """The first orders of a worklist that have a risk, and rows of ``events_of`` of them, in any order."""

    rows: Sequence[RowMapping]
    events: Sequence[Any]


def order_moves(
    stored: StoredOrder, scorer: Scorer, settings: Settings, usual: PackTimes
) -> tuple[dict[str, Any], Readiness]:
    """The moves of an order as ``GET /v1/orders/{order_id}/moves`` has them, and how it stands."""
    history = history_of(stored.events, scorer.model.policy)
    readiness = assess(history, 0, stored.now, settings.zone, usual)
    orders = np.arange(history.n_orders, dtype=np.int64)
    weighing = _weigh(scorer, history, orders, stored.now, settings)
    content = {
        "order_id": stored.order_id,
        "moves": [present_move(one) for one in weighing.moves if one.worth_trying],
        "tried": len(weighing.moves),
        "not_tried": weighing.not_tried,
        "reason": _nothing_to_weigh(readiness.state, scorer),
        **_answered_by(scorer, stored.now),
    }
    return content, readiness


def _nothing_to_weigh(state: OrderStatus, scorer: Scorer) -> str | None:
    if state not in ("open", "late"):
        return NOTHING_TO_MOVE.format(state=state)
    return NO_DATES if state == "late" and scorer.model.ship_dates is None else None


def listed_orders(connection: Connection, query: WorklistQuery, most: int) -> ListedOrders:
    """What ``plant_moves`` reads of the store."""
    rows = [row for row in page(connection, query, most) if row["risk"] is not None]
    return ListedOrders(rows, events_of(connection, sorted(row["order_id"] for row in rows)))


def plant_moves(
    listed: ListedOrders, moment: int, params: MovesParams, scorer: Scorer, settings: Settings
) -> dict[str, Any]:
    """The reply of ``GET /v1/moves``: the moves of the first orders of a worklist, of the first of them first."""
    history = history_of(listed.events, scorer.model.policy)
    now = max([moment, *(row["as_of"] for row in listed.rows)])
    index = {order_id: number for number, order_id in enumerate(history.order_ids.tolist())}
    rows = [row for row in listed.rows if row["order_id"] in index]
    orders = np.array([index[row["order_id"]] for row in rows], dtype=np.int64)
    weighing = _weigh(
        scorer, history, orders, now, settings, [row["value"] for row in rows],
        wanted=lambda move: _asked_for(move, params), most_copied=MOST_COPIED_OF_ALL,
    )  # fmt: skip
    weighed = weighing.moves
    best = best_of_each(weighed)[: params.limit]
    kinds = {one.move.kind for one in best}
    return {
        "headline": total(best, kinds.pop() if len(kinds) == 1 else None),
        "by_kind": headlines(weighed),
        "moves": [present_move(one) for one in best],
        "orders": len(listed.rows) - weighing.skipped,
        "orders_skipped": weighing.skipped,
        "tried": len(weighed),
        "not_tried": weighing.not_tried,
        **_answered_by(scorer, now),
    }


def _asked_for(move: Move, params: MovesParams) -> bool:
    return (params.consent or not move.consent) and (not params.kind or move.kind in params.kind)


def _weigh(
    scorer: Scorer,
    history: History,
    orders: Ints,
    now: int,
    settings: Settings,
    values: Sequence[float | None] | None = None,
    *,
    wanted: Callable[[Move], bool] = lambda _: True,
    most_copied: int | None = None,
) -> Weighing:
    if not len(orders):
        return Weighing([])
    points = DecisionPoints(orders, np.full(len(orders), now, dtype=np.int64))
    return weigh(
        scorer.model, history, points, scorer.context, settings.zone, values, wanted=wanted, most_copied=most_copied
    )


def _answered_by(scorer: Scorer, now: int) -> dict[str, Any]:
    return {
        "as_of": isoformat(now),
        "label": RESPONSE,
        "model": {"name": scorer.loaded.name, "version": scorer.loaded.version},
        **scorer.degradation(now),
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
        "expected_ship": one.answer.expected_ship[0],
        "expected_ship_after": one.answer.expected_ship[1],
        "days_won": one.days_won,
        "by_topic": [{"topic": topic, "points": points} for topic, points in topics] or None,
        "value_at_risk": one.value_removed,
    }


def _event(statement: Statement) -> dict[str, Any]:
    """A statement as a what-if takes it."""
    given = {name: value for name, value in statement.items() if name != "type" and value is not None}
    data = {name: isoformat(value) if COLUMNS[name] == MOMENT else value for name, value in given.items()}
    return {"type": statement["type"], "data": data}
