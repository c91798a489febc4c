"""Parts of an order that take work or room: put into the page when they are asked for, pages of their own without."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from features.errors import InvalidRequest
from serving.api.calls import read_change, read_events, read_lines, read_moves, try_events
from serving.api.dependencies import CurrentServices, OrderId
from serving.contract.change import ChangeParams
from serving.contract.what_if import WhatIfRequest
from serving.pages.browser import Form, SentForm
from serving.pages.drawing import TRACE_DAYS
from serving.pages.problem_pages import FIELDS
from serving.pages.rendering import is_by_script, render
from serving.pages.rows import path_of
from serving.pages.wording import plant_clock
from serving.principal import CurrentCaller

router = APIRouter()
EVENTS_A_PAGE = 50
NUMBERS = ("quantity",)
LEAST_STEP = 0.005
"""Steps that move the risk by less, in probability, are counted and not listed."""


def render_part(request: Request, order_id: str, part: str, title: str, **content: Any) -> Response:
    """A part for the page that asks for it by script, else a page around it."""
    template = f"parts/{part}.html" if is_by_script(request) else "part.html"
    around: dict[str, Any] = {
        "part": f"parts/{part}.html",
        "title": title,
        "order_id": order_id,
        "path": path_of(order_id),
    }
    return render(request, template, **around, **content)


@router.get("/orders/{order_id}/lines")
def get_lines(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The lines of an order."""
    return render_part(request, order_id, "lines", "Lines", lines=read_lines(services, order_id, caller))


@router.get("/orders/{order_id}/moves")
def get_moves_part(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The moves worth trying."""
    moves = read_moves(services, order_id, caller)
    for move in moves["moves"]:
        move["body"] = orjson.dumps(move["events"]).decode()
    return render_part(request, order_id, "moves", "Worth trying", moves=moves)


@router.get("/orders/{order_id}/change")
def get_change_part(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """What moved the risk in the last days, step by step: the model is asked again for each, which takes a moment."""
    clock = plant_clock(services)
    params = ChangeParams.model_validate({"from": clock.ahead(-TRACE_DAYS)})
    change = read_change(services, order_id, params, caller)
    steps = [step for step in reversed(change["steps"]) if abs(step["points"]) >= LEAST_STEP]
    less = len(change["steps"]) - len(steps)
    return render_part(request, order_id, "change", "What moved it", steps=steps, summary=change["summary"], less=less)


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
        "Events",
        events=events,
        begin=begin,
        total=total,
        following=following if following < total else None,
    )


@router.post("/orders/{order_id}/what-if")
def post_what_if_page(
    request: Request, order_id: OrderId, form: SentForm, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """The risk as it would be; nothing is stored."""
    supposed = _supposed(form)
    answer = try_events(services, order_id, supposed, caller)
    moves_promise = any(event.type.endswith("commitment.changed") for event in supposed.events)
    content: dict[str, Any] = {"sentence": form.get("sentence"), "moves_promise": moves_promise}
    return render_part(request, order_id, "what_if", "What if", answer=answer, **content)


def _supposed(form: Form) -> WhatIfRequest:
    """The events of a move, or the one that the fields say. Raises ``InvalidRequest`` that says what is wrong."""
    try:
        events = orjson.loads(form.get("events")) if form.get("events") else [_event(form)]
        return WhatIfRequest.model_validate({"events": events})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][-1])
        raise InvalidRequest(f"{FIELDS.get(field, field)}: {first['msg']}") from error
    except ValueError as error:
        raise InvalidRequest(f"what is supposed must be readable, got {error}") from error


def _event(form: Form) -> dict[str, Any]:
    names = ("line_id", "quantity", "date", "kind", "state", "reference", "reason", "actor")
    given = {name: form.get(name) for name in names if form.get(name)}
    data = {name: _number(name, value) if name in NUMBERS else value for name, value in given.items()}
    return {"type": form.get("type"), "data": data}


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidRequest(f"{FIELDS[name]} must be a number, got {text[:40]!r}") from error
