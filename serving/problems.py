"""The service's errors, and every error as an RFC 9457 problem document: one table of statuses."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from features.errors import InvalidEvents, InvalidRequest, ShipriskError
from serving.contract.cloudevents_http import UnknownMediaType, Unreadable
from serving.store.database import DatabaseFull, DatabaseUnavailable, Unstorable
from serving.store.tables.idempotency import KeyReused
from serving.telemetry.logs import request_id


class NotReady(ShipriskError):
    """The service has no model to score with."""


class NotFound(ShipriskError):
    """There is no such thing, or none that the caller may see."""


class Conflict(ShipriskError):
    """An event's id stands for another event; ``errors`` say what differs."""

    def __init__(self, message: str, errors: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.errors = errors


class VersionMismatch(ShipriskError):
    """Something has happened since the caller looked."""


class VersionMissing(ShipriskError):
    """The caller does not say what they looked at."""


class InvalidBody(InvalidEvents):
    """Events of a request that break a rule, each with its place in the body."""

    def __init__(self, message: str, errors: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.errors = errors


class Kind(NamedTuple):
    """A kind of problem: its HTTP status, the last part of its type, and its title."""

    status: int
    name: str
    title: str


KINDS: dict[type[Exception] | int, Kind] = {
    Exception: Kind(500, "failed", "It failed"),
    NotReady: Kind(503, "not-ready", "The service is not ready"),
    NotFound: Kind(404, "not-found", "There is no such thing"),
    Conflict: Kind(409, "conflict", "The id of the event stands for another event"),
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
    429: Kind(429, "too-many", "Too many requests"),
}
"""By exception, its closest class counts; by status, for what has no exception of ours."""
DESCRIPTIONS = {
    400: "The body cannot be decoded",
    404: "There is no such order or score, or it is not one the caller may see",
    409: "The id of the event stands for another event",
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
RETRY_AFTER = 5
"""Seconds after which a service that is not ready may be asked again."""


def problem(kind: Kind, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem document."""
    content = {"type": f"urn:shiprisk:problem:{kind.name}", "title": kind.title, "status": kind.status}
    content |= {"detail": detail} | more
    if current := request_id.get():
        content["request_id"] = current
    return JSONResponse(content, status_code=kind.status, headers=headers, media_type=MEDIA_TYPE)


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


def _of_ours(error: Exception) -> JSONResponse:
    kind = next(KINDS[of] for of in type(error).__mro__ if of in KINDS)
    more = {"errors": error.errors} if isinstance(error, InvalidBody | Conflict) else {}
    headers = {"retry-after": str(RETRY_AFTER)} if kind.status == 503 else {}
    return problem(kind, str(error), headers, **more)


def _of_http(error: HTTPException) -> JSONResponse:
    detail = str(error.detail)
    kind = KINDS.get(error.status_code, Kind(error.status_code, "http", detail))
    return problem(kind, detail, dict(error.headers or {}))


async def _handle_ours(_: Request, error: Exception) -> JSONResponse:
    return _of_ours(error)


async def _handle_malformed(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"pointer": "/" + "/".join(str(part) for part in fault["loc"][1:]), "detail": str(fault["msg"])}
        for fault in faults[:MAX_ERRORS]
    ]
    detail = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in errors[:5])
    return problem(KINDS[RequestValidationError], detail, errors=errors)


async def _handle_http(_: Request, error: Exception) -> JSONResponse:
    return _of_http(error) if isinstance(error, HTTPException) else unexpected_problem()


async def _handle_disconnect(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Nobody reads this; it keeps a caller that hangs up from being an error of ours."""
    return problem(KINDS[400], "the body must be sent to its end, got less")


async def _handle_unexpected(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    return unexpected_problem()
