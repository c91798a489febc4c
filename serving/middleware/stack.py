"""The layers around the routes, from the outside in.

HEAD, request log, audit of what is refused, limit of headers, host and origin, authentication, limits of the body.
"""

from __future__ import annotations

from enum import Enum

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from serving.middleware.authentication import AuthenticationMiddleware
from serving.middleware.body_limit import BodyLimitMiddleware
from serving.middleware.head import HeadMiddleware
from serving.middleware.header_limit import HeaderLimitMiddleware
from serving.middleware.loopback import LoopbackMiddleware
from serving.middleware.path_encoding import PathEncodingMiddleware
from serving.middleware.refused_writes import RefusedWritesMiddleware
from serving.middleware.request_log import RequestLogMiddleware
from serving.settings import Settings
from serving.store.database import Database

REQUEST_HEADERS = ["authorization", "x-api-key", "content-type", "if-match", "idempotency-key", "x-request-id"]
EXPOSED_HEADERS = ["etag", "x-request-id", "retry-after", "ratelimit", "ratelimit-policy"]


class AuthMode(Enum):
    """Who may come in: who has a key, whoever names this machine, or whoever gets here (in tests, say)."""

    KEYS = "keys"
    LOCAL = "local"
    OPEN = "open"


def auth_mode_of(settings: Settings) -> AuthMode:
    """As the settings have it."""
    return AuthMode.LOCAL if settings.no_auth else AuthMode.KEYS


def add_layers(app: FastAPI, settings: Settings, database: Database, auth: AuthMode) -> None:
    """The last one that is added is the outermost."""
    app.add_middleware(BodyLimitMiddleware, settings=settings)
    app.add_middleware(
        AuthenticationMiddleware, settings=settings, database=database if auth is AuthMode.KEYS else None
    )
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if origins:
        methods = ["GET", "POST", "PUT"]
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=methods,
            allow_headers=REQUEST_HEADERS,
            expose_headers=EXPOSED_HEADERS,
        )
    if auth is AuthMode.LOCAL:
        app.add_middleware(LoopbackMiddleware, origins=origins)
    app.add_middleware(PathEncodingMiddleware)
    app.add_middleware(HeaderLimitMiddleware, settings=settings)
    app.add_middleware(RefusedWritesMiddleware, database=database)
    app.add_middleware(RequestLogMiddleware)
    app.add_middleware(HeadMiddleware)
