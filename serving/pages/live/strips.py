"""What a reader must know before they believe a page: no model, a poor one, systems that are silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from features.times import DAY
from serving.api.calls import read_latest_records
from serving.models.scorer import Scorer
from serving.overviews.short_memory import ShortMemory
from serving.pages.locale.texts import gettext
from serving.pages.wording import PlantClock, capitalised, plant_clock
from serving.principal import Caller
from serving.problems import NotReady
from serving.scores.services import Services

LOOKED_AT, LASTS, MOST = 4_000, 60.0, 200
"""So many of the latest records tell who is silent; seconds that this holds, for so many sets of plants."""
FEWEST = 20
"""Records of a system from which on its pace is known."""
SILENT_AFTER, TIMES_USUAL = DAY, 3
"""A system is silent after a day, weekends left out, and after so many times its longest pause."""
SATURDAY = 5


class Strip(NamedTuple):
    """A line above a page."""

    what: str
    why: str
    command: str = ""


class Silence(NamedTuple):
    """A system and the moment, microseconds, of its last record."""

    source: str
    since: int


class SilenceCache:
    """Which systems are silent, by the plants that a reader may see."""

    def __init__(self) -> None:
        self._memory = ShortMemory(MOST)

    def silences(self, services: Services, caller: Caller) -> list[Silence]:
        """Those of a reader."""
        clock = plant_clock(services)
        find = lambda: find_silences(read_latest_records(services, caller, LOOKED_AT), clock)  # noqa: E731
        return self._memory.get(caller.plants, LASTS, find)


def find_silences(records: Iterable[tuple[str, int]], clock: PlantClock) -> list[Silence]:
    """The systems of which nothing has come for longer than their pace lets one expect, the longest silent first."""
    moments: dict[str, list[int]] = defaultdict(list)
    for source, recorded_at in records:
        moments[source].append(recorded_at)
    silences = []
    for source, own in moments.items():
        own.sort()
        usual = max((_working_time(begin, end, clock) for begin, end in pairwise(own)), default=0)
        silent = _working_time(own[-1], clock.now, clock)
        if len(own) >= FEWEST and silent > max(SILENT_AFTER, TIMES_USUAL * usual):
            silences.append(Silence(source, own[-1]))
    return sorted(silences, key=lambda silence: silence.since)


def _working_time(begin: int, end: int, clock: PlantClock) -> int:
    """Microseconds between two moments, without those of Saturdays and Sundays; short pauses are taken as they are."""
    if end - begin < SILENT_AFTER:
        return end - begin
    days = (clock.local(moment).weekday() for moment in range(begin + DAY // 2, end, DAY))
    return end - begin - DAY * sum(weekday >= SATURDAY for weekday in days)


def strips_of(services: Services, caller: Caller, cache: SilenceCache) -> list[Strip]:
    """The lines above a page of a reader, the weightiest first."""
    clock = plant_clock(services)
    strips = _of_model(services, clock)
    for silence in cache.silences(services, caller):
        since = clock.dates.day(silence.since)
        what = gettext("No records from %(source)s since %(moment)s.", source=silence.source, moment=since)
        strips.append(Strip(what, gettext("What it has not sent is not in the risks.")))
    return strips


def _of_model(services: Services, clock: PlantClock) -> list[Strip]:
    try:
        scorer = services.daily_context.scorer()
    except NotReady as error:
        why = f"{capitalised(error.public)}."
        return [Strip(gettext("No model serves, so orders have no risk."), why, "shiprisk train EVENTS")]
    reasons = scorer.degraded_because(clock.now)
    return [Strip(_degraded(scorer, clock), f"{'; '.join(reasons)}.")] if reasons else []


def _degraded(scorer: Scorer, clock: PlantClock) -> str:
    since = scorer.loaded.degraded_since
    if since is None:
        return gettext("Risks are not as good as they could be:")
    return gettext("Risks are not as good as they could be since %(moment)s:", moment=clock.dates.day(since))
