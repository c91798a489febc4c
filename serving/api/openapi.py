"""The OpenAPI document: what FastAPI makes of the routes, and what it cannot know of them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.api.json_body import COMPONENTS
from serving.auth.permissions import ACCESS
from serving.contract.decision import DecisionRequest
from serving.contract.events import EventBatch
from serving.contract.order_state import OrderSnapshot
from serving.contract.scoring import Problem, ScoreRequest
from serving.contract.what_if import WhatIfRequest

Schema = dict[str, Any]
Operation = tuple[str, str]
EVENTS: Operation = ("post", "/v1/events")
STATE: Operation = ("put", "/v1/orders/{order_id}/state")
ORDERS: Operation = ("get", "/v1/orders")
ORDER: Operation = ("get", "/v1/orders/{order_id}")
HISTORY: Operation = ("get", "/v1/orders/{order_id}/history")
DECISIONS: Operation = ("post", "/v1/orders/{order_id}/decisions")
REPLAY: Operation = ("get", "/v1/scores/{score_id}/replay")

FIRST = {"order_id": "$response.body#/orders/0/order_id"}
SAME = {"order_id": "$request.path.order_id"}
LINKS: tuple[tuple[Operation, str, Operation, dict[str, str]], ...] = (
    (EVENTS, "order", ORDER, FIRST),
    (EVENTS, "history", HISTORY, FIRST),
    (EVENTS, "state", STATE, FIRST),
    (EVENTS, "decision", DECISIONS, FIRST),
    (EVENTS, "replay", REPLAY, {"score_id": "$response.body#/orders/0/after/score_id"}),
    (STATE, "order", ORDER, SAME),
    (STATE, "again", STATE, SAME),
    (ORDERS, "order", ORDER, FIRST),
    (ORDERS, "next page", ORDERS, {"cursor": "$response.body#/next_cursor"}),
    (ORDERS, "replay", REPLAY, {"score_id": "$response.body#/orders/0/score_id"}),
    (ORDER, "history", HISTORY, SAME),
    (ORDER, "decision", DECISIONS, SAME | {"If-Match": "$response.header.ETag"}),
    (HISTORY, "replay", REPLAY, {"score_id": "$response.body#/scores/0/score_id"}),
    (HISTORY, "earlier", HISTORY, SAME | {"cursor": "$response.body#/next_cursor"}),
    (DECISIONS, "next decision", DECISIONS, SAME | {"If-Match": "$response.header.ETag"}),
    (DECISIONS, "order", ORDER, SAME),
)
"""(from, name, to, its parameters): where each reply leads, for clients, and tests, that follow them."""
SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of 'shiprisk keys create'"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same, in its own header"},
}
REFUSALS = {
    401: "There is no key, or none that holds",
    403: "The key's role or plants do not allow it",
    408: "The headers or the body did not arrive in time",
    415: "The body is of a kind that is not read",
    429: "Too many requests; Retry-After says when to come back",
    431: "The headers are too many or too long",
}
HEADERS = {
    "X-Request-ID": "The id of the request: the caller's own if one was sent",
    "Retry-After": "Seconds after which it may be asked again",
    "RateLimit": 'What is left of the key\'s limit, such as "key";r=11999;t=60',
    "RateLimit-Policy": 'The key\'s limit, such as "key";q=12000;w=60',
}
OF_KEYS = ("RateLimit", "RateLimit-Policy")
AGAIN = ("429", "503")
"""Statuses after which it is worth asking again."""


def describe_api(app: FastAPI) -> None:
    """Let the application's document have the models that are read by hand, who may call what, and the links."""
    from_routes = app.openapi

    def openapi() -> Schema:
        schema = from_routes()
        add_models(schema, EventBatch, ScoreRequest, OrderSnapshot, DecisionRequest, WhatIfRequest, Problem)
        add_access(schema)
        add_links(schema)
        add_headers(schema)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def add_models(schema: Schema, *models: type[BaseModel]) -> None:
    """Enter models that are read by hand, and what they consist of."""
    _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=COMPONENTS)
    schema["components"]["schemas"] = definitions["$defs"] | schema["components"]["schemas"]


def add_access(schema: Schema) -> None:
    """Enter who may call what, and how they are refused."""
    schema["components"]["securitySchemes"] = SCHEMES
    for name, roles in ACCESS.items():
        method, path = name.split(" ")
        if roles:
            _add_roles(schema["paths"][path][method.lower()], method, sorted(roles))


def _add_roles(operation: Schema, method: str, roles: list[str]) -> None:
    operation["security"] = [{scheme: []} for scheme in SCHEMES]
    operation["x-roles"] = roles
    statuses = (401, 403, 408, 415, 429, 431) if method != "GET" else (401, 403, 429, 431)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] |= {
        str(status): {"description": REFUSALS[status], "content": content} for status in statuses
    }


def add_headers(schema: Schema) -> None:
    """Enter the headers of replies: ids, limits of keys, and when to come back."""
    schema["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "integer" if name == "Retry-After" else "string"}}
        for name, text in HEADERS.items()
    }
    for operation in (one for methods in schema["paths"].values() for one in methods.values()):
        for status, response in operation["responses"].items():
            names = ("X-Request-ID", *(OF_KEYS if "security" in operation else ()))
            names += ("Retry-After",) if status in AGAIN else ()
            shown = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
            response["headers"] = response.get("headers", {}) | shown


def add_links(schema: Schema) -> None:
    """Enter the links."""
    paths = schema["paths"]
    for (method, path), name, (to_method, to_path), parameters in LINKS:
        link = {"operationId": paths[to_path][to_method]["operationId"], "parameters": parameters}
        paths[path][method]["responses"]["200"].setdefault("links", {})[name] = link
