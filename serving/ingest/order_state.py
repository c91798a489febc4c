"""Systems that only say "order 4711 changed" and re-send it whole: what changed is found by difference."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from features.readiness.statements import KnownOrder
from serving.auth.plant_scope import require_seen
from serving.contract.order_state import OrderSnapshot
from serving.ingest.ingest import IngestResult, ScoreChange, ingest_events
from serving.ingest.state_diff import missing_events
from serving.principal import Caller
from serving.problems import InvalidBody
from serving.scores.scoring_context import ScoringContext
from serving.store.locks import lock_orders
from serving.store.tables.events import events_of, history_of
from serving.store.tables.orders import words_of
from serving.store.tables.scores import latest_scores


def ingest_snapshot(
    connection: Connection, order_id: str, snapshot: OrderSnapshot, caller: Caller, scoring_context: ScoringContext
) -> IngestResult:
    """Store the events that lead from what is known of an order to its present state; none where there is none.

    Raises ``InvalidBody`` where one of them would not hold; then none is stored.
    """
    lock_orders(connection, [order_id])
    known = _known_order(connection, order_id, caller, scoring_context.now)
    missing = missing_events(order_id, snapshot, known, scoring_context.now, scoring_context.settings.zone)
    result = ingest_events(connection, missing, scoring_context, caller)
    errors = [error for event in result.events for error in event.errors]
    if errors:
        shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in errors[:5])
        raise InvalidBody(f"the state must lead to events that hold, got {shown}", errors)
    if result.events or not known.events:
        return result
    latest = latest_scores(connection, [order_id]).get(order_id)
    return replace(result, orders=[ScoreChange(order_id, latest, latest)])


def _known_order(connection: Connection, order_id: str, caller: Caller, now: int) -> KnownOrder:
    events = events_of(connection, [order_id])
    if not events:
        return KnownOrder()
    require_seen(caller, words_of(connection, order_id)["plant"], order_id)
    return KnownOrder(history_of(events), 0, now)
