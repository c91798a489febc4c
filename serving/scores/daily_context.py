"""What scores now: the champion, with load and track record as they were this morning."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from sqlalchemy import Connection

from features.context.context import Context
from features.times import plant_calendar
from serving.clock import Clock
from serving.models.scorer import Scorer
from serving.problems import NotReady
from serving.scores.occasion import Standing
from serving.store.bulk_reads import context_of
from serving.store.database import Database
from serving.store.tables.contexts import context_key, latest_morning, load_context, save_context, set_morning
from serving.store.tables.idempotency import forget


class Mornings:
    """Puts the champion and the latest morning's context together, in memory; ``refresh`` looks for a newer one.

    Parameters
    ----------
    ready : the champion's scorer; raises ``NotReady`` while there is none
    pinned : a context that stays, whatever the mornings bring
    """

    def __init__(
        self, ready: Callable[[], Scorer], database: Database, clock: Clock, pinned: Context | None = None
    ) -> None:
        self._ready = ready
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self.pinned = pinned is not None
        self._context = pinned
        self._key = context_key(pinned) if pinned else ""
        self._standing: tuple[Scorer, str, Standing] | None = None
        self._kept: set[str] = set()

    def scorer(self) -> Scorer:
        """The scorer of this moment. Raises ``NotReady`` while there is no model."""
        found = self.standing().scorer
        return found if found is not None else self._ready()

    def standing(self) -> Standing:
        """The same with the context's id, ``Standing(None, "")`` while there is no model."""
        try:
            champion = self._ready()
        except NotReady:
            return Standing(None, "")
        with self._lock:
            if self._standing is None or self._standing[:2] != (champion, self._key):
                self._standing = champion, self._key, self._put_together(champion)
            return self._standing[2]

    def _put_together(self, champion: Scorer) -> Standing:
        if self._context is None:
            return Standing(champion, context_key(champion.context))
        return Standing(Scorer(champion.champion, self._context), self._key)

    def kept(self) -> Standing:
        """The same, its context kept in the database: what a score that is stored must rest on."""
        found = self.standing()
        if found.scorer is not None and found.context_id not in self._kept:
            context, now = found.scorer.context, self._clock()
            self._database.write(lambda connection: save_context(connection, context, now))
            self._kept.add(found.context_id)
        return found

    def refresh(self) -> bool:
        """Take over the latest morning's context; whether it is another one."""
        if self.pinned:
            return False
        return self._database.read(self._refresh)

    def _refresh(self, connection: Connection) -> bool:
        morning = latest_morning(connection)
        if morning is None or morning[1] == self._key:
            return False
        context = load_context(connection, morning[1])
        if context is not None:
            with self._lock:
                self._context, self._key = context, morning[1]
            self._kept.add(morning[1])
        return context is not None


def day_of(now: int, zone: str) -> int:
    """Days since 1970-01-01 in the plant's zone."""
    return int(plant_calendar(zone).day(np.array([now]))[0])


def begin_day(database: Database, now: int, zone: str) -> bool:
    """Build load and track record from all that is stored, for today's scores; whether there was anything."""
    context = context_of(database, plant_calendar(zone))
    if context is None:
        return False

    def keep(connection: Connection) -> None:
        set_morning(connection, day_of(now, zone), save_context(connection, context, now), now)
        forget(connection, now)

    database.write(keep)
    return True
