"""An order may have so many events and lines and no more: each score reads all of them, and none may hold up others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection

from serving.ingest.validation import EventResult
from serving.settings import Settings
from serving.store.tables.events import counts_of, key_of, known_keys, lines_of

Line = tuple[str | None, str | None]
"""The name of a line, and that of an instalment."""


class OrderLimits(NamedTuple):
    """How much one order may have."""

    events: int
    lines: int


def limits_of(settings: Settings) -> OrderLimits:
    """What the settings allow."""
    return OrderLimits(settings.max_order_events, settings.max_order_lines)


def refuse_overgrown(
    connection: Connection, requests: Sequence[list[EventResult]], limits: OrderLimits
) -> list[list[EventResult]]:
    """Refuse new events of orders that would have too many events or lines; those stored may be sent again."""
    rows = [event.row for events in requests for event in events if event.row]
    coming = Counter(row["order_id"] for row in rows)
    stored = counts_of(connection, list(coming))
    large = {order_id for order_id, count in coming.items() if stored[order_id] + count > min(limits)}
    if not large:
        return list(requests)
    new = _new_rows(connection, [row for row in rows if row["order_id"] in large])
    growth = Counter(row["order_id"] for row in new.values())
    full = {order_id for order_id in large if stored[order_id] + growth[order_id] > limits.events}
    lines = lines_of(connection, sorted(large))
    broad = _broad(new.values(), lines, limits.lines)

    def checked(event: EventResult) -> EventResult:
        row = event.row
        if row is None or key_of(row) not in new:
            return event
        order_id = row["order_id"]
        if order_id in full:
            return _refused(event, "events", limits.events, stored[order_id], "SHIPRISK_MAX_ORDER_EVENTS")
        if order_id in broad and _line(row) not in lines.get(order_id, ()):
            return _refused(event, "lines", limits.lines, len(lines.get(order_id, ())), "SHIPRISK_MAX_ORDER_LINES")
        return event

    return [[checked(event) for event in events] for events in requests]


def _new_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Those that are not stored, by source and id."""
    by_key = {key_of(row): row for row in rows}
    known = known_keys(connection, list(by_key))
    return {key: row for key, row in by_key.items() if key not in known}


def _broad(new: Iterable[dict[str, Any]], lines: Mapping[str, set[Line]], most: int) -> set[str]:
    """The orders that would have too many lines."""
    more: dict[str, set[Line]] = {}
    for row in new:
        more.setdefault(row["order_id"], set()).add(_line(row))
    return {order_id for order_id, added in more.items() if len(added | lines.get(order_id, set())) > most}


def _line(row: Mapping[str, Any]) -> Line:
    return row["line_id"], row["instalment"]


def _refused(event: EventResult, what: str, most: int, stored: int, setting: str) -> EventResult:
    detail = (
        f"must be of an order that has at most {most:,} {what} with all that is sent, got one that has {stored:,}"
        f" stored: split it, or raise {setting}"
    )
    return replace(event, outcome="rejected", errors=({"pointer": "/subject", "detail": detail},), row=None)
