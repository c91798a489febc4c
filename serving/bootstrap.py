"""One process of the service, put together from its settings: the one place that wires."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import FastAPI

from features.context.context import Context
from features.events import read_columns
from features.history import History
from features.times import micros, plant_calendar
from serving.api.app import create_app
from serving.auth.api_keys import list_keys
from serving.clock import Clock, SteppedClock, fixed_clock, system_clock
from serving.middleware.stack import AuthMode, auth_mode_of
from serving.models.active import ActiveScorer
from serving.models.audit import record_model_changes
from serving.models.cache import LoadedModel, ModelMissing, load_champion
from serving.models.follower import Follower
from serving.models.scorer import Scorer
from serving.models.shadow import Shadow
from serving.pages import add_pages
from serving.problems import NotReady
from serving.scores.daily_context import DailyContext
from serving.scores.keeper import Background
from serving.scores.services import Services
from serving.server.factory import ProtocolFactory
from serving.server.limits import ConnectionLimits
from serving.settings import Settings
from serving.store.database import Database
from serving.store.maintenance.migrate import require_current, upgrade
from serving.store.maintenance.wholeness import require_not_emptied, require_whole
from training.model.morning import add_levels

KEEP_ALIVE = 75
"""Seconds that a connection may rest: longer than proxies and clients let it, so that none ends under a request."""
GC_THRESHOLDS = 20_000, 20, 50
"""New objects after which cycles among them are looked for, and how many such looks before one at older ones."""
HEALTH_CHECK = 30
"""Seconds that a worker has to say that it is alive, while it loads too."""
SWITCH_INTERVAL = 0.001
"""Seconds after which a thread that looks at the registry or scores in the shadow makes way for a reply."""


def build_app(
    scorer: Scorer | ActiveScorer | None,
    settings: Settings,
    clock: Clock = system_clock,
    pinned: bool = False,
    shadow: Shadow | None = None,
    background: Background = (),
    auth: AuthMode = AuthMode.OPEN,
    keeps: bool = True,
) -> FastAPI:
    """The service around what scores now; without a scorer it is alive, takes events in, and does not score.

    Parameters
    ----------
    scorer : one that stays, or what a follower swaps
    clock : the current moment in microseconds; what ``as_of`` defaults to and may not exceed
    pinned : load, track record and levels stay those of the scorer; else they are those of the morning
    shadow, background, auth, keeps : as ``create_app`` has them
    """
    active = scorer if isinstance(scorer, ActiveScorer) else ActiveScorer(scorer, clock=clock)
    services = build_services(active.current, settings, clock, pinned)
    background = (*background, record_model_changes(active, services.database))
    return create_app(services, shadow or Shadow(), auth, background, keeps, add_pages)


def build_services(current: Callable[[], Scorer], settings: Settings, clock: Clock, pinned: bool = False) -> Services:
    """What scores that are stored are made with; ``current`` gives the champion's scorer or raises ``NotReady``."""
    database = Database(settings.database)
    return Services(database, DailyContext(current, database, clock, pinned, settings.policy), settings, clock)


def build_import(settings: Settings) -> tuple[Services, SteppedClock]:
    """The services of a command that loads events and their clock, which stands; the champion is loaded when needed."""
    clock = SteppedClock(clock_of(settings)())
    return build_services(champion_of(settings), settings, clock), clock


def build_warm_app(settings: Settings | None = None) -> FastAPI:
    """The whole service as the settings, or the environment, have it: warm, its champion loaded."""
    settings = settings or Settings()
    scorer_of, active, shadow = pinned_scorer(settings), ActiveScorer(clock=clock_of(settings)), Shadow()
    follower = Follower(settings, active, shadow, scorer_of or Scorer)
    follower.begin()
    sys.setswitchinterval(SWITCH_INTERVAL)
    background = (follower.running, shadow.running)
    keeps = settings.keeper == "thread"
    pinned = scorer_of is not None
    app = build_app(active, settings, clock_of(settings), pinned, shadow, background, auth_mode_of(settings), keeps)
    settle()
    return app


def settle() -> None:
    """What is there once a process is warm stays: the collector of cycles looks at it no more, and at new things less
    often, so that no reply waits for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def server_options(settings: Settings) -> dict[str, Any]:
    """How uvicorn runs the service: its lines are ours, and at the end it waits for what is running.

    Whom a proxy says it calls for is believed only of proxies that ``FORWARDED_ALLOW_IPS`` names, on loopback too.
    """
    limits = ConnectionLimits(
        settings.max_header_bytes, settings.header_timeout, settings.max_connections, settings.timeout
    )
    return {
        "http": ProtocolFactory(limits),
        "ws": "none",
        "proxy_headers": bool(os.environ.get("FORWARDED_ALLOW_IPS")),
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE,
        "timeout_worker_healthcheck": HEALTH_CHECK,
        "timeout_graceful_shutdown": settings.grace,
    }


def champion_of(settings: Settings) -> Callable[[], Scorer]:
    """The champion's scorer, loaded when it is asked for; raises ``NotReady`` where there is none."""

    @cache
    def ready() -> Scorer:
        try:
            return Scorer(load_champion(settings))
        except ModelMissing as error:
            raise NotReady(str(error), public=error.public) from error

    return ready


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or one that stands at ``SHIPRISK_NOW``."""
    return system_clock if settings.now is None else fixed_clock(micros(settings.now))


def prepare_database(settings: Settings, check: bool = True) -> None:
    """Make or upgrade the tables of a file, which is whole where that is to be checked; those of a server must be
    upgraded by command."""
    database = Database(settings.database)
    try:
        if database.is_sqlite:
            require_not_emptied(database)
            if check:
                require_whole(database)
            upgrade(database)
        else:
            require_current(database)
    finally:
        database.close()


def count_valid_keys(settings: Settings) -> int:
    """How many keys hold."""
    database, now = Database(settings.database), system_clock()
    try:
        return sum(key.holds(now) for key in list_keys(database))
    finally:
        database.close()


def pinned_scorer(settings: Settings) -> Callable[[LoadedModel], Scorer] | None:
    """What scores with the load, track record and levels of the file that the settings name, if they name one."""
    if settings.events is None:
        return None
    history = History.of_columns(read_columns(settings.events, settings.zone), settings.policy)
    context = Context.of(history, plant_calendar(settings.zone))
    end = context.known_until
    return lambda champion: Scorer(champion, add_levels(context, champion.model, [history], end))
