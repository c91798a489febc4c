"""How a plant stands now: value at risk by what stops it, and the moves that would take most off."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from serving.api.calls import best_moves
from serving.contract.what_if import MovesParams
from serving.overviews.short_memory import ShortMemory
from serving.principal import Caller
from serving.scores.impact import at_risk_now
from serving.scores.services import Services
from serving.store.schema import SCORED
from serving.store.tables.worklist import WorklistQuery, count

PATIENCE = 2.0
"""Seconds that a page waits for its turn; whoever reads it asks again."""
MOVES_LAST = 120.0
"""Seconds that moves are shown again without weighing them anew."""


def stuck_now(services: Services, caller: Caller) -> dict[str, Any]:
    """Value at risk as ``GET /v1/impact`` has it."""
    now, usual = services.clock(), services.daily_context.active_model().pack_times

    def read(connection: Connection) -> dict[str, Any]:
        at_risk, covered = at_risk_now(connection, caller.plants, now, services.settings, usual)
        listed = count(connection, WorklistQuery(now, states=SCORED, plants=caller.plants, snoozed=None))
        return {"rows": at_risk.to_dict("records"), "covered": covered, "listed": listed}

    return services.database.read(read)


def moves_now(memory: ShortMemory, services: Services, caller: Caller) -> dict[str, Any]:
    """The reply of ``GET /v1/moves``, remembered for a while, in a memory of its own as it may wait for its turn.

    Raises ``NotReady`` without a model, ``Busy`` while others ask.
    """
    active = services.daily_context.active_model()
    version = active.scorer.loaded.version if active.scorer else ""
    key = "moves", caller.plants, version, active.context_id
    return memory.get(key, MOVES_LAST, lambda: best_moves(services, MovesParams(), caller, PATIENCE))
