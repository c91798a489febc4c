"""OpenAPI links: where each reply leads, for clients, and tests, that follow them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

Route = tuple[str, str]
EVENTS: Route = ("post", "/v1/events")
STATE: Route = ("put", "/v1/orders/{order_id}/state")
ORDERS: Route = ("get", "/v1/orders")
ORDER: Route = ("get", "/v1/orders/{order_id}")
HISTORY: Route = ("get", "/v1/orders/{order_id}/history")
DECISIONS: Route = ("post", "/v1/orders/{order_id}/decisions")
REPLAY: Route = ("get", "/v1/scores/{score_id}/replay")

FIRST = {"order_id": "$response.body#/orders/0/order_id"}
SAME = {"order_id": "$request.path.order_id"}
LINKS: tuple[tuple[Route, str, Route, dict[str, str]], ...] = (
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
"""(from, name, to, its parameters)."""


def add_links(app: FastAPI) -> None:
    """Enter the links into the OpenAPI document."""
    usual = app.openapi

    def openapi() -> dict[str, Any]:
        schema = usual()
        paths = schema["paths"]
        for (method, path), name, (to_method, to_path), parameters in LINKS:
            link = {"operationId": paths[to_path][to_method]["operationId"], "parameters": parameters}
            paths[path][method]["responses"]["200"].setdefault("links", {})[name] = link
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
