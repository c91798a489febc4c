"""Whether the process is up, and whether it can score."""

from __future__ import annotations

from fastapi import APIRouter

from serving.api.dependencies import CurrentServices, problems
from serving.contract.scoring import Health

router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> Health:
    """The process answers, even while every thread waits for the database."""
    return Health()


@router.get("/health/ready", responses=problems(503))
def is_ready(services: CurrentServices) -> Health:
    """A model is loaded and orders can be scored."""
    services.daily_context.champion()
    return Health()
