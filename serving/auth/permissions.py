"""Which role may call which route: this table, and nothing else. A route that is not in it cannot be served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from features.errors import ShipriskError
from serving.principal import Caller, Role

PLANNER, INTEGRATOR, SCIENTIST, ADMIN = Role
EVERYBODY = frozenset(Role)
NO_KEY: frozenset[Role] = frozenset()
"""Health, and the pages that describe the API, are for everybody without a key."""

ACCESS: dict[str, frozenset[Role]] = {
    "POST /v1/score": EVERYBODY,
    "POST /v1/events": frozenset({INTEGRATOR, ADMIN}),
    "PUT /v1/orders/{order_id}/state": frozenset({INTEGRATOR, ADMIN}),
    "GET /v1/orders": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /v1/orders/{order_id}": EVERYBODY,
    "GET /v1/orders/{order_id}/history": EVERYBODY,
    "POST /v1/orders/{order_id}/what-if": EVERYBODY,
    "GET /v1/orders/{order_id}/moves": EVERYBODY,
    "GET /v1/moves": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /v1/orders/{order_id}/change": EVERYBODY,
    "POST /v1/orders/{order_id}/decisions": frozenset({PLANNER, ADMIN}),
    "GET /v1/scores/{score_id}/replay": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /v1/impact": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /v1/freshness": EVERYBODY,
    "GET /v1/model": EVERYBODY,
    "GET /v1/audit": frozenset({ADMIN}),
    "GET /metrics": frozenset({SCIENTIST, ADMIN}),
    "GET /health/live": NO_KEY,
    "GET /health/ready": NO_KEY,
}
PAGE_ACCESS: dict[str, frozenset[Role]] = {
    "GET /": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /worklist.{kind}": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "POST /decisions": frozenset({PLANNER, ADMIN}),
    "GET /stream": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "POST /views": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /orders/{order_id}": EVERYBODY,
    "GET /orders/{order_id}/lines": EVERYBODY,
    "GET /orders/{order_id}/moves": EVERYBODY,
    "GET /orders/{order_id}/change": EVERYBODY,
    "GET /orders/{order_id}/events": EVERYBODY,
    "POST /orders/{order_id}/decisions": frozenset({PLANNER, ADMIN}),
    "POST /orders/{order_id}/what-if": EVERYBODY,
    "GET /changes": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /changes/{order_id}": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /production": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /production/causes": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /production/orders": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /production/blocked": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /production/moves": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /production/decisions": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "GET /model": EVERYBODY,
    "GET /model/record": EVERYBODY,
    "GET /model/report": frozenset({PLANNER, SCIENTIST, ADMIN}),
    "POST /sign-out": EVERYBODY,
    "GET /sign-in": NO_KEY,
    "POST /sign-in": NO_KEY,
    "POST /theme": NO_KEY,
    "GET /assets/{name}": NO_KEY,
}
"""The pages for people, by the same roles; who calls is known by the session of the browser, not by a key."""
ALL_PLANTS_ONLY = ("GET /v1/audit", "GET /metrics", "GET /model/report")
"""About all plants at once: a key of some plants may not call them."""
DESCRIPTIONS = ("/docs", "/redoc", "/openapi.json", "/static-offline-docs")
"""Pages that describe the API, by how their paths begin."""
STREAM = "GET /stream"
"""A reply that lasts as long as somebody listens."""
WRITES = tuple(
    name
    for name in (*ACCESS, *PAGE_ACCESS)
    if name.partition(" ")[0] in ("POST", "PUT")
    and name
    not in ("POST /v1/score", "POST /v1/orders/{order_id}/what-if", "POST /orders/{order_id}/what-if", "POST /theme")
)
"""Routes that store something."""
SIGN_IN = "POST /sign-in"
"""Where keys are tried without being shown as one."""
_ALL = ACCESS | PAGE_ACCESS
_PATHS = {route: compile_path(route.partition(" ")[2])[0] for route in _ALL}


class UnknownRoute(ShipriskError):
    """A route that nobody has said who may call."""


@dataclass(frozen=True)
class Route:
    """A route as the table has it.

    Attributes
    ----------
    name : method and path, its parameters by name
    """

    name: str
    roles: frozenset[Role]

    @property
    def is_page(self) -> bool:
        """Whether people look at it in a browser."""
        return self.name in PAGE_ACCESS

    def allows_role(self, caller: Caller) -> bool:
        """Whether the caller's role may call it."""
        return not self.roles or caller.role in self.roles

    def allows_plants(self, caller: Caller) -> bool:
        """Whether the caller may see all that it shows at once."""
        return caller.plants is None or self.name not in ALL_PLANTS_ONLY


def find_route(method: str, path: str) -> Route | None:
    """The route of a request, ``None`` where the table has none."""
    for name, pattern in _PATHS.items():
        if name.startswith(f"{method} ") and pattern.match(path):
            return Route(name, _ALL[name])
    return None


def order_in(route: Route, path: str) -> str | None:
    """The order that a path of a route is about, as it was sent; ``None`` where it is about none."""
    match = _PATHS[route.name].match(path)
    return match.groupdict().get("order_id") if match else None


def describes_api(path: str) -> bool:
    """Whether a path is one of the pages that describe the API."""
    return path in DESCRIPTIONS or path.startswith(tuple(f"{page}/" for page in DESCRIPTIONS))


def require_complete(app: FastAPI) -> None:
    """Raise ``UnknownRoute`` unless the table says of every route who may call it."""
    missing = sorted(set(routes_of(app.routes)) - set(_ALL))
    if missing:
        raise UnknownRoute(
            f"serving.auth.permissions must say who may call each route, got none for {', '.join(missing)}"
        )


def routes_of(routes: Iterable[Any]) -> Iterator[str]:
    """Method and path of every route, of groups too."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in route.methods or () if not describes_api(route.path))
        yield from routes_of(_inner(route))


def _inner(route: Any) -> Iterable[Any]:
    router = getattr(route, "original_router", None)
    return getattr(router, "routes", ())
