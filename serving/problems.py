"""The service's errors, and every error as an RFC 9457 problem document: one table of statuses."""

from __future__ import annotations

from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from features.errors import InvalidEvents, InvalidRequest, ShipriskError
from serving.contract.cloudevents_http import UnknownMediaType, Unreadable
from serving.contract.members import word_detail
from serving.store.database import DatabaseFull, DatabaseUnavailable, Unstorable
from serving.store.tables.idempotency import KeyReused
from serving.telemetry.logs import request_id
from serving.telemetry.redaction import redacted

log = structlog.get_logger("shiprisk.problems")


class NotReady(ShipriskError):
    """The service has no model to score with."""


class Busy(ShipriskError):
    """The service has as much to do as it takes on at once."""


class NotFound(ShipriskError):
    """There is no such thing, or none that the caller may see."""


class Conflict(ShipriskError):
    """An event's id stands for another event; ``errors`` say what differs."""

    def __init__(self, message: str, errors: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.errors = errors


class StateOutdated(ShipriskError):
    """A state is older than the one that is stored, by the numbers of who sends both."""


class VersionMismatch(ShipriskError):
    """Something has happened since the caller looked."""


class VersionMissing(ShipriskError):
    """The caller does not say what they looked at."""


class InvalidBody(InvalidEvents):
    """Events of a request that break a rule, each with its place in the body, and how many more there are."""

    def __init__(self, message: str, errors: list[dict[str, str]], unlisted: int = 0) -> None:
        super().__init__(message)
        self.errors = errors
        self.unlisted = unlisted


class Kind(NamedTuple):
    """A kind of problem: its HTTP status, the last part of its type, and its title."""

    status: int
    name: str
    title: str


KINDS: dict[type[Exception] | int, Kind] = {
    Exception: Kind(500, "failed", "It failed"),
    NotReady: Kind(503, "not-ready", "The service is not ready"),
    Busy: Kind(503, "busy", "The service is busy"),
    NotFound: Kind(404, "not-found", "There is no such thing"),
    Conflict: Kind(409, "conflict", "The id of the event stands for another event"),
    StateOutdated: Kind(409, "outdated", "The state is older than the one that is stored"),
    VersionMismatch: Kind(412, "changed", "The order has changed"),
    VersionMissing: Kind(428, "version-missing", "The version of the order must be given"),
    InvalidEvents: Kind(422, "invalid-events", "The events do not hold"),
    InvalidRequest: Kind(422, "invalid-request", "The request cannot be served"),
    RequestValidationError: Kind(422, "invalid-request", "The request cannot be read"),
    Unreadable: Kind(400, "malformed", "The request cannot be read"),
    UnknownMediaType: Kind(415, "unknown-media-type", "The body is of a kind that is not read"),
    KeyReused: Kind(422, "key-taken", "The Idempotency-Key stands for another request"),
    Unstorable: Kind(422, "unstorable", "The request cannot be stored"),
    DatabaseUnavailable: Kind(503, "database-away", "The database does not answer"),
    DatabaseFull: Kind(507, "database-full", "The database is full"),
    400: Kind(400, "malformed", "The request cannot be read"),
    401: Kind(401, "no-key", "A key is needed"),
    403: Kind(403, "forbidden", "The key does not allow it"),
    404: Kind(404, "not-found", "There is no such route"),
    405: Kind(405, "method-not-allowed", "The route does not take this method"),
    408: Kind(408, "too-slow", "The request did not arrive in time"),
    413: Kind(413, "too-large", "The request is too large"),
    415: Kind(415, "unknown-media-type", "The body is of a kind that is not read"),
    431: Kind(431, "headers-too-large", "The headers are too large"),
    503: Kind(503, "busy", "The service is busy"),
    429: Kind(429, "too-many", "Too many requests"),
}
"""By exception, its closest class counts; by status, for what has no exception of ours."""
DESCRIPTIONS = {
    400: "The body cannot be decoded",
    404: "There is no such order or score, or it is not one the caller may see",
    409: "The id of the event stands for another event, or the state is older than the one that is stored",
    412: "Something has happened to the order since it was read",
    413: "The body is too large",
    415: "The body is of a kind that is not read",
    422: "The request cannot be served as it stands",
    428: "The request must say which version of the order it is about",
    503: "The service or its database is not ready; Retry-After says when to come back",
    507: "The database has no room left",
}
"""What a status means to who calls, as OpenAPI says it of each route."""
MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100
"""So many faults are listed; who sends a hundred thousand does not get as many back."""
MAX_DETAIL = 4_096
"""Characters of a detail; masking secrets in it takes time by its length, and nobody reads as many."""
RETRY_AFTER = 5
"""Seconds after which a service that is not ready may be asked again."""


def problem(kind: Kind, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem document. ``detail`` is public: it names no path, user or host, and secrets in it are masked."""
    content = {"type": f"urn:shiprisk:problem:{kind.name}", "title": kind.title, "status": kind.status}
    content |= {"detail": redacted(_shortened(detail))} | more
    if current := request_id.get():
        content["request_id"] = current
    return JSONResponse(content, status_code=kind.status, headers=headers, media_type=MEDIA_TYPE)


def _shortened(detail: str) -> str:
    """A detail of bearable length, cut between two words: half an address would no longer be known as one."""
    if len(detail) <= MAX_DETAIL:
        return detail
    return f"{detail[:MAX_DETAIL].rpartition(' ')[0]} ..."


def add_problem_handlers(app: FastAPI) -> None:
    """Every error leaves as a problem document, none as a traceback."""
    app.add_exception_handler(ShipriskError, _handle_ours)
    app.add_exception_handler(RequestValidationError, _handle_malformed)
    app.add_exception_handler(HTTPException, _handle_http)
    app.add_exception_handler(ClientDisconnect, _handle_disconnect)
    app.add_exception_handler(Exception, _handle_unexpected)


def as_problem(error: Exception) -> JSONResponse | None:
    """The problem document of an error of ours or of HTTP, ``None`` of one nobody thought of."""
    if isinstance(error, ShipriskError):
        return _of_ours(error)
    return _of_http(error) if isinstance(error, HTTPException) else None


def unexpected_problem() -> JSONResponse:
    """The problem document of an error that nobody thought of."""
    return problem(KINDS[Exception], "an unexpected error; the service's log has the details")


def _of_ours(error: ShipriskError) -> JSONResponse:
    kind = next(KINDS[of] for of in type(error).__mro__ if of in KINDS)
    headers = {"retry-after": str(RETRY_AFTER)} if kind.status == 503 else {}
    if error.public != str(error):
        log.warning("a reply leaves out what only the log has", problem=kind.name, why=str(error))
    if isinstance(error, InvalidBody | Conflict):
        return _with_errors(kind, error.public, error.errors, getattr(error, "unlisted", 0), headers)
    return problem(kind, error.public, headers)


def _with_errors(
    kind: Kind, detail: str, errors: list[dict[str, str]], unlisted: int = 0, headers: dict[str, str] | None = None
) -> JSONResponse:
    """A problem document that lists at most a hundred faults, and says of how many more it knows."""
    left = unlisted + max(0, len(errors) - MAX_ERRORS)
    more = {"errors": errors[:MAX_ERRORS]} | ({"errors_unlisted": left} if left else {})
    return problem(kind, f"{detail}; at least {left:,} more are not listed" if left else detail, headers, **more)


def _of_http(error: HTTPException) -> JSONResponse:
    detail = str(error.detail)
    kind = KINDS.get(error.status_code, Kind(error.status_code, "http", detail))
    return problem(kind, detail, dict(error.headers or {}))


async def _handle_ours(_: Request, error: Exception) -> JSONResponse:
    return _of_ours(error) if isinstance(error, ShipriskError) else unexpected_problem()


async def _handle_malformed(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"pointer": "/" + "/".join(str(part) for part in fault["loc"][1:]), "detail": word_detail(fault)}
        for fault in faults
    ]
    detail = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in errors[:5])
    return _with_errors(KINDS[RequestValidationError], detail, errors)


async def _handle_http(_: Request, error: Exception) -> JSONResponse:
    return _of_http(error) if isinstance(error, HTTPException) else unexpected_problem()


async def _handle_disconnect(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Nobody reads this; it keeps a caller that hangs up from being an error of ours."""
    return problem(KINDS[400], "the body must be sent to its end, got less")


async def _handle_unexpected(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    return unexpected_problem()
