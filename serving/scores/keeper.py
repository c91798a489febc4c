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
from serving.scores.projection import NewScore
from serving.scores.rescore import rescore_orders, save_scores
from serving.scores.services import Services
from serving.store.locks import lock_orders
from serving.store.tables.contexts import latest_morning
from serving.store.tables.due_scores import due_by_model, due_by_time, unchanged
from serving.store.tables.events import events_of
from serving.store.tables.leases import drop_lease, take_lease

BATCH = 50
"""Orders of one transaction, so that no request waits for long."""
LEASE_NAME, LEASE_TIME = "freshness", 30 * SECOND
PAUSE, BATCH_PAUSE = 1.0, 0.01
"""Seconds between looks, and between batches."""
LOOK = 60.0
"""Seconds between looks for orders that another model has scored: a process that follows later may still use it."""
Background = Sequence[Callable[[], AbstractContextManager[None]]]
log = logging.getLogger("shiprisk.freshness")


class Keeper:
    """Keeps scores fresh, in one process of all that share the database.

    ``step`` is one look; a thread calls it again and again, a test calls it by hand.
    """

    def __init__(self, services: Services, seconds: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._seconds = seconds
        self._holder = f"{socket.gethostname()} {os.getpid()} {uuid4().hex[:8]}"
        self._leased_until = 0
        self._scored_by: str | None = None
        self._look_at = 0.0

    def step(self) -> int:
        """Do what is due, at most one batch of orders; how many were scored."""
        self._services.daily_context.refresh()
        if not self._leads():
            return 0
        self._begin_day()
        return self._by_time() or self._by_model()

    def _leads(self) -> bool:
        """Whether this process is the one. Leases are about processes, so their clock is the machine's."""
        now = system_clock()
        if self._leased_until - now < LEASE_TIME // 2:
            until = now + LEASE_TIME
            got = self._services.database.write(lambda c: take_lease(c, LEASE_NAME, self._holder, now, until))
            self._leased_until = until if got else 0
        return self._leased_until > now

    def resign(self) -> None:
        """Let another process take over at once."""
        if self._leased_until:
            self._leased_until = 0
            self._services.database.write(lambda connection: drop_lease(connection, LEASE_NAME, self._holder))

    def _begin_day(self) -> None:
        """Once a day, build what mornings bring anew; and where that of the day is by another policy or champion."""
        services, now = self._services, self._services.clock()
        if services.daily_context.pinned:
            return
        morning = services.database.read(latest_morning)
        settings = services.settings
        stale = morning is None or morning.day < day_of(now, settings.zone)
        stale = stale or not services.daily_context.reads(morning.context_id if morning else "")
        stale = stale or services.daily_context.lacks_levels()
        model = services.daily_context.model_or_none()
        if stale and begin_day(services.database, now, settings.zone, settings.policy, model):
            services.daily_context.refresh()

    # -- scores ------------------------------------------------------------------------------------------------

    def _by_time(self) -> int:
        now = self._services.clock()
        due = self._services.database.read(lambda connection: due_by_time(connection, now, BATCH))
        return self._rescore(due, "tick") if due else 0

    def _by_model(self) -> int:
        scored_by = self._services.daily_context.active_model().scored_by
        if not scored_by or (scored_by == self._scored_by and self._seconds() < self._look_at):
            return 0
        due = self._services.database.read(lambda connection: due_by_model(connection, scored_by, BATCH))
        if not due:
            self._scored_by, self._look_at = scored_by, self._seconds() + LOOK
        return self._rescore(due, "champion") if due else 0

    def _rescore(self, due: Sequence[Any], cause: str) -> int:
        """Compute without holding anything, then write what nothing has happened to since."""
        database, scoring_context = self._services.database, self._services.scoring_context(cause)
        events = database.read(lambda connection: events_of(connection, [row.order_id for row in due]))
        scored_until = {row.order_id: row.seq for row in due}
        events_seen = [event for event in events if event.seq <= scored_until[event.order_id]]
        before = {row.order_id: row.as_of for row in due}
        new_scores = rescore_orders(events_seen, before, scoring_context)
        new_scores = [self._with_cause(one, before[one.order_id]) for one in new_scores]

        def write(connection: Connection) -> None:
            lock_orders(connection, list(scored_until))
            still_due = unchanged(connection, due)
            save_scores(connection, [one for one in new_scores if one.order_id in still_due])

        database.write(write)
        return len(due)

    def _with_cause(self, new_score: NewScore, before: int) -> NewScore:
        """The first tick of a day is its morning."""
        zone, cause = self._services.settings.zone, new_score.score["cause"]
        if cause == "tick" and day_of(before, zone) < day_of(new_score.score["as_of"], zone):
            cause = "morning"
        return replace(new_score, score=new_score.score | {"cause": cause})


def run_repeatedly(step: Callable[[], int], stop: threading.Event) -> None:
    """Look again and again until ``stop`` is set; what goes wrong is logged once and tried again."""
    failure = ""
    while not stop.is_set():
        scored = 0
        try:
            scored = step()
            failure = ""
        except ShipriskError as error:
            if str(error) != failure:
                log.warning("scores are not kept fresh: %s", error)
            failure = str(error)
        except Exception:
            log.exception("scores are not kept fresh")
        stop.wait(BATCH_PAUSE if scored else PAUSE)


def keep_fresh(services: Services, stop: threading.Event) -> None:
    """Keep scores fresh until ``stop`` is set, and let another process take over then."""
    keeper = Keeper(services)
    run_repeatedly(keeper.step, stop)
    with suppress(ShipriskError):
        keeper.resign()
