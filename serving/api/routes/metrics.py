"""What Prometheus asks for."""

from __future__ import annotations

from fastapi import APIRouter, Response

from features.errors import ShipriskError
from serving.api.dependencies import Wired
from serving.scores.services import Wiring
from serving.store.tables.status import freshness_in_micros
from serving.telemetry.metrics import MEDIA_TYPE, Standings, ages, exposition

router = APIRouter(tags=["health"])
TEXT = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", response_class=Response, responses=TEXT)  # type: ignore[arg-type]
def get_metrics(wired: Wired) -> Response:
    """Requests, scores, events, freshness, the champion, and errors of the database, in Prometheus' text format."""
    scorer = wired.mornings.standing().scorer
    champion = (scorer.champion.name, scorer.champion.version) if scorer else None
    content = exposition(Standings(lambda: _gauges(wired), champion))
    return Response(content, media_type=MEDIA_TYPE)


def _gauges(wired: Wiring) -> dict[str, float]:
    now, scorer = wired.clock(), wired.mornings.standing().scorer
    degraded = {"degraded": float(scorer is None or bool(scorer.degraded_because(now)))}
    try:
        found = wired.database.read(lambda connection: freshness_in_micros(connection, now))
    except ShipriskError:
        return degraded | {"answers": 0.0}
    return degraded | {"answers": 1.0} | ages(found, now)
