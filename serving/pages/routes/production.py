"""For the Monday meeting: what added risk in a week, what is stuck, what would help, and what decisions led to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from serving.api.dependencies import CurrentServices
from serving.overviews.decision_outcomes import outcomes_of_decisions
from serving.overviews.plant_now import moves_now, stuck_now
from serving.overviews.short_memory import ShortMemory
from serving.pages.locale.texts import gettext, message
from serving.pages.overviews.cause_rows import (
    ORDERS_ALONE,
    ORDERS_SHOWN,
    first_blocked,
    knows_causes,
    show_causes,
    show_orders_behind,
)
from serving.pages.overviews.report_address import VIEWS, AskedReport, ReportAddress
from serving.pages.rendering import is_by_script, render
from serving.pages.rows import path_of
from serving.principal import Caller, CurrentCaller
from serving.problems import Busy, NotReady
from serving.scores.services import Services

router = APIRouter()
TITLES = {
    "causes": message("What added risk"),
    "orders": message("Orders behind it"),
    "blocked": message("Value at risk, by what stops it first"),
    "moves": message("What would take most off"),
    "decisions": message("Did decisions help?"),
}
Content = dict[str, Any]


@router.get("/production")
def get_production(request: Request, asked: AskedReport, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The page: what takes seconds comes by itself after it, or all at once where that is asked for."""
    memory: ShortMemory = request.app.state.short_memory
    has_model = services.daily_context.active_model().scorer is not None
    at_once = has_model and (asked.whole or knows_causes(memory, services, asked, caller))
    content: Content = {"trend": asked.whole}
    if at_once:
        content["table"] = show_causes(memory, services, asked, caller, with_trend=asked.whole)
    if asked.whole:
        content |= _blocked(services, caller) | _decisions(services, asked, caller)
        content |= _moves(request.app.state.moves_memory, services, caller) if has_model else {}
    around: Content = {"views": VIEWS, "titles": TITLES, "name": ""}
    return render(request, "production.html", asked=asked, has_model=has_model, **around | content)


@router.get("/production/causes")
def get_causes(
    request: Request, asked: AskedReport, services: CurrentServices, caller: CurrentCaller, trend: bool = True
) -> Response:
    """What added risk in the week, with the weeks before it unless it is asked for without."""
    memory: ShortMemory = request.app.state.short_memory
    table = show_causes(memory, services, asked, caller, with_trend=trend)
    return _part(request, "causes", asked, table=table, trend=trend)


@router.get("/production/orders")
def get_orders_behind(
    request: Request,
    asked: AskedReport,
    services: CurrentServices,
    caller: CurrentCaller,
    name: Annotated[str, Query(max_length=2_000)] = "",
) -> Response:
    """The orders behind one figure of the week."""
    memory: ShortMemory = request.app.state.short_memory
    part_only = is_by_script(request)
    most = ORDERS_SHOWN if part_only else ORDERS_ALONE
    rows, total = show_orders_behind(memory, services, asked, name, caller, most)
    return _part(request, "orders", asked, rows=rows, total=total, name=name, part_only=part_only)


@router.get("/production/blocked")
def get_blocked(request: Request, asked: AskedReport, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Value at risk now, by what is in the way."""
    return _part(request, "blocked", asked, **_blocked(services, caller))


@router.get("/production/moves")
def get_plant_moves(request: Request, asked: AskedReport, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The moves that would take most risk off the list now."""
    return _part(request, "moves", asked, **_moves(request.app.state.moves_memory, services, caller))


@router.get("/production/decisions")
def get_decisions(request: Request, asked: AskedReport, services: CurrentServices, caller: CurrentCaller) -> Response:
    """What became of the orders that were decided about in the week."""
    return _part(request, "decisions", asked, **_decisions(services, asked, caller))


def _part(request: Request, part: str, asked: ReportAddress, **content: Any) -> Response:
    """A part for the page that asks for it by script, else a page around it."""
    template = f"parts/{part}_report.html" if is_by_script(request) else "production_part.html"
    around: Content = {
        "part": f"parts/{part}_report.html",
        "title": gettext(TITLES[part]),
        "asked": asked,
        "views": VIEWS,
    }
    return render(request, template, **{"name": ""} | around | content)


def _blocked(services: Services, caller: Caller) -> Content:
    stuck = stuck_now(services, caller)
    return {"stuck": stuck, "stops": first_blocked(stuck["rows"])}


def _moves(memory: ShortMemory, services: Services, caller: Caller) -> Content:
    try:
        moves = moves_now(memory, services, caller)
    except (NotReady, Busy) as error:
        return {"moves": None, "busy": isinstance(error, Busy)}
    shown = [move | {"path": path_of(move["order_id"])} for move in moves["moves"]]
    return {"moves": moves | {"moves": shown}}


def _decisions(services: Services, asked: ReportAddress, caller: Caller) -> Content:
    return {"outcomes": outcomes_of_decisions(services, asked.week, caller)}
