"""What the routes share: the services they are handed, bodies as bytes, and the problems they may answer with."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Header, Path, Request, Response
from pydantic import BeforeValidator
from sqlalchemy import Connection

from serving.clock import system_clock
from serving.contract.cloudevents_http import media_type
from serving.principal import Caller
from serving.problems import DESCRIPTIONS
from serving.scores.services import Services
from serving.store.order_turns import OrderTurns
from serving.store.tables.audit import AuditRecord, record, with_outcome
from serving.store.tables.idempotency import StoredReply, digest_of, reserve, run_once, save_reply
from serving.telemetry.logs import request_id
from serving.telemetry.metrics import EVENTS

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problem documents that a route may answer with."""
    content: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": DESCRIPTIONS[status], "content": content} for status in statuses}


def replies(content: dict[str, Any], *statuses: int) -> Responses:
    """What a route documents: something about its reply, and its problems."""
    return {200: content, **problems(*statuses)}


READS = problems(404, 422, 503)
VERSION = {"ETag": {"description": "The order's version, for If-Match", "schema": {"type": "string"}}}


async def current_services(request: Request) -> Services:
    """The services of the application that is called."""
    services: Services = request.app.state.services
    return services


async def body(request: Request) -> bytes:
    """The whole body, read on the loop, so that the route itself may wait for the database in a thread."""
    return await request.body()


async def order_turns(request: Request) -> OrderTurns:
    """Where requests about one order wait for each other."""
    turns: OrderTurns = request.app.state.order_turns
    return turns


CurrentServices = Annotated[Services, Depends(current_services)]
Turns = Annotated[OrderTurns, Depends(order_turns)]
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
        description="The same key with the same request gets the reply it got before",
    ),
]


def write_once(
    services: Services,
    request: Request,
    caller: Caller,
    body: bytes,
    key: str | None,
    job: Callable[[Connection], StoredReply],
    order_ids: Collection[str],
) -> Response:
    """The reply to a write, committed before it is sent; the one that was sent before where the key has been used.

    The job begins once its orders are locked.
    """
    whole_key = None if key is None else _whole_key(request, caller, key)
    entry = audit_entry(request, caller)

    def audited(connection: Connection) -> StoredReply:
        reply = job(connection)
        record(connection, with_outcome(entry, reply))
        return reply

    now, digest = services.clock(), _digest(request, body)
    return to_response(
        services.database.write_orders(
            order_ids, lambda connection: run_once(connection, whole_key, digest, now, audited)
        )
    )


def reserve_key(services: Services, request: Request, caller: Caller, body: bytes, key: str) -> StoredReply | None:
    """Bind a key to a request that is written in parts; the reply that was sent before, ``None`` for none."""
    whole_key, digest, now = _whole_key(request, caller, key), _digest(request, body), services.clock()
    return services.database.write(lambda connection: reserve(connection, whole_key, digest, now))


def save_reply_of_key(services: Services, request: Request, caller: Caller, key: str, reply: StoredReply) -> None:
    """The reply to a request whose parts are all written, and audited each."""
    whole_key = _whole_key(request, caller, key)
    services.database.write(lambda connection: save_reply(connection, whole_key, reply))


def _whole_key(request: Request, caller: Caller, key: str) -> str:
    """A key as it is stored: each caller and route has its own."""
    return f"{caller.id} {request.method} {request.url.path} {key}"


def _digest(request: Request, body: bytes) -> bytes:
    """Of all that makes two requests with one key the same: an event may have its attributes in headers."""
    media = media_type(request.headers.get("content-type"))
    named = sorted(
        (name, value) for name, value in request.headers.items() if name.startswith("ce-") or name == "if-match"
    )
    words = [request.method, request.url.path, request.url.query, media, *(word for pair in named for word in pair)]
    return digest_of([*(word.encode() for word in words), body])


def audit_entry(request: Request, caller: Caller) -> AuditRecord:
    """What the audit trail says of a request before its outcome."""
    return AuditRecord(system_clock(), caller.id, request.state.route.name, "", request_id=request_id.get())


def to_response(reply: StoredReply) -> Response:
    """A reply that we made, as it is; events that came in with it are counted."""
    for outcome, count in (reply.effect.outcomes if reply.effect else {}).items():
        EVENTS.labels(outcome).inc(count)
    return Response(reply.body, reply.status, reply.headers, "application/json")
