"""What became of orders since a moment: worse, better, new, late, shipped, gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from serving.api.order_details import present_events
from serving.api.presenters import present_order
from serving.contract.decision import DECISION
from serving.principal import Caller
from serving.scores.services import Services
from serving.store.period_reads import first_score_at, moved_since, order_rows
from serving.store.schema import LISTED
from serving.store.tables.events import events_of

Group = Literal["late", "worse", "better", "new", "shipped", "cancelled"]
GROUPS: tuple[Group, ...] = get_args(Group)
"""What is told, the worst first; an order is in one group at most."""
WORTH_TELLING = 0.05
"""A risk that moved by less, in probability, is as it was."""
ROUTINE = ("operation.", "order_line.created", "goods.")
"""How the types begin that are told last: there are many, and they seldom surprise."""
HINDERS = {"hold.placed", "short", "failed", "production.rescheduled", "operation.scrapped"}
HELPS = {"hold.released", "available", "passed", "goods.issued"}
"""Types and states of what stands in the way of an order, and of what clears it."""
CONDITION = "readiness.stated"
REPLACED = (CONDITION, "material.stated")
"""Of these the last statement of a condition or component counts; what it replaced is over."""
EventName = tuple[str, str]
"""An event's source and id."""


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


def scored_from(services: Services) -> int | None:
    """Since when orders have scores to compare with, microseconds; ``None`` where none has one."""
    return services.database.read(first_score_at)


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
    if state in ("shipped", "cancelled"):
        return state if before != state else None
    if state == "late":
        return "late" if before != "late" else None
    if before not in LISTED:
        return "new"
    if row["risk"] is None or row["before_risk"] is None:
        return None
    points = row["risk"] - row["before_risk"]
    return None if abs(points) < WORTH_TELLING else "worse" if points > 0 else "better"


def describe_orders(
    services: Services,
    order_ids: Mapping[str, Collection[EventName]] | Sequence[str],
    since: int = 0,
    *,
    good_first: bool = False,
) -> dict[str, dict[str, Any]]:
    """By order, its row as the worklist has it, and as ``recorded`` what was stated of it, in sentences.

    Parameters
    ----------
    order_ids : of orders that the caller may see; with sources and ids of events only those are told
    since : only what was recorded after a moment, microseconds
    good_first : what helps is told before what hinders, and bookings last in either case
    """
    named = order_ids if isinstance(order_ids, Mapping) else None

    def read(connection: Connection) -> dict[str, dict[str, Any]]:
        rows = order_rows(connection, list(order_ids))
        own: dict[str, list[Any]] = {order_id: [] for order_id in rows}
        for event in events_of(connection, list(rows)):
            own[event.order_id].append(event)
        chosen = {
            order_id: _choose(own[order_id], since, None if named is None else named[order_id]) for order_id in rows
        }
        return {
            order_id: {
                **present_order(row),
                "recorded": _sentences(services, own[order_id], chosen[order_id], good_first),
            }
            for order_id, row in rows.items()
        }

    return services.database.read(read) if order_ids else {}


def _choose(events: Iterable[Any], since: int, named: Collection[EventName] | None) -> set[EventName]:
    """Which events are to be told; of those that nobody names, decisions are what planners know already."""
    if named is not None:
        return set(named)
    return {(one.source, one.event_id) for one in events if one.recorded_at > since and one.type != DECISION}


def _sentences(services: Services, events: list[Any], chosen: set[EventName], good_first: bool) -> list[str]:
    """Each sentence once; of equal weight the latest first, what was replaced since then last."""
    shown = present_events(events, services.clock(), services.settings) if chosen else []
    wanted = [one for one in shown if _name_of(one) in chosen]
    over = _replaced(wanted)
    wanted.sort(key=lambda one: (_name_of(one) in over, _turn(one, good_first)))
    return list(dict.fromkeys(one["sentence"] for one in wanted))


def _name_of(event: Mapping[str, Any]) -> EventName:
    return event["source"], event["id"]


def _replaced(events: Iterable[Mapping[str, Any]]) -> set[EventName]:
    """Of events, the latest first, those of a condition or component that one further up has replaced."""
    replaced: set[EventName] = set()
    about: set[tuple[Any, ...]] = set()
    for one in events:
        thing = tuple(one[name] for name in ("type", "kind", "reference", "line_id"))
        if one["type"] in REPLACED and thing in about:
            replaced.add(_name_of(one))
        about.add(thing)
    return replaced


def _turn(event: Mapping[str, Any], good_first: bool) -> int:
    first, second = (HELPS, HINDERS) if good_first else (HINDERS, HELPS)
    names = {event["type"], event["state"]}
    if names & first:
        return 0
    if event["type"] == CONDITION:
        return 1 if event["state"] == ("met" if good_first else "not_met") else 3
    return 4 if event["type"].startswith(ROUTINE) else 3 if names & second else 2
