"""One order: the risk and why, what is ready, what was decided, and decisions about it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from features.errors import InvalidRequest
from features.times import DAY, micros
from serving.api.calls import read_choices, read_events, read_history, read_lines, read_order, record_decision
from serving.api.dependencies import CurrentServices, OrderId
from serving.ingest.decisions import etag_of
from serving.pages.blockers import list_readiness
from serving.pages.browser import Notice, SentForm, go_back
from serving.pages.decided import say_snooze
from serving.pages.drawing import Risks, change_since, draw_waterfall
from serving.pages.order.decisions import Outcome, decision_of, offer_snooze, typed_in_vain
from serving.pages.order.ship_curve import draw_ship_curve
from serving.pages.order.time_line import draw_time_line
from serving.pages.order.what_if_form import WhatIfForm
from serving.pages.rendering import render
from serving.pages.rows import last_promise, path_of
from serving.pages.wording import capitalised, plant_clock
from serving.principal import CurrentCaller

router = APIRouter()
SCORES = 200
"""So many of the latest scores are drawn."""
EVENTS_READ = 1_000
"""So many of the latest events are drawn, and shown as proof; all of them are on pages of their own."""
EVENTS_SHOWN = 6
"""So many events stand behind a reason."""


@router.get("/orders/{order_id}")
def get_order_page(request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The order as it stands now."""
    content, version = read_order(services, order_id, caller)
    events, events_count = read_events(services, order_id, caller, 0, EVENTS_READ)
    clock = plant_clock(services)
    scores = read_history(services, order_id, caller, limit=SCORES)["scores"]
    score, order = content["score"], content["order"]
    return render(
        request,
        "order.html",
        **content,
        asked=WhatIfForm(read_choices(services, order_id, caller)),
        change=change_since(risks_of(scores), clock.now - DAY),
        drawing=draw_time_line(scores, events, content["decisions"], order["due_at"], clock),
        events_count=events_count,
        falls=_reasons(score, events),
        late_lines=_late_lines(content["lateness"], events),
        last_promise=last_promise(order, clock),
        lines=read_lines(services, order_id, caller),
        path=path_of(order["order_id"]),
        ship_curve=draw_ship_curve(score["ship_date"], events, clock),
        snooze=offer_snooze(order, clock),
        put_off=say_snooze(order, clock),
        readiness=list_readiness(content["blockers"], content["not_due"], content["conditions"]),
        version=etag_of(version),
    )


def risks_of(scores: list[dict[str, Any]]) -> Risks:
    """The moments and risks of scores, the earliest first."""
    return [(micros(score["as_of"]), score["risk"]) for score in reversed(scores)]


def _reasons(score: dict[str, Any], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each reason with its step of the waterfall and the events that prove it, the latest first."""
    if score["base_risk"] is None or score["risk"] is None:
        return []
    falls = draw_waterfall(score["base_risk"], [reason["points"] for reason in score["reasons"]])
    return [
        {
            **reason,
            "fall": fall,
            "proof": _proof(reason["evidence"], events),
        }
        for reason, fall in zip(score["reasons"], falls, strict=True)
    ]


def _late_lines(lateness: dict[str, Any] | None, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each line that broke its promise with the events that prove it."""
    lines = lateness["lines"] if lateness else []
    return [{**line, "proof": _proof(line["events"], events)} for line in lines]


def _proof(evidence: list[dict[str, str]], events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events that prove something, of those that are shown."""
    known = {(event["source"], event["id"]): event for event in events}
    return [known[key] for one in evidence if (key := (one["source"], one["id"])) in known][-EVENTS_SHOWN:]


@router.post("/orders/{order_id}/decisions")
def post_order_decision(
    request: Request, order_id: OrderId, form: SentForm, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """Decide about the order as it was read; who decided meanwhile is not overruled unseen."""
    version = form.get("version") or None
    try:
        decision = decision_of(form.get("kind"), form, caller, services.clock())
        outcome = Outcome(decision, left_out=typed_in_vain(form, decision, caller))
        outcome.add(order_id, record_decision(services, request, order_id, decision, caller, version))
    except InvalidRequest as error:
        return go_back(request, f"{path_of(order_id)}#decide", Notice(f"{capitalised(str(error))}.", warns=True))
    return go_back(request, path_of(order_id), outcome.notice)
