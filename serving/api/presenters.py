"""Rows of the store as the contract has them, as plain content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from features.events import EventKey
from features.readiness.assessment import Condition, Readiness
from features.readiness.blockers import Blocker
from features.readiness.kinds import BlockerKind, kinds_of
from features.readiness.lateness import Lateness
from features.times import LATEST, isoformat
from serving.contract.decision import DECISION, UNTIL_CHANGE
from serving.ingest.ingest import IngestResult, ScoreChange
from serving.ingest.states.snapshot import SnapshotResult
from serving.models.scorer import REASONS
from serving.scores.projection import unpack, unpack_ship_date
from serving.scores.scoring_context import NO_MODEL, ActiveModel
from serving.scores.snooze import Snooze
from serving.store.schema import LATER, SHIP_DAYS
from serving.store.tables.events import Outcome
from serving.store.tables.idempotency import Effect, StoredReply
from training.ship_date.forecast import iso_day

OUTCOMES: tuple[Outcome, ...] = ("accepted", "duplicate", "conflict", "rejected")
SHOWN = ("plant", "customer", "item", "value", "risk", "missed", "partial", "base_risk", "value_at_risk")


def json_reply(
    content: Any, status: int = 200, headers: dict[str, str] | None = None, effect: Effect | None = None
) -> StoredReply:
    """Content that we made ourselves, as JSON; it is not validated again."""
    return StoredReply(status, orjson.dumps(content), headers or {}, effect)


def effect_of(result: IngestResult) -> Effect:
    """What the events of a request did to the store."""
    outcomes: dict[str, int] = {outcome: result.count(outcome) for outcome in OUTCOMES}
    orders = {event.order_id for event in result.events if event.order_id}
    detail = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items() if count)
    return Effect(orders.pop() if len(orders) == 1 else None, detail, outcomes)


def moment(micros: int | None) -> str | None:
    """A moment of the store as ISO 8601."""
    return None if micros is None else isoformat(micros)


def reason_of(state: str, *, scored: bool) -> str | None:
    """Why an order is not scored by the model, ``None`` where it is."""
    return REASONS.get(state) or (None if scored else NO_MODEL)


def kinds_in_the_way(row: Mapping[Any, Any]) -> Sequence[BlockerKind] | None:
    """The kinds of what is in the way, what stops it first before the others; ``None`` while nobody has looked."""
    bits, in_order = row["blocking"], row["blockers"]
    return None if bits is None else kinds_of(bits) if in_order is None else in_order.split()


def ship_columns(row: Mapping[Any, Any]) -> dict[str, Any]:
    """When an order ships, from the columns of its row; ``None`` for what is later than any day asked about."""
    days = {name: None if row[name] in (None, LATER) else iso_day(row[name]) for name in SHIP_DAYS}
    return days | {"days_late": None if row["days_late"] == LATER else row["days_late"]}


def present_score(row: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    """A row of the scores."""
    if row is None:
        return None
    scored = bool(row["model"])
    return {
        "score_id": row["id"],
        "as_of": moment(row["as_of"]),
        "cause": row["cause"],
        "state": row["state"],
        "due_at": moment(row["due_at"]),
        **{name: row[name] for name in ("risk", "missed", "partial", "base_risk")},
        "ship_date": unpack_ship_date(row["ship_date"]),
        "reasons": unpack(row["reasons"]),
        "factors": unpack(row["factors"]),
        "other_points": row["other_points"],
        "cannot_tell": orjson.loads(row["cannot_tell"]),
        "reason": reason_of(row["state"], scored=scored),
        "model": {"name": row["model"], "version": row["model_version"]} if scored else None,
        "features_hash": row["features_hash"],
        "context_id": row["context_id"],
        "next_score_at": moment(row["next_at"]),
    }


def present_change(change: ScoreChange) -> dict[str, Any]:
    """An order before and after."""
    return {"order_id": change.order_id, "before": present_score(change.before), "after": present_score(change.after)}


def present_ingest(result: IngestResult, active: ActiveModel) -> dict[str, Any]:
    """The reply to events."""
    context = active.scorer.context if active.scorer else None
    return {
        "as_of": moment(result.as_of),
        "accepted": result.count("accepted"),
        "duplicates": result.count("duplicate"),
        "conflicts": result.count("conflict"),
        "rejected": result.count("rejected"),
        "ordered_by_precedence": result.ordered_by_precedence,
        "ordered_by_id": result.ordered_by_id,
        "events": [
            {
                "index": index,
                "source": event.source,
                "id": event.id,
                "order_id": event.order_id,
                "outcome": event.outcome,
                "errors": list(event.errors),
                "warnings": list(event.warnings),
            }
            for index, event in enumerate(result.events)
        ],
        "orders": [present_change(change) for change in result.orders],
        "context_known_until": moment(context.known_until if context else None),
        **active.degradation(result.as_of),
    }


def present_snapshot(snapshot_result: SnapshotResult, active: ActiveModel) -> dict[str, Any]:
    """The reply to a state: that to events, each with its type, and how many were derived of each."""
    content = present_ingest(snapshot_result.result, active)
    events = zip(content["events"], snapshot_result.types, strict=True)
    return content | {
        "events": [event | {"type": kind} for event, kind in events],
        "derived": snapshot_result.derived,
    }


def present_order(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of the worklist."""
    return {
        "order_id": row["order_id"],
        "state": row["state"],
        "due_at": moment(row["due_at"]),
        **{name: row[name] for name in SHOWN},
        **ship_columns(row),
        "reasons": orjson.loads(row["reasons"]),
        "factors": orjson.loads(row["factors"]),
        "cannot_tell": orjson.loads(row["cannot_tell"]),
        "blockers": kinds_in_the_way(row),
        "main_blocker": row["main_blocker"] or None,
        "shippable": None if row["shippable"] is None else bool(row["shippable"]),
        "owner": row["owner"],
        "snoozed_until": None if row["snoozed_until"] == LATEST else moment(row["snoozed_until"]),
        "snoozed_until_change": bool(row["snoozed_until_change"]),
        "decision": row["decision"],
        "score_id": row["score_id"],
        "as_of": moment(row["as_of"]),
        "next_score_at": moment(row["next_at"]),
        "reason": reason_of(row["state"], scored=bool(row["scored_by"])),
    }


