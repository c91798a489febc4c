"""Bodies on the wire: bytes are checked once on their way in and written once on their way out."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any, TypeVar

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

T = TypeVar("T", bound=BaseModel)
COMPONENTS = "#/components/schemas/{model}"
QUICK = 64 * 1024
"""Bytes of a body that is answered at once; a larger one in a thread, so that others are not kept waiting."""


async def read_json_body(request: Request) -> bytes:
    """The body of a request that says it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        must = f"the content-type must be application/json, got {kind or 'none'}"
        raise RequestValidationError([{"type": "content_type", "loc": ("body",), "msg": must}])
    return await request.body()


def parse_body(model: type[T], body: bytes) -> T:
    """What a body says, checked. Raises what becomes a problem document with a pointer a fault."""
    body = body.removeprefix(BOM_UTF8)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        worded = _in_words_of_python(model, body) or error
        faults = worded.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from error


def _in_words_of_python(model: type[BaseModel], body: bytes) -> ValidationError | None:
    """The faults of a body as every other route words them, where it is JSON at all."""
    try:
        model.model_validate(json.loads(body))
    except ValidationError as error:
        return error
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"the body must be UTF-8 text, got {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError):
        return None
    return None


def json_response(content: Any) -> Response:
    """Plain content or dataclasses, written as they are: whoever made them answers for their form."""
    return Response(orjson.dumps(content), media_type="application/json")


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """How OpenAPI describes a body that is read by hand; ``serving.api.openapi`` enters the model."""
    schema = {"$ref": COMPONENTS.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
