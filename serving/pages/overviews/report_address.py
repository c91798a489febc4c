"""The address of the production page: which week, by which view, and whether all of it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from serving.api.dependencies import CurrentServices
from serving.overviews.causes import CauseView
from serving.overviews.weeks import Week, find_week
from serving.pages.locale.texts import gettext, language, message
from serving.pages.wording import PlantClock

VIEWS: dict[CauseView, str] = {
    "cause": message("By cause"),
    "hold": message("By hold"),
    "reason": message("By reason"),
    "work_center": message("By work centre"),
    "component": message("By component"),
    "reschedule": message("By reschedule"),
}
"""In words, what a week can be looked at by."""


@dataclass(frozen=True)
class ReportAddress:
    """What the address asks for."""

    week: Week
    view: CauseView
    whole: bool
    clock: PlantClock

    def query(self, **changed: str) -> str:
        """The address's question, with other values in the place of some."""
        asked = {"week": self.week.monday.isoformat(), "by": str(self.view)} | changed
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def in_words(self) -> str:
        """The week, from its first day to its last."""
        return gettext("%(first)s to %(last)s", first=self.day(self.week, 0), last=self.day(self.week, 6))

    def day(self, week: Week, number: int) -> str:
        """A day of a week, its year where it is another one than now."""
        return self.clock.dates.written(week.monday + timedelta(days=number))

    def begin(self, week: Week) -> str:
        """The day that a week begins with, below a bar: of all weeks it is a Monday."""
        return language().day_of_month(week.monday, year=week.monday.year != self.clock.today.year)

    @property
    def before(self) -> str:
        """The question about the week before."""
        return self.query(week=(self.week.monday - timedelta(days=7)).isoformat())

    @property
    def after(self) -> str:
        """The question about the week after, empty where that has not begun."""
        following = self.week.monday + timedelta(days=7)
        return self.query(week=following.isoformat()) if self.week.over and following <= self.clock.today else ""


def report_address(
    services: CurrentServices,
    week: Annotated[str, Query(max_length=40)] = "",
    by: CauseView = "cause",
    whole: bool = False,
) -> ReportAddress:
    """What a request for the production page, or for a part of it, asks."""
    now, zone = services.clock(), services.settings.zone
    return ReportAddress(find_week(week or None, now, zone), by, whole, PlantClock(now, zone))


AskedReport = Annotated[ReportAddress, Depends(report_address)]
