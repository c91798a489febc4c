"""The routes, by what they are about: each parses, makes one call, and replies."""

from __future__ import annotations

from fastapi import FastAPI

from serving.api.routes import audit, events, freshness, metrics, orders, scores


def add_routes(app: FastAPI) -> None:
    """Everything that the store answers."""
    for group in (events, orders, scores, freshness, audit, metrics):
        app.include_router(group.router)
