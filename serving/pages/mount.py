"""The pages in the service: their routes, and problems as pages."""

from __future__ import annotations

from functools import partial

from fastapi import Depends, FastAPI, Request

from serving.api.calls import last_score, news_after
from serving.api.dependencies import CurrentServices
from serving.overviews.short_memory import ShortMemory
from serving.overviews.visits import VisitLog
from serving.pages.live.feed import ScoreFeed
from serving.pages.live.strips import SilenceCache
from serving.pages.problem_pages import ProblemPagesMiddleware
from serving.pages.rendering import environment
from serving.pages.routes import changes, model, order, parts, production, session, stream, views, worklist
from serving.pages.static_files import named_files
from serving.pages.summary import FiguresCache
from serving.principal import CurrentCaller
from serving.scores.services import Services

REMEMBERED = 60
"""So many results that take seconds are remembered: weeks by sets of plants, most of all."""


def add_pages(app: FastAPI) -> None:
    """Every page, around the layers that every request passes."""
    environment(), named_files()  # read now, as a running process must not meet the files of an upgrade
    for group in (worklist, order, changes, production, model):
        app.include_router(group.router, include_in_schema=False, dependencies=[Depends(note_visit)])
    for rest in (views, parts, stream, session):
        app.include_router(rest.router, include_in_schema=False)
    services: Services = app.state.services
    app.state.feed = ScoreFeed(partial(news_after, services), partial(last_score, services))
    app.state.places = stream.StreamPlaces()
    app.state.silences = SilenceCache()
    app.state.figures = FiguresCache()
    app.state.short_memory = ShortMemory(REMEMBERED)
    app.state.moves_memory = ShortMemory(REMEMBERED)
    app.state.visits = VisitLog()
    app.add_middleware(ProblemPagesMiddleware)


def note_visit(request: Request, services: CurrentServices, caller: CurrentCaller) -> None:
    """Write down that somebody opened a page, so that the next visit can tell what is new since."""
    visits: VisitLog = request.app.state.visits
    if request.method == "GET":
        visits.note(services, caller)
