"""Orders that moved, as the page of changes shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from serving.overviews.movements import GROUPS, Group, Movement, describe_orders
from serving.pages.locale.texts import gettext, message
from serving.pages.rows import path_of
from serving.pages.wording import shown_change
from serving.scores.services import Services

FIRST, ALL = 8, 200
"""Orders of a group that are shown at first, and when all are asked for."""
EVENTS_SHOWN = 2
GOOD = ("better", "shipped")
"""Groups of which what helped is told first."""
TITLES: Mapping[Group, tuple[str, str]] = {
    "late": (message("Missed"), message("the promise has passed and not all has left")),
    "worse": (message("Worse"), message("the risk rose by 5 points or more")),
    "better": (message("Better"), message("the risk fell by 5 points or more")),
    "new": (message("New"), message("listed for the first time, or open again")),
    "shipped": (message("Shipped"), message("nothing is left to ship")),
    "cancelled": (message("Gone"), message("cancelled")),
}
"""What a group is called, and what it means."""


class ChangeGroup(NamedTuple):
    """A group of orders: its first rows, and how many there are."""

    name: Group
    title: str
    means: str
    rows: list[dict[str, Any]]
    total: int


def show_groups(
    services: Services, movements: Mapping[Group, Sequence[Movement]], since: int, only: Group | None
) -> list[ChangeGroup]:
    """The groups that have orders; of the one that is asked for all rows."""
    groups = [group for group in GROUPS if movements[group] and only in (None, group)]
    most = FIRST if only is None else ALL
    described: dict[str, dict[str, Any]] = {}
    for good_first in (False, True):
        own = [group for group in groups if (group in GOOD) == good_first]
        order_ids = [one.order_id for group in own for one in movements[group][:most]]
        described |= describe_orders(services, order_ids, since, good_first=good_first)
    return [_group(group, _rows(movements[group][:most], described), len(movements[group])) for group in groups]


def _group(group: Group, rows: list[dict[str, Any]], total: int) -> ChangeGroup:
    title, means = TITLES[group]
    return ChangeGroup(group, gettext(title), gettext(means), rows, total)


def _rows(movements: Sequence[Movement], described: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [_row(one, described[one.order_id]) for one in movements if one.order_id in described]


def _row(one: Movement, order: dict[str, Any]) -> dict[str, Any]:
    reasons = [reason["text"] for reason in order["reasons"]]
    return {
        **order,
        "path": path_of(one.order_id),
        "before": one.before,
        "change": shown_change(one.before, order["risk"]),
        "why": reasons[0] if reasons and one.group in ("worse", "new") else "",
        "events": order["recorded"][:EVENTS_SHOWN],
        "more_events": len(order["recorded"][EVENTS_SHOWN:]),
    }
