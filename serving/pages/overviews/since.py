"""Since when a page tells what is new: the last visit of who reads, or the moment in its address."""

from __future__ import annotations

from typing import NamedTuple

from features.errors import InvalidRequest
from features.times import DAY, isoformat
from serving.pages.locale.texts import gettext, message, ngettext
from serving.pages.wording import PlantClock
from serving.plant_time import moment_of

MOST_DAYS = 92
"""A moment further back is refused: every order that was scored since is compared."""


class SinceLink(NamedTuple):
    """A moment that can be chosen, in words, as its address has it, and whether it is the chosen one."""

    text: str
    query: str
    chosen: bool


class Since(NamedTuple):
    """A moment, microseconds: that of the last visit, one that was chosen, or a day ago at a first visit.

    ``too_long_ago`` says that the last visit was before what the page goes back to.
    """

    moment: int
    chosen: bool
    first_visit: bool
    too_long_ago: bool = False


def find_since(text: str, visit: int | None, clock: PlantClock) -> Since:
    """Since when is told. Raises ``InvalidRequest`` for what is no moment, lies ahead, or too far back."""
    if not text:
        earliest = clock.now - MOST_DAYS * DAY
        if visit is None or visit >= clock.now:
            return Since(clock.now - DAY, False, True)
        return Since(max(visit, earliest), False, False, visit < earliest)
    moment = moment_of(text, clock.zone, end=False)
    if not clock.now - MOST_DAYS * DAY <= moment < clock.now:
        must = message("since must lie before now (%(now)s), at most %(most)s days back, got %(text)r")
        raise InvalidRequest(gettext(must, now=isoformat(clock.now), most=MOST_DAYS, text=text[:40]))
    return Since(moment, True, visit is None)


def since_links(since: Since, clock: PlantClock) -> list[SinceLink]:
    """Moments worth choosing: the last visit, and the start of some days."""
    links = [SinceLink(gettext("24 hours") if since.first_visit else gettext("Last visit"), "", not since.chosen)]
    for days in (1, 3, 7):
        text = gettext("Since yesterday") if days == 1 else ngettext("%(number)s day", "%(number)s days", days)
        query = clock.ahead(-days)
        links.append(SinceLink(text, query, since.chosen and moment_of(query, clock.zone, end=False) == since.moment))
    return links
