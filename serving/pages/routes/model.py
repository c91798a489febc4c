"""The model that serves: since when, how it did, and how fresh what it rests on is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from serving.api.dependencies import CurrentServices
from serving.overviews.model_record import ModelRecord, read_record, read_report
from serving.overviews.model_state import read_freshness, read_model
from serving.overviews.short_memory import ShortMemory
from serving.pages.locale.texts import gettext
from serving.pages.overviews.model_words import describe_judged, in_plain_words
from serving.pages.rendering import is_by_script, render
from serving.principal import CurrentCaller
from serving.problems import NotFound
from serving.scores.services import Services
from training.registry.registry import RegistryUnavailable

router = APIRouter()
RECORD_LASTS = 300.0
"""Seconds that what the registry knows is shown again without asking it."""


@router.get("/model")
def get_model_page(request: Request, services: CurrentServices, caller: CurrentCaller) -> Response:
    """The model and the state of the data; what the registry knows comes after it."""
    model = read_model(services, caller)
    return render(
        request,
        "model.html",
        model=model,
        judged=describe_judged(model["about"].get("judged") or {}) if model else [],
        degraded=in_plain_words(model["degraded_because"]) if model else [],
        fresh=read_freshness(services, caller),
        missing=services.settings.model,
    )


@router.get("/model/record")
def get_record(request: Request, services: CurrentServices, caller: CurrentCaller) -> Response:
    """How the model did on orders whose outcome is known, and the verdict by which it serves."""
    content: dict[str, Any] = {"record": None, "away": ""}
    try:
        content["record"] = _record(request.app.state.short_memory, services)
    except RegistryUnavailable as error:
        content["away"] = error.public
    template = "parts/record.html" if is_by_script(request) else "model_part.html"
    return render(request, template, title=gettext("How it did"), may_report=caller.plants is None, **content)


@router.get("/model/report")
def get_report(services: CurrentServices) -> Response:
    """The report of the model's training as a file; it is about all plants. A page could not show its drawings."""
    scorer = services.daily_context.active_model().scorer
    report = read_report(services.settings, scorer.loaded) if scorer else None
    if scorer is None or report is None:
        raise NotFound("the model's run must have a report, got none")
    name = f"report-{scorer.loaded.version}.html"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(report, headers=headers, media_type="application/octet-stream")


def _record(memory: ShortMemory, services: Services) -> ModelRecord | None:
    scorer = services.daily_context.active_model().scorer
    if scorer is None:
        return None
    loaded = scorer.loaded
    key = "record", loaded.name, loaded.version, loaded.run_id
    return memory.get(key, RECORD_LASTS, lambda: read_record(services.settings, loaded))
