"""What somebody decides about an order: an event like any other, visible to the next planner and to training."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, RowMapping

from features.times import isoformat
from serving.auth.plant_scope import require_seen, unknown_order
from serving.contract.cloudevents import PREFIX
from serving.contract.decision import DECISION, UNTIL_CHANGE, DecisionRequest
from serving.ingest.ingest import ScoreChange, ingest_events
from serving.plant_time import date_of
from serving.principal import Caller
from serving.problems import InvalidBody, VersionMismatch, VersionMissing
from serving.scores.scoring_context import ScoringContext
from serving.scores.snooze import Snooze, agree_snooze
from serving.store.locks import lock_orders
from serving.store.tables.orders import order_of, words_of

SOURCE = "shiprisk"


class DecisionOutcome(NamedTuple):
    """The order's score before and after a decision, its new version, and how long it is put off if it was."""

    change: ScoreChange
    seq: int
    snooze: Snooze | None


def etag_of(seq: int) -> str:
    """The version of an order: the number of its last event."""
    return f'"{seq}"'


def decide(
    connection: Connection,
    order_id: str,
    decision: DecisionRequest,
    version: str | None,
    caller: Caller,
    scoring_context: ScoringContext,
) -> DecisionOutcome:
    """Record a decision at the version its order was read.

    Raises ``InvalidRequest`` for a snooze that the order's promise does not allow.
    """
    lock_orders(connection, [order_id])
    order = order_of(connection, order_id)
    if order is None:
        raise unknown_order(order_id)
    require_seen(caller, words_of(connection, order_id)["plant"], order_id)
    _require_version(version, etag_of(order["seq"]))
    actor, now = decision.actor or caller.name, scoring_context.now
    snooze = _snooze(order, decision, now, scoring_context.settings.zone) if decision.kind == "snooze" else None
    contents = _decision_events(decision, snooze)
    events = [_event(order_id, data, actor, order["score_id"], now) for data in contents]
    result = ingest_events(connection, events, scoring_context, caller)
    wrong = [error for event in result.events for error in event.errors]
    if wrong:
        raise InvalidBody("; ".join(f"{error['pointer']} {error['detail']}" for error in wrong), wrong)
    change = result.orders[0]
    return DecisionOutcome(change, int(change.after["seq"]) if change.after else 0, snooze)


def _snooze(order: RowMapping, decision: DecisionRequest, now: int, zone: str) -> Snooze:
    asked = None if decision.until is None else date_of(decision.until, zone)
    return agree_snooze(order["order_id"], order["due_at"], asked, now, zone)


def _require_version(if_match: str | None, current: str) -> None:
    if if_match is None:
        raise VersionMissing(
            f"If-Match must be the ETag of the order as it was read, or *, got none; it is {current} now"
        )
    if if_match.strip() != "*" and current not in [version.strip() for version in if_match.split(",")]:
        raise VersionMismatch(
            f"the order must be as it was read, got version {if_match}, and it is {current} now: read it again"
        )


def _decision_events(decision: DecisionRequest, snooze: Snooze | None) -> list[dict[str, Any]]:
    """What the event says, and a comment as an event of its own."""
    comment = {"kind": "comment", "reason": decision.comment}
    if decision.kind == "comment":
        return [comment]
    state = (decision.owner or "").strip() or (UNTIL_CHANGE if decision.until_change else None)
    until = None if snooze is None or snooze.until is None else isoformat(snooze.until)
    data = {"kind": decision.kind, "reason": decision.reason, "state": state, "date": until}
    return [data, comment] if decision.comment else [data]


def _event(order_id: str, data: dict[str, Any], actor: str, score_id: int, now: int) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "source": SOURCE,
        "type": PREFIX + DECISION,
        "subject": order_id,
        "time": isoformat(now),
        "recordedtime": isoformat(now),
        "data": data | {"actor": actor, "reference": str(score_id)},
    }
