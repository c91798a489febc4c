"""The active model: the champion, with load, track record and levels as they were this morning."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from sqlalchemy import Connection

from features.context.context import Context, policy_id
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.readiness.pack_time import UNKNOWN_PAST
from features.times import plant_calendar
from serving.clock import Clock
from serving.models.scorer import Scorer
from serving.problems import NotReady
from serving.scores.scoring_context import ActiveModel
from serving.store.bulk_reads import context_of, histories_of
from serving.store.database import Database
from serving.store.tables.contexts import (
    context_key,
    latest_morning,
    load_context,
    save_context,
    set_morning,
)
from serving.store.tables.idempotency import delete_expired
from training.model.morning import add_levels
from training.model.risk_model import RiskModel


class DailyContext:
    """Puts the champion and the latest morning's context together, in memory; ``refresh`` looks for a newer one.

    Parameters
    ----------
    current : the champion's scorer; raises ``NotReady`` while there is none
    pinned : the context of the champion's scorer stays, whatever the mornings bring
    policy : what counts as on time and in full; a morning whose track record counts otherwise is not taken over
    """

    def __init__(
        self,
        current: Callable[[], Scorer],
        database: Database,
        clock: Clock,
        pinned: bool = False,
        policy: OutcomePolicy = DEFAULT_POLICY,
    ) -> None:
        self._current = current
        self._database = database
        self._clock = clock
        self._policy_id = policy_id(policy)
        self._lock = threading.Lock()
        self.pinned = pinned
        self._context: Context | None = None
        self._context_id = ""
        self._pack_times = UNKNOWN_PAST
        self._active: tuple[Scorer, str, ActiveModel] | None = None
        self._stored_ids: set[str] = set()

    def model_or_none(self) -> RiskModel | None:
        """The champion's model, ``None`` while there is none."""
        try:
            return self._current().model
        except NotReady:
            return None

    def champion(self) -> Scorer:
        """The champion's scorer, with the context it was trained with. Raises ``NotReady`` while there is none."""
        return self._current()

    def scorer(self) -> Scorer:
        """The scorer of this moment. Raises ``NotReady`` while there is no model."""
        scorer = self.active_model().scorer
        return scorer if scorer is not None else self._current()

    def latest_scorer(self) -> Scorer:
        """That of the latest morning, also where another process began it a moment ago. Raises as ``scorer`` does."""
        self.refresh()
        return self.scorer()

    def active_model(self) -> ActiveModel:
        """The scorer with its context's id and the pack times of the morning; no scorer while there is no model."""
        try:
            champion = self._current()
        except NotReady:
            return ActiveModel(None, "", self._pack_times)
        with self._lock:
            if self._active is None or self._active[:2] != (champion, self._context_id):
                self._active = champion, self._context_id, self._combine(champion)
            return self._active[2]

    def _combine(self, champion: Scorer) -> ActiveModel:
        if self._context is None:
            return ActiveModel(champion, context_key(champion.context), self._pack_times)
        return ActiveModel(Scorer(champion.loaded, self._context), self._context_id, self._pack_times)

    def lacks_levels(self) -> bool:
        """Whether the morning was begun beside another champion than that of now, so that it has no levels for it."""
        scorer = self.active_model().scorer
        return scorer is not None and scorer.model.digest not in scorer.context.levels

    def stored_model(self) -> ActiveModel:
        """The active model, its context stored in the database: what a score that is stored must rest on."""
        active = self.active_model()
        if active.scorer is not None and active.context_id not in self._stored_ids:
            context, now = active.scorer.context, self._clock()
            self._database.write(lambda connection: save_context(connection, context, now))
            self._stored_ids.add(active.context_id)
        return active

    def refresh(self) -> bool:
        """Take over the latest morning's context; whether it is another one."""
        if self.pinned:
            return False
        return self._database.read(self._refresh)

    def _refresh(self, connection: Connection) -> bool:
        morning = latest_morning(connection)
        if morning is None or (morning.context_id, morning.pack_times) == (self._context_id, self._pack_times):
            return False
        context = load_context(connection, morning.context_id)
        if context is None or context.outcome_policy != self._policy_id:
            return False
        with self._lock:
            self._context, self._context_id, self._pack_times = context, morning.context_id, morning.pack_times
            self._active = None
        self._stored_ids.add(morning.context_id)
        return True

    def reads(self, context_id: str) -> bool:
        """Whether a stored context is the one that scores read now."""
        return context_id == self._context_id


def day_of(now: int, zone: str) -> int:
    """Days since 1970-01-01 in the plant's zone."""
    return int(plant_calendar(zone).day(np.array([now]))[0])


def begin_day(
    database: Database,
    now: int,
    zone: str,
    policy: OutcomePolicy = DEFAULT_POLICY,
    model: RiskModel | None = None,
) -> bool:
    """Build load, track record and pack times from all that is stored, for today; whether there was anything.

    With a model the level of each plant is built too, from the outcomes known when the day began.
    """
    calendar = plant_calendar(zone)
    morning = context_of(database, calendar, policy, calendar.start_of_day(now))
    if morning is None:
        return False
    context, usual = morning
    if model is not None:
        with histories_of(database, policy) as histories:
            context = add_levels(context, model, histories, calendar.start_of_day(now))

    def store(connection: Connection) -> None:
        set_morning(connection, day_of(now, zone), save_context(connection, context, now), usual, now)
        delete_expired(connection, now)

    database.write(store)
    return True
