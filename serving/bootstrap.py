"""One process of the service, made from its settings."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
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
from serving.clock import Clock, standing_clock, system_clock
from serving.middleware.stack import door_of
from serving.models.active import Serving
from serving.models.cache import ModelMissing, load_champion
from serving.models.follower import Follower
from serving.models.scorer import Scorer
from serving.models.shadow import Shadow
from serving.problems import NotReady
from serving.settings import Settings
from serving.store.database import Database
from serving.store.maintenance.migrate import require_current, upgrade
from serving.telemetry.logs import log_to

KEPT_ALIVE = 75
"""Seconds that a connection may rest: longer than proxies and clients let it, so that none ends under a request."""
COLLECTED = 20_000, 20, 50
"""New objects after which cycles among them are looked for, and how many such looks before one at older ones."""
SHARE = 0.001
"""Seconds after which a thread that looks at the registry or scores in the shadow makes way for a reply."""


def application(settings: Settings | None = None) -> FastAPI:
    """The whole service as the settings, or the environment, have it: warm, its champion loaded."""
    settings = settings or Settings()
    pinned, serving, shadow = pinned_context(settings), Serving(), Shadow()
    follower = Follower(settings, serving, shadow, lambda champion: Scorer(champion, pinned))
    follower.begin()
    sys.setswitchinterval(SHARE)
    beside = (follower.running, shadow.running)
    keeps = settings.keeper == "thread"
    app = create_app(serving, settings, clock_of(settings), pinned, shadow, beside, door_of(settings), keeps)
    settle()
    return app


def settle() -> None:
    """What is there once a process is warm stays: the collector of cycles looks at it no more, and at new things less
    often, so that no reply waits for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED)


def worker() -> FastAPI:
    """The same in a process of several, as the environment has it."""
    settings = Settings()
    log_to(level=settings.log_level)
    threading.Thread(target=_end_with, args=(os.getppid(),), name="parent", daemon=True).start()
    return application(settings)


def _end_with(parent: int) -> None:
    """End when the process is gone that started this one and keeps scores fresh."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def server_options(settings: Settings) -> dict[str, Any]:
    """How uvicorn runs the service: its lines are ours, and at the end it waits for what is running."""
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": KEPT_ALIVE,
        "timeout_graceful_shutdown": settings.grace,
    }


def champion_of(settings: Settings) -> Callable[[], Scorer]:
    """The champion's scorer, loaded when it is asked for; raises ``NotReady`` where there is none."""

    @cache
    def ready() -> Scorer:
        try:
            return Scorer(load_champion(settings))
        except ModelMissing as error:
            raise NotReady(str(error)) from error

    return ready


def clock_of(settings: Settings) -> Clock:
    """The machine's clock, or one that stands at ``SHIPRISK_NOW``."""
    return system_clock if settings.now is None else standing_clock(micros(settings.now))


def check_champion(settings: Settings) -> str:
    """The champion's name and version. Raises ``ModelMissing`` that says what to do where there is none."""
    champion = load_champion(settings)
    return f"{champion.name}@{champion.version}"


def prepare_database(settings: Settings) -> None:
    """Make or upgrade the tables of a file; those of a server must be upgraded by command."""
    database = Database(settings.database)
    try:
        if database.is_sqlite:
            upgrade(database)
        else:
            require_current(database)
    finally:
        database.close()


def holding_keys(settings: Settings) -> int:
    """How many keys hold."""
    database, now = Database(settings.database), system_clock()
    try:
        return sum(key.holds(now) for key in list_keys(database))
    finally:
        database.close()


def pinned_context(settings: Settings) -> Context | None:
    """Load and track record of the file that the settings name, if they name one."""
    if settings.events is None:
        return None
    history = History.of_columns(read_columns(settings.events, settings.zone))
    return Context.of(history, plant_calendar(settings.zone))
