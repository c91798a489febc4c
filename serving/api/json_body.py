"""Bodies on the wire: bytes are checked once on their way in and written once on their way out."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import orjson
from fastapi import Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from serving.api.bodies.faults import validated
from serving.api.bodies.size import require_few_items, require_few_values
from serving.api.bodies.threads import read_aside
from serving.contract.cloudevents_http import SHOWN, UnknownMediaType, is_json, media_type
from serving.scores.services import Services

T = TypeVar("T", bound=BaseModel)
COMPONENTS = "#/components/schemas/{model}"


async def read_json_body(request: Request) -> bytes:
    """The body of a request that says it is JSON."""
    media = media_type(request.headers.get("content-type"))
    if not is_json(media):
        raise UnknownMediaType(f"the content-type must be application/json, got {media[:SHOWN] or 'none'}")
    return await request.body()


def parse_body(model: type[T], body: bytes, max_events: int) -> T:
    """What a body says, counted and then checked. Raises what becomes a problem document with a pointer a fault."""
    require_few_values(body, max_events)
    content = _json(body.removeprefix(BOM_UTF8))
    if isinstance(content, dict):
        require_few_items(content, max_events)
    return validated(model, content)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not _is_text(body):
            raise HTTPException(400, f"the body must be UTF-8 text, got {error}") from error
        raise HTTPException(400, f"the body must be JSON (RFC 8259), got {len(body):,} bytes: {error}") from error


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def body_of(model: type[T], max_events: int | None = None) -> Callable[[Request], Awaitable[T]]:
    """A dependency that reads a body by a model: FastAPI's own would read it, however large, between two replies.

    Parameters
    ----------
    max_events : how many a body of this kind may have; those of any request if not given
    """

    async def read(request: Request) -> T:
        body = await read_json_body(request)
        services: Services = request.app.state.services
        most = services.settings.max_events if max_events is None else max_events
        return await read_aside(len(body), lambda: parse_body(model, body, most))

    return read


def json_response(content: Any) -> Response:
    """Plain content or dataclasses, written as they are: whoever made them answers for their form."""
    return Response(orjson.dumps(content), media_type="application/json")


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """How OpenAPI describes a body that is read by hand; ``serving.api.openapi`` enters the model."""
    schema = {"$ref": COMPONENTS.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
