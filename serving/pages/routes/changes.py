"""Since last time: which orders moved, and on demand why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from features.times import isoformat
from serving.api.calls import read_change
from serving.api.dependencies import CurrentServices, OrderId
from serving.contract.change import ChangeParams
from serving.overviews.movements import Group, find_movements, scored_from
from serving.overviews.visits import visit_before
from serving.pages.locale.texts import gettext
from serving.pages.overviews.change_rows import TITLES, show_groups
from serving.pages.overviews.since import find_since, since_links
from serving.pages.rendering import render
from serving.pages.routes.parts import LEAST_STEP, render_part
from serving.pages.wording import plant_clock
from serving.principal import CurrentCaller

router = APIRouter()
SinceText = Annotated[str, Query(max_length=64)]


@router.get("/changes")
def get_changes(
    request: Request,
    services: CurrentServices,
    caller: CurrentCaller,
    since: SinceText = "",
    show: Group | None = None,
) -> Response:
    """What moved since the last visit, or since a moment in the address."""
    clock = plant_clock(services)
    begin = find_since(since.strip(), visit_before(services, caller), clock)
    movements, scored = find_movements(services, begin.moment, caller), scored_from(services)
    return render(
        request,
        "changes.html",
        counts=[(gettext(TITLES[group][0]), len(orders), group) for group, orders in movements.items()],
        groups=show_groups(services, movements, begin.moment, show),
        links=since_links(begin, clock),
        only=show,
        scored_from=isoformat(scored) if scored is not None and begin.moment < scored else None,
        since=begin,
        since_at=isoformat(begin.moment),
        since_text=since.strip(),
        stands=services.settings.now is not None,
    )


@router.get("/changes/{order_id}")
def get_why_changed(
    request: Request, order_id: OrderId, services: CurrentServices, caller: CurrentCaller, since: SinceText = ""
) -> Response:
    """Why the risk of an order moved since then, step by step: the model is asked again for each."""
    clock = plant_clock(services)
    begin = find_since(since.strip(), visit_before(services, caller), clock)
    params = ChangeParams.model_validate({"from": isoformat(begin.moment)})
    change = read_change(services, order_id, params, caller)
    steps = [step for step in reversed(change["steps"]) if abs(step["points"]) >= LEAST_STEP]
    less = len(change["steps"]) - len(steps)
    return render_part(
        request, order_id, "change", gettext("What moved it"), steps=steps, summary=change["summary"], less=less
    )
