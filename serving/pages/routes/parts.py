"""Parts of an order that take work or room: put into the page when they are asked for, pages of their own without."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from serving.api.calls import read_change, read_choices, read_events, read_lines, read_moves, try_events
from serving.api.dependencies import CurrentServices, OrderId
from serving.contract.change import ChangeParams
from serving.contract.what_if import WhatIfRequest
from serving.pages.browser import Form, SentForm
from serving.pages.drawing import TRACE_DAYS
from serving.pages.locale.texts import gettext
from serving.pages.order.what_if_form import IncompleteForm, WhatIfForm
from serving.pages.rendering import is_by_script, render
from serving.pages.rows import path_of
from serving.pages.wording import plant_clock
from serving.principal import CurrentCaller
from serving.problems import InvalidBody

router = APIRouter()
EVENTS_A_PAGE = 50
LEAST_STEP = 0.005
"""Steps that move the risk by less, in probability, are counted and not listed."""


def render_part(request: Request, order_id: str, part: str, title: str, status: int = 200, **content: Any) -> Response:
    """A part for the page that asks for it by script, else a page around it."""
    template = f"parts/{part}.html" if is_by_script(request) else "part.html"
    around: dict[str, Any] = {
        "part": f"parts/{part}.html",
        "title": title,
        "order_id": order_id,
        "path": path_of(order_id),
    }
    return render(request, template, status, **around, **content)


@router.get("/orders/{order_id}/lines")
def get_lines(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The lines of an order."""
    return render_part(request, order_id, "lines", gettext("Lines"), lines=read_lines(services, order_id, caller))


@router.get("/orders/{order_id}/moves")
def get_moves_part(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The moves worth trying."""
    moves = read_moves(services, order_id, caller)
    for move in moves["moves"]:
        move["body"] = orjson.dumps(move["events"]).decode()
    return render_part(request, order_id, "moves", gettext("Worth trying"), moves=moves)


@router.get("/orders/{order_id}/change")
def get_change_part(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """What moved the risk in the last days, step by step: the model is asked again for each, which takes a moment."""
    clock = plant_clock(services)
    params = ChangeParams.model_validate({"from": clock.ahead(-TRACE_DAYS)})
    change = read_change(services, order_id, params, caller)
    steps = [step for step in reversed(change["steps"]) if abs(step["points"]) >= LEAST_STEP]
    less = len(change["steps"]) - len(steps)
    return render_part(
        request, order_id, "change", gettext("What moved it"), steps=steps, summary=change["summary"], less=less
    )


@router.get("/orders/{order_id}/events")
def get_events(
    request: Request,
    order_id: OrderId,
    services: CurrentServices,
    caller: CurrentCaller,
    begin: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """The raw events with both clocks, a page of them, the one that arrived last first."""
    events, total = read_events(services, order_id, caller, begin, EVENTS_A_PAGE)
    following = begin + EVENTS_A_PAGE
    return render_part(
        request,
        order_id,
        "events",
        gettext("Events"),
        events=events,
        begin=begin,
        total=total,
        following=following if following < total else None,
    )


@router.post("/orders/{order_id}/what-if")
def post_what_if_page(
    request: Request, order_id: OrderId, form: SentForm, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """The risk as it would be; nothing is stored. What cannot be is answered in the words of the form, and kept."""
    asked = WhatIfForm(read_choices(services, order_id, caller), form)
    try:
        supposed = _supposed(form, asked)
        answer = try_events(services, order_id, supposed, caller)
    except IncompleteForm as error:
        return _refused(request, order_id, asked, error.errors)
    except InvalidBody as error:
        return _refused(request, order_id, asked, asked.in_its_words(error.errors))
    moves_promise = any(event.type.endswith("commitment.changed") for event in supposed.events)
    part = "what_if" if is_by_script(request) else "what_if_page"
    return render_part(
        request, order_id, part, gettext("What if"), answer=answer, asked=asked, moves_promise=moves_promise, errors=[]
    )


def _refused(request: Request, order_id: str, asked: WhatIfForm, errors: list[str]) -> Response:
    part = "problem" if is_by_script(request) else "what_if_page"
    content: dict[str, Any] = {"answer": None, "asked": asked, "errors": errors, "advice": "", "number": ""}
    return render_part(request, order_id, part, gettext("What if"), 422, **content)


def _supposed(form: Form, asked: WhatIfForm) -> WhatIfRequest:
    """The events of a move, or the one that the fields say. Raises ``InvalidRequest`` that says what is wrong."""
    if not form.get("events"):
        return WhatIfRequest.model_validate({"events": [asked.event()]})
    try:
        return WhatIfRequest.model_validate({"events": orjson.loads(form.get("events"))})
    except ValueError as error:
        raise IncompleteForm([gettext("The move is not readable any more: load the page again")]) from error
