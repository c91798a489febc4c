"""Scores that stay fresh: silence changes risk, so open orders are scored again as time passes and models change."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from features.errors import ShipriskError
from features.times import SECOND
from serving.clock import system_clock
from serving.scores.daily_context import begin_day, day_of
from serving.scores.projection import Made
from serving.scores.rescore import remember, rescore
from serving.scores.services import Wiring
from serving.store.locks import lock_orders
from serving.store.tables.contexts import latest_morning
from serving.store.tables.due_scores import due_by_model, due_by_time, unchanged
from serving.store.tables.events import events_of
from serving.store.tables.leases import drop_lease, take_lease

BATCH = 50
"""Orders of one transaction, so that no request waits for long."""
LEASE, LEASED = "freshness", 30 * SECOND
PAUSE, BREATH = 1.0, 0.01
"""Seconds between looks, and between batches."""
LOOK = 60.0
"""Seconds between looks for orders that another model has scored: a process that follows later may still use it."""
Beside = Sequence[Callable[[], AbstractContextManager[None]]]
log = logging.getLogger("shiprisk.freshness")


class Keeper:
    """Keeps scores fresh, in one process of all that share the database.

    ``step`` is one look; a thread calls it again and again, a test calls it by hand.
    """

    def __init__(self, wired: Wiring, seconds: Callable[[], float] = time.monotonic) -> None:
        self._wired = wired
        self._seconds = seconds
        self._holder = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"
        self._leased_until = 0
        self._scored_by: str | None = None
        self._look_at = 0.0

    def step(self) -> int:
        """Do what is due, at most one batch of orders; how many were scored."""
        self._wired.mornings.refresh()
        if not self._leads():
            return 0
        self._begin_day()
        return self._by_time() or self._by_model()

    def _leads(self) -> bool:
        """Whether this process is the one. Leases are about processes, so their clock is the machine's."""
        now = system_clock()
        if self._leased_until - now < LEASED // 2:
            until = now + LEASED
            got = self._wired.database.write(lambda c: take_lease(c, LEASE, self._holder, now, until))
            self._leased_until = until if got else 0
        return self._leased_until > now

    def resign(self) -> None:
        """Let another process take over at once."""
        if self._leased_until:
            self._leased_until = 0
            self._wired.database.write(lambda connection: drop_lease(connection, LEASE, self._holder))

    def _begin_day(self) -> None:
        """Once a day, build load and track record anew."""
        wired, now = self._wired, self._wired.clock()
        if wired.mornings.pinned:
            return
        morning = wired.database.read(latest_morning)
        day = day_of(now, wired.settings.zone)
        if (morning is None or morning[0] < day) and begin_day(wired.database, now, wired.settings.zone):
            wired.mornings.refresh()

    # -- scores ------------------------------------------------------------------------------------------------

    def _by_time(self) -> int:
        now = self._wired.clock()
        due = self._wired.database.read(lambda connection: due_by_time(connection, now, BATCH))
        return self._rescore(due, "tick") if due else 0

    def _by_model(self) -> int:
        scored_by = self._wired.mornings.standing().scored_by
        if not scored_by or (scored_by == self._scored_by and self._seconds() < self._look_at):
            return 0
        due = self._wired.database.read(lambda connection: due_by_model(connection, scored_by, BATCH))
        if not due:
            self._scored_by, self._look_at = scored_by, self._seconds() + LOOK
        return self._rescore(due, "champion") if due else 0

    def _rescore(self, due: Sequence[Any], cause: str) -> int:
        """Compute without holding anything, then write what nothing has happened to since."""
        database, occasion = self._wired.database, self._wired.occasion(cause)
        events = database.read(lambda connection: events_of(connection, [row.order_id for row in due]))
        seen = {row.order_id: row.seq for row in due}
        known = [event for event in events if event.seq <= seen[event.order_id]]
        before = {row.order_id: row.as_of for row in due}
        made = [self._told(one, before[one.order_id]) for one in rescore(known, before, occasion)]

        def write(connection: Connection) -> None:
            lock_orders(connection, list(seen))
            still = unchanged(connection, due)
            remember(connection, [one for one in made if one.order_id in still])

        database.write(write)
        return len(due)

    def _told(self, made: Made, before: int) -> Made:
        """The first tick of a day is its morning."""
        zone, cause = self._wired.settings.zone, made.score["cause"]
        if cause == "tick" and day_of(before, zone) < day_of(made.score["as_of"], zone):
            cause = "morning"
        return replace(made, score=made.score | {"cause": cause})


def again_and_again(step: Callable[[], int], stop: threading.Event) -> None:
    """Look again and again until told to stop; what goes wrong is logged once and tried again."""
    failed = ""
    while not stop.is_set():
        done = 0
        try:
            done = step()
            failed = ""
        except ShipriskError as error:
            if str(error) != failed:
                log.warning("scores are not kept fresh: %s", error)
            failed = str(error)
        except Exception:
            log.exception("scores are not kept fresh")
        stop.wait(BREATH if done else PAUSE)


def keep_fresh(wired: Wiring, stop: threading.Event) -> None:
    """Keep scores fresh until told to stop, and let another process take over then."""
    keeper = Keeper(wired)
    again_and_again(keeper.step, stop)
    with suppress(ShipriskError):
        keeper.resign()
