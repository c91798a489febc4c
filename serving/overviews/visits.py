"""The last visit of who reads: kept with their key, so that it is the same at every desk."""

from __future__ import annotations

import time
from collections import OrderedDict

from features.errors import ShipriskError
from features.times import HOUR
from serving.principal import Caller
from serving.scores.services import Services
from serving.store.tables import visits

GAP = HOUR
"""After so long without a page, microseconds, another visit begins."""
NOTED_EVERY, MOST = 60.0, 1_000
"""Seconds in which a visit is written down once, and of so many callers."""


class VisitLog:
    """Writes down who opens pages, at most once a minute each."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, float] = OrderedDict()

    def note(self, services: Services, caller: Caller) -> None:
        """Write down that somebody opened a page now; a store that takes no writes keeps no page from opening."""
        seconds = time.monotonic()
        if seconds - self._noted.get(caller.id, -NOTED_EVERY) < NOTED_EVERY:
            return
        self._noted[caller.id] = seconds
        if len(self._noted) > MOST:
            self._noted.popitem(last=False)
        now = services.clock()
        try:
            services.database.write(lambda connection: visits.note_visit(connection, caller.id, now, GAP))
        except ShipriskError:
            self._noted.pop(caller.id, None)


def visit_before(services: Services, caller: Caller) -> int | None:
    """When the visit before this one ended, microseconds; ``None`` where this is the first."""
    return services.database.read(lambda connection: visits.last_visit(connection, caller.id))
