"""The layers around the routes, from the outside in: watch, origins, gate, limit of the body."""

from __future__ import annotations

from enum import Enum

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from serving.middleware.authentication import Gate, Local
from serving.middleware.body_limit import BodyLimit
from serving.middleware.request_log import Watch
from serving.settings import Settings
from serving.store.database import Database

ASKED = ["authorization", "x-api-key", "content-type", "if-match", "idempotency-key", "x-request-id"]
TOLD = ["etag", "x-request-id", "retry-after", "ratelimit", "ratelimit-policy"]


class Door(Enum):
    """Who may come in: who has a key, whoever names this machine, or whoever gets here (in tests, say)."""

    KEYS = "keys"
    LOCAL = "local"
    OPEN = "open"


def door_of(settings: Settings) -> Door:
    """As the settings have it."""
    return Door.LOCAL if settings.no_auth else Door.KEYS


def add_layers(app: FastAPI, settings: Settings, database: Database, door: Door) -> None:
    """The last one that is added is the outermost."""
    app.add_middleware(BodyLimit, most=settings.max_body_bytes)
    app.add_middleware(Gate, settings=settings, database=database if door is Door.KEYS else None)
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if origins:
        methods = ["GET", "POST", "PUT"]
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=methods, allow_headers=ASKED, expose_headers=TOLD
        )
    if door is Door.LOCAL:
        app.add_middleware(Local)
    app.add_middleware(Watch)
