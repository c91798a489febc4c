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
ALL_PLANTS_ONLY = ("GET /v1/audit", "GET /metrics")
"""About all plants at once: a key of some plants may not call them."""
PAGES = ("/docs", "/redoc", "/openapi.json", "/static-offline-docs")
"""Pages that describe the API, by how their paths begin."""
_PATHS = {route: compile_path(route.partition(" ")[2])[0] for route in ACCESS}


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
            return Route(name, ACCESS[name])
    return None


def is_page(path: str) -> bool:
    """Whether a path is one of the pages that describe the API."""
    return path in PAGES or path.startswith(tuple(f"{page}/" for page in PAGES))


def require_complete(app: FastAPI) -> None:
    """Raise ``UnknownRoute`` unless the table says of every route who may call it."""
    missing = sorted(set(routes_of(app.routes)) - set(ACCESS))
    if missing:
        raise UnknownRoute(
            f"serving.auth.permissions must say who may call each route, got none for {', '.join(missing)}"
        )


def routes_of(routes: Iterable[Any]) -> Iterator[str]:
    """Method and path of every route, of groups too."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in route.methods or () if not is_page(route.path))
        yield from routes_of(_inner(route))


def _inner(route: Any) -> Iterable[Any]:
    router = getattr(route, "original_router", None)
    return getattr(router, "routes", ())
