"""What somebody decides about an order: an event like any other, visible to the next planner and to training."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from features.times import isoformat
from serving.auth.plant_scope import require_seen, unknown_order
from serving.contract.cloudevents import PREFIX
from serving.contract.decision import DECISION, UNTIL_CHANGE, DecisionRequest
from serving.ingest.ingest import Change, take_in
from serving.principal import Caller
from serving.problems import Changed, InvalidBody, VersionMissing
from serving.scores.occasion import Occasion
from serving.store.locks import lock_orders
from serving.store.tables.orders import order_of, words_of

SOURCE = "shiprisk"


def etag(seq: int) -> str:
    """The version of an order: the number of its last event."""
    return f'"{seq}"'


def decide(
    connection: Connection,
    order_id: str,
    decision: DecisionRequest,
    version: str | None,
    caller: Caller,
    occasion: Occasion,
) -> tuple[Change, int]:
    """Record a decision at the version its order was read; the order's score before and after, and its new version."""
    lock_orders(connection, [order_id])
    order = order_of(connection, order_id)
    if order is None:
        raise unknown_order(order_id)
    require_seen(caller, words_of(connection, order_id)["plant"], order_id)
    _require_version(version, etag(order["seq"]))
    actor = decision.actor or caller.name
    events = [_event(order_id, said, actor, order["score_id"], occasion.now) for said in _said(decision)]
    taken = take_in(connection, events, occasion, caller)
    wrong = [error for event in taken.events for error in event.errors]
    if wrong:
        raise InvalidBody("; ".join(f"{error['pointer']} {error['detail']}" for error in wrong), wrong)
    change = taken.orders[0]
    return change, int(change.after["seq"]) if change.after else 0


def _require_version(given: str | None, now: str) -> None:
    if given is None:
        raise VersionMissing(f"If-Match must be the ETag of the order as it was read, or *, got none; it is {now} now")
    if given.strip() != "*" and now not in [version.strip() for version in given.split(",")]:
        raise Changed(f"the order must be as it was read, got version {given}, and it is {now} now: read it again")


def _said(decision: DecisionRequest) -> list[dict[str, Any]]:
    """What the event says, and a comment as an event of its own."""
    comment = {"kind": "comment", "reason": decision.comment}
    if decision.kind == "comment":
        return [comment]
    state = decision.owner or (UNTIL_CHANGE if decision.until_change else None)
    said = {"kind": decision.kind, "reason": decision.reason, "state": state, "date": decision.until}
    return [said, comment] if decision.comment else [said]


def _event(order_id: str, said: dict[str, Any], actor: str, score_id: int, now: int) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "source": SOURCE,
        "type": PREFIX + DECISION,
        "subject": order_id,
        "time": isoformat(now),
        "recordedtime": isoformat(now),
        "data": said | {"actor": actor, "reference": str(score_id)},
    }