def present_decision(event: Any) -> dict[str, Any]:
    """A decision, from its event."""
    return {
        "source": event.source,
        "id": event.event_id,
        "recorded_at": moment(event.recorded_at),
        "kind": event.kind,
        "actor": event.actor,
        "reason": event.reason,
        "owner": event.state if event.kind == "assign" else None,
        "until": moment(event.date) if event.kind == "snooze" else None,
        "until_change": event.kind == "snooze" and event.state == UNTIL_CHANGE,
        "score_id": event.reference,
    }


def present_snooze(snooze: Snooze | None) -> dict[str, Any] | None:
    """How long an order is put off."""
    if snooze is None:
        return None
    until, asked = moment(snooze.until), moment(snooze.asked)
    return {"until": until, "asked": asked, "cut": snooze.cut, "sentence": snooze.sentence}


def present_decisions(events: Sequence[Any]) -> list[dict[str, Any]]:
    """The decisions among an order's events, the latest first."""
    return [present_decision(event) for event in reversed(events) if event.type == DECISION]


def present_audit_record(row: Mapping[Any, Any]) -> dict[str, Any]:
    """An entry of the audit trail."""
    return {str(name): value for name, value in row.items()} | {"at": moment(row["at"])}


def present_readiness(readiness: Readiness) -> dict[str, Any]:
    """Readiness and blockers."""
    return {
        "as_of": moment(readiness.as_of),
        "shippable": readiness.shippable,
        "lateness": _lateness(readiness.lateness),
        "conditions": [_condition(condition) for condition in readiness.conditions],
        "blockers": [_blocker(blocker) for blocker in readiness.blockers],
        "not_due": [_blocker(blocker) for blocker in readiness.not_due],
    }


def present_why_late(readiness: Readiness) -> dict[str, Any]:
    """Why an order is late, and what is in the way now."""
    blockers = [_blocker(blocker) for blocker in readiness.blockers if not blocker.moot]
    return {"lateness": _lateness(readiness.lateness), "blockers": blockers}


def _lateness(late: Lateness | None) -> dict[str, Any] | None:
    if late is None:
        return None
    lines = [
        {
            "line_id": line.line_id,
            "sentence": line.sentence,
            "promised": moment(line.promised),
            "left_at": moment(line.left_at),
            "days_late": line.days_late,
            "events": _keys(line.events),
        }
        for line in late.lines
    ]
    return {"lines": lines, "still_to_ship": late.still_to_ship or None}


def _condition(condition: Condition) -> dict[str, Any]:
    said_by = condition.said_by
    return {
        "kind": condition.kind,
        "standing": condition.standing,
        "state": condition.state,
        "since": moment(condition.since),
        "source": said_by.source if said_by else None,
        "actor": said_by.actor if said_by else None,
        "reason": condition.reason,
        "lines_met": list(condition.lines_met),
        "lines_not_met": list(condition.lines_not_met),
        "lines_not_stated": list(condition.lines_not_stated),
        "events": _keys(condition.events),
    }


def _blocker(blocker: Blocker) -> dict[str, Any]:
    return {
        "kind": blocker.kind,
        "rule": blocker.rule,
        "what": blocker.what,
        "sentence": blocker.sentence,
        "since": moment(blocker.since),
        "expected": moment(blocker.expected),
        "overdue": blocker.overdue,
        "due_from": moment(blocker.due_from),
        "moot": blocker.moot,
        "lines": list(blocker.lines),
        "events": _keys(blocker.events),
    }


def _keys(events: Sequence[EventKey]) -> list[dict[str, str]]:
    return [{"source": event.source, "id": event.id} for event in events]
