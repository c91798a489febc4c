"""What added risk in a week, as the production page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.overviews.causes import NEW_LINE
from serving.overviews.movements import describe_orders
from serving.overviews.short_memory import ShortMemory
from serving.overviews.week_impact import CauseSum, WeekSums, orders_behind, remembers, sum_week, trend_of, week_steps
from serving.overviews.weeks import weeks_before
from serving.pages.overviews.report_address import ReportAddress
from serving.pages.overviews.trend import Trend, WeekBars, draw_trend, draw_weeks
from serving.pages.rows import path_of
from serving.principal import Caller
from serving.scores.services import Services

CAUSES_SHOWN, ORDERS_SHOWN, ORDERS_ALONE = 12, 8, 100
"""So many causes, orders beside a cause, and orders on a page of their own."""
WEEKS = 7
"""So many weeks make a trend, the chosen one among them."""


@dataclass(frozen=True)
class CauseRow:
    """A cause and its trend; ``share`` of what the first cause added, for the length of its bar."""

    cause: CauseSum
    share: float
    trend: Trend | None


@dataclass(frozen=True)
class CauseTable:
    """The causes of a week that added most, what the others added, and the weeks before where they are known.

    New lines, which nobody at the plant decides, come behind all other causes; ``of_new_lines`` is what they added
    where they are among the others.
    """

    rows: list[CauseRow]
    sums: WeekSums
    others: int
    others_added: float
    of_new_lines: float
    weeks: WeekBars | None


def show_causes(
    memory: ShortMemory, services: Services, asked: ReportAddress, caller: Caller, *, with_trend: bool
) -> CauseTable:
    """The table of a week; its trend takes the weeks before, which is work unless they are remembered."""
    sums = sum_week(week_steps(memory, services, asked.week, caller), asked.view)
    weekly = _weekly(memory, services, asked, caller) if with_trend else None
    trends = (
        {name: draw_trend(values) for name, values in trend_of([one for _, one in weekly]).items()} if weekly else {}
    )
    added = adding_causes(sums)[:CAUSES_SHOWN]
    rest = [one for one in sums.causes if one not in added]
    most = max((one.added for one in added), default=0.0) or 1.0
    return CauseTable(
        rows=[CauseRow(one, one.added / most, trends.get(one.name)) for one in added],
        sums=sums,
        others=len(rest),
        others_added=sum(one.added for one in rest),
        of_new_lines=sum(one.added for one in rest if one.name == NEW_LINE),
        weeks=draw_weeks([(name, one.added, one.removed) for name, one in weekly]) if weekly else None,
    )


def adding_causes(sums: WeekSums) -> list[CauseSum]:
    """The causes that added risk, those that added most first, and new lines last."""
    return sorted((one for one in sums.causes if one.added > 0), key=lambda one: one.name == NEW_LINE)


def knows_causes(memory: ShortMemory, services: Services, asked: ReportAddress, caller: Caller) -> bool:
    """Whether the table is at hand, so that the page need not wait for it."""
    return remembers(memory, services, asked.week, caller)


def _weekly(
    memory: ShortMemory, services: Services, asked: ReportAddress, caller: Caller
) -> list[tuple[str, WeekSums]]:
    weeks = weeks_before(asked.week, WEEKS, asked.clock.now, asked.clock.zone)
    return [(asked.begin(week), sum_week(week_steps(memory, services, week, caller), asked.view)) for week in weeks]


def show_orders_behind(
    memory: ShortMemory, services: Services, asked: ReportAddress, name: str, caller: Caller, most: int
) -> tuple[list[dict[str, Any]], int]:
    """The orders behind a figure, those that the cause added most to first, and how many there are."""
    behind = orders_behind(week_steps(memory, services, asked.week, caller), asked.view, name)
    shown = behind[:most]
    described = describe_orders(services, {one.order_id: one.events for one in shown})
    rows = [
        {**described[one.order_id], "path": path_of(one.order_id), "added": one.added, "removed": one.removed}
        for one in shown
        if one.order_id in described
    ]
    return rows, len(behind)


def first_blocked(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Value at risk by what stops an order first, the most first, each with its share of the most."""
    stops = [dict(row) for row in rows if row["first_value_at_risk"] > 0]
    stops.sort(key=lambda row: -row["first_value_at_risk"])
    most = max((row["first_value_at_risk"] for row in stops), default=0.0) or 1.0
    return [
        row
        | {
            "share": row["first_value_at_risk"] / most,
            "top": [(one["order_id"], path_of(one["order_id"])) for one in row["top_orders"][:4]],
        }
        for row in stops
    ]
