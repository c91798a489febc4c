"""Rows of the worklist's files with what was decided last about their orders, and only snoozes that last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping

from features.times import plant_calendar
from serving.contract.decision import DECISION
from serving.scores.decision_state import PAST, latest_decisions
from serving.store.period_reads import typed_events_of


def with_decisions(connection: Connection, rows: Sequence[RowMapping], now: int, zone: str) -> list[dict[str, Any]]:
    """The rows, each with ``last_decision`` in words and ``snoozed_until`` where that lies ahead and holds."""
    decided = [row["order_id"] for row in rows if row["decision"] is not None]
    latest = latest_decisions(typed_events_of(connection, DECISION, decided))
    return [
        {
            **{str(name): value for name, value in row.items()},
            "snoozed_until": row["snoozed_until"] if _is_put_off(row, now) else None,
            "last_decision": _words(latest[row["order_id"]], zone) if row["order_id"] in latest else None,
        }
        for row in rows
    ]


def day_of(moment: int, zone: str) -> str:
    """The day of a moment at the plant, ISO 8601."""
    return datetime.fromtimestamp(moment / 1e6, ZoneInfo(plant_calendar(zone).zone)).date().isoformat()


def _is_put_off(row: RowMapping, now: int) -> bool:
    until, due = row["snoozed_until"], row["due_at"]
    return until is not None and until > now and row["state"] != "late" and (due is None or due >= now)


def _words(event: Any, zone: str) -> str:
    to = f" to {event.state or 'nobody'}" if event.kind == "assign" else ""
    return f"{event.actor or 'somebody'} {PAST.get(event.kind, event.kind)}{to}, {day_of(event.recorded_at, zone)}"
