"""What the routes share: the wiring they are handed, bodies as bytes, and the problems they may answer with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Header, Path, Request, Response
from pydantic import BeforeValidator
from sqlalchemy import Connection

from serving.clock import system_clock
from serving.principal import Caller
from serving.scores.services import Wiring
from serving.store.tables.audit import Entry, ended, note
from serving.store.tables.idempotency import Kept, once
from serving.telemetry.logs import request_id
from serving.telemetry.metrics import EVENTS

SAID = {
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


Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problem documents that a route may answer with."""
    content: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": SAID[status], "content": content} for status in statuses}


def replies(content: dict[str, Any], *statuses: int) -> Responses:
    """What a route documents: something about its reply, and its problems."""
    return {200: content, **problems(*statuses)}


READS = problems(404, 422, 503)


async def wiring(request: Request) -> Wiring:
    """The wiring of the application that is called."""
    found: Wiring = request.app.state.wiring
    return found


async def body(request: Request) -> bytes:
    """The whole body, read on the loop, so that the route itself may wait for the database in a thread."""
    return await request.body()


Wired = Annotated[Wiring, Depends(wiring)]
Body = Annotated[bytes, Depends(body)]
OrderId = Annotated[
    str, BeforeValidator(lambda text: unquote(text).strip()), Path(min_length=1, max_length=512, examples=["4711"])
]
"""An order's id, left as it was sent by ``serving.middleware.paths``; without blanks around it, as events have it."""
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key with the same body gets the reply it got before",
    ),
]


def answered(
    wired: Wiring, request: Request, caller: Caller, body: bytes, key: str | None, job: Callable[[Connection], Kept]
) -> Response:
    """The reply to a write, committed before it is sent; the one that was sent where the key says it was done."""
    whole = None if key is None else f"{caller.id} {request.method} {request.url.path} {key}"

    entry = begun(request, caller)

    def noted(connection: Connection) -> Kept:
        kept = job(connection)
        note(connection, ended(entry, kept))
        return kept

    return sent(wired.database.write(lambda connection: once(connection, whole, body, wired.clock(), noted)))


def begun(request: Request, caller: Caller) -> Entry:
    """What the audit trail says of a request before it is done."""
    return Entry(system_clock(), caller.id, request.state.route.name, "", request_id=request_id.get())


def sent(kept: Kept) -> Response:
    """A reply that we made, as it is; events that came in with it are counted."""
    for outcome, count in (kept.done.outcomes if kept.done else {}).items():
        EVENTS.labels(outcome).inc(count)
    return Response(kept.body, kept.status, kept.headers, "application/json")
