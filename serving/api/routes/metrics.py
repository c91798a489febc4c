"""What Prometheus asks for."""

from __future__ import annotations

from fastapi import APIRouter, Response

from features.errors import ShipriskError
from serving.api.dependencies import CurrentServices
from serving.scores.services import Services
from serving.store.tables.status import freshness_in_micros
from serving.telemetry.metrics import MEDIA_TYPE, StoreGauges, ages, exposition

router = APIRouter(tags=["health"])
TEXT = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", response_class=Response, responses=TEXT)  # type: ignore[arg-type]
def get_metrics(services: CurrentServices) -> Response:
    """Requests, scores, events, freshness, the champion, and errors of the database, in Prometheus' text format."""
    scorer = services.daily_context.active_model().scorer
    champion = (scorer.loaded.name, scorer.loaded.version) if scorer else None
    content = exposition(StoreGauges(lambda: _gauges(services), champion))
    return Response(content, media_type=MEDIA_TYPE)


def _gauges(services: Services) -> dict[str, float]:
    now, scorer = services.clock(), services.daily_context.active_model().scorer
    degraded = {"degraded": float(scorer is None or bool(scorer.degraded_because(now)))}
    try:
        freshness = services.database.read(lambda connection: freshness_in_micros(connection, now))
    except ShipriskError:
        return degraded | {"answers": 0.0}
    return degraded | {"answers": 1.0} | ages(freshness, now)
