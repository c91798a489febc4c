"""The pages in the service: their routes, and problems as pages."""

from __future__ import annotations

from fastapi import FastAPI

from serving.pages.problem_pages import ProblemPagesMiddleware
from serving.pages.routes import order, parts, session, views, worklist
from serving.pages.summary import FiguresCache


def add_pages(app: FastAPI) -> None:
    """Every page, around the layers that every request passes."""
    for group in (worklist, views, order, parts, session):
        app.include_router(group.router, include_in_schema=False)
    app.state.figures = FiguresCache()
    app.add_middleware(ProblemPagesMiddleware)
