"""The pages in the service: their routes, and problems as pages."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from serving.api.calls import last_score, news_after
from serving.pages.live.feed import ScoreFeed
from serving.pages.live.strips import SilenceCache
from serving.pages.problem_pages import ProblemPagesMiddleware
from serving.pages.routes import order, parts, session, stream, views, worklist
from serving.pages.summary import FiguresCache
from serving.scores.services import Services


def add_pages(app: FastAPI) -> None:
    """Every page, around the layers that every request passes."""
    for group in (worklist, views, order, parts, stream, session):
        app.include_router(group.router, include_in_schema=False)
    services: Services = app.state.services
    app.state.feed = ScoreFeed(partial(news_after, services), partial(last_score, services))
    app.state.places = stream.StreamPlaces()
    app.state.silences = SilenceCache()
    app.state.figures = FiguresCache()
    app.add_middleware(ProblemPagesMiddleware)
