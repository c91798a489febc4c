"""The routes, by what they are about: each parses, makes one call, and replies."""

from __future__ import annotations

from fastapi import FastAPI

from serving.api.routes import audit, change, events, freshness, health, metrics, orders, scores, scoring, what_if


def add_routes(app: FastAPI) -> None:
    """Every route of the service."""
    for group in (scoring, events, orders, what_if, change, scores, freshness, audit, metrics, health):
        app.include_router(group.router)
