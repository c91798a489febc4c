"""Systems that only say "order 4711 changed" and re-send it whole: what changed is found by difference."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from features.readiness.statements import Said, said_of
from serving.auth.plant_scope import require_seen
from serving.contract.order_state import OrderState
from serving.ingest.ingest import Change, Taken, take_in
from serving.ingest.state_diff import missing_events
from serving.principal import Caller
from serving.problems import InvalidBody
from serving.scores.occasion import Occasion
from serving.store.locks import lock_orders
from serving.store.tables.events import events_of, history_of
from serving.store.tables.orders import words_of
from serving.store.tables.scores import latest_scores


def bring_up_to(connection: Connection, order_id: str, state: OrderState, caller: Caller, occasion: Occasion) -> Taken:
    """Store the events that lead from what is known of an order to its present state; none where there is none.

    Raises ``InvalidBody`` where one of them would not hold; then none is stored.
    """
    lock_orders(connection, [order_id])
    said = _known(connection, order_id, caller, occasion.now)
    missing = missing_events(order_id, state, said, occasion.now, occasion.settings.zone)
    taken = take_in(connection, missing, occasion, caller)
    wrong = [error for event in taken.events for error in event.errors]
    if wrong:
        shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in wrong[:5])
        raise InvalidBody(f"the state must lead to events that hold, got {shown}", wrong)
    if taken.events or not said:
        return taken
    stands = latest_scores(connection, [order_id]).get(order_id)
    return replace(taken, orders=[Change(order_id, stands, stands)])


def _known(connection: Connection, order_id: str, caller: Caller, now: int) -> list[Said]:
    events = events_of(connection, [order_id])
    if not events:
        return []
    require_seen(caller, words_of(connection, order_id)["plant"], order_id)
    return said_of(history_of(events), 0, now)
