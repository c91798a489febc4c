"""Errors as RFC 9457 problem documents, mapped once."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from features.errors import InvalidEvents, InvalidRequest, ShipriskError
from serving.contract.cloudevents_http import UnknownMediaType, Unreadable
from serving.store.database import DatabaseAway, DatabaseFull, Unstorable
from serving.store.tables.idempotency import KeyTaken
from serving.telemetry.logs import request_id

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[ShipriskError], tuple[int, str, str]] = {
    InvalidEvents: (422, "invalid-events", "The events do not hold"),
    InvalidRequest: (422, "invalid-request", "The request cannot be served"),
    Unreadable: (400, "malformed", "The request cannot be read"),
    UnknownMediaType: (415, "unknown-media-type", "The body is of a kind that is not read"),
    KeyTaken: (422, "key-taken", "The Idempotency-Key stands for another request"),
    Unstorable: (422, "unstorable", "The request cannot be stored"),
    DatabaseAway: (503, "database-away", "The database does not answer"),
    DatabaseFull: (507, "database-full", "The database is full"),
}
MOST_ERRORS = 100
"""So many faults are told; who sends a hundred thousand does not get as many back."""
RETRY_AFTER = 5
"""Seconds after which a service that is not ready may be asked again."""


KINDS = {
    400: ("malformed", "The request cannot be read"),
    404: ("not-found", "There is no such route"),
    405: ("method-not-allowed", "The route does not take this method"),
    408: ("too-slow", "The request did not arrive in time"),
    413: ("too-large", "The request is too large"),
}


class NotReady(ShipriskError):
    """The service has no model to score with."""


STATUS[NotReady] = (503, "not-ready", "The service is not ready")


class NotFound(ShipriskError):
    """There is no such thing, or none that the caller may see."""


class Conflict(ShipriskError):
    """An event's id stands for another event; ``errors`` say what differs."""

    def __init__(self, message: str, errors: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.errors = errors


class Changed(ShipriskError):
    """Something has happened since the caller looked."""


class VersionMissing(ShipriskError):
    """The caller does not say what they looked at."""


STATUS |= {
    NotFound: (404, "not-found", "There is no such thing"),
    Conflict: (409, "conflict", "The id of the event stands for another event"),
    Changed: (412, "changed", "The order has changed"),
    VersionMissing: (428, "version-missing", "The version of the order must be given"),
}


class InvalidBody(InvalidEvents):
    """Events of a request that break a rule, each with its place in the body."""

    def __init__(self, message: str, errors: list[dict[str, str]]) -> None:
        super().__init__(message)
        self.errors = errors


def problem(
    status: int, kind: str, title: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem document."""
    content = {"type": f"urn:shiprisk:problem:{kind}", "title": title, "status": status, "detail": detail} | more
    if found := request_id.get():
        content["request_id"] = found
    return JSONResponse(content, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Every error leaves as a problem document, none as a traceback."""
    app.add_exception_handler(ShipriskError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def answer_to(error: Exception) -> JSONResponse | None:
    """The problem document of an error that a layer around the routes raises, ``None`` of one nobody thought of."""
    if isinstance(error, ShipriskError):
        return explained(error)
    return _of_http(error) if isinstance(error, HTTPException) else None


async def _ours(_: Request, error: Exception) -> JSONResponse:
    return explained(error)


def explained(error: Exception) -> JSONResponse:
    """The problem document of one of our errors."""
    known = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    status, kind, title = next(known, (500, "failed", "It failed"))
    more = {"errors": error.errors} if isinstance(error, InvalidBody | Conflict) else {}
    headers = {"retry-after": str(RETRY_AFTER)} if status == 503 else {}
    return problem(status, kind, title, str(error), headers, **more)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"pointer": "/" + "/".join(str(part) for part in fault["loc"][1:]), "detail": str(fault["msg"])}
        for fault in faults[:MOST_ERRORS]
    ]
    detail = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in errors[:5])
    return problem(422, "invalid-request", "The request cannot be read", detail, errors=errors)


async def _http(_: Request, error: Exception) -> JSONResponse:
    return _of_http(error) if isinstance(error, HTTPException) else failed()


def _of_http(error: HTTPException) -> JSONResponse:
    detail = str(error.detail)
    kind, title = KINDS.get(error.status_code, ("http", detail))
    return problem(error.status_code, kind, title, detail, dict(error.headers or {}))


async def _gone(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Nobody reads this; it keeps a caller that hangs up from being an error of ours."""
    return problem(400, *KINDS[400], "the body must be sent to its end, got less")


async def _unexpected(_: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    return failed()


def failed() -> JSONResponse:
    """What is said of an error that nobody thought of."""
    return problem(500, "failed", "It failed", "an unexpected error; the service's log has the details")
