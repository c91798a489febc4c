"""What became of orders since a moment: worse, better, new, late, shipped, gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from serving.api.order_details import present_events
from serving.api.presenters import present_order
from serving.contract.decision import DECISION
from serving.principal import Caller
from serving.scores.services import Services
from serving.store.period_reads import moved_since, order_rows
from serving.store.tables.events import events_of

Group = Literal["late", "worse", "better", "new", "shipped", "cancelled"]
GROUPS: tuple[Group, ...] = get_args(Group)
"""What is told, the worst first; an order is in one group at most."""
WORTH_TELLING = 0.05
"""A risk that moved by less, in probability, is as it was."""
LISTED, CLOSED = ("open", "late", "unpromised"), ("shipped", "cancelled")


@dataclass(frozen=True)
class Movement:
    """An order then and now.

    Attributes
    ----------
    before, after : risks, ``None`` where there was none
    """

    order_id: str
    group: Group
    before: float | None
    after: float | None

    @property
    def points(self) -> float:
        """By how much the risk rose, in probability; 0 where one of both is none."""
        return 0.0 if self.before is None or self.after is None else self.after - self.before


def find_movements(services: Services, since: int, caller: Caller) -> dict[Group, list[Movement]]:
    """By group, the orders that the caller may see and that moved since a moment, those that moved most first."""
    rows = services.database.read(lambda connection: moved_since(connection, since, caller.plants))
    return group_movements(rows)


def group_movements(rows: Iterable[Mapping[Any, Any]]) -> dict[Group, list[Movement]]:
    """Rows of ``moved_since`` by group."""
    groups: dict[Group, list[Movement]] = {group: [] for group in GROUPS}
    for row in rows:
        group = _group(row)
        if group is not None:
            groups[group].append(Movement(row["order_id"], group, row["before_risk"], row["risk"]))
    for movements in groups.values():
        movements.sort(key=lambda one: (-abs(one.points), -(one.after or 0.0), one.order_id))
    return groups


def _group(row: Mapping[Any, Any]) -> Group | None:
    state, before = row["state"], row["before_state"]
    if state in CLOSED:
        ends: dict[str, Group] = {"shipped": "shipped", "cancelled": "cancelled"}
        return ends[state] if before != state else None
    if state == "late":
        return "late" if before != "late" else None
    if before not in LISTED:
        return "new"
    if row["risk"] is None or row["before_risk"] is None:
        return None
    points = row["risk"] - row["before_risk"]
    return None if abs(points) < WORTH_TELLING else "worse" if points > 0 else "better"


def describe_orders(services: Services, order_ids: list[str], since: int) -> dict[str, dict[str, Any]]:
    """By order, its row as the worklist has it, and what was recorded of it since, in sentences, the latest first.

    ``order_ids`` are of orders that the caller may see.
    """

    def read(connection: Connection) -> dict[str, dict[str, Any]]:
        rows, events = order_rows(connection, order_ids), events_of(connection, order_ids)
        own: dict[str, list[Any]] = {order_id: [] for order_id in rows}
        for event in events:
            own[event.order_id].append(event)
        now = services.clock()
        return {
            order_id: {**present_order(row), "recorded": _recorded(services, own[order_id], since, now)}
            for order_id, row in rows.items()
        }

    return services.database.read(read) if order_ids else {}


def _recorded(services: Services, events: list[Any], since: int, now: int) -> list[str]:
    """What was recorded after a moment; decisions are what planners know already."""
    new = {(event.source, event.event_id) for event in events if event.recorded_at > since and event.type != DECISION}
    shown = present_events(events, now, services.settings) if new else []
    return _once(event["sentence"] for event in shown if (event["source"], event["id"]) in new)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
