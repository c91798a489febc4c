"""The model that scores now, since when, how fresh its scores are, and what each source last recorded."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from serving.api.presenters import moment
from serving.api.routes.scoring import describe_model
from serving.principal import Caller
from serving.scores.services import Services
from serving.store.period_reads import last_records
from serving.store.tables.audit import CHAMPION, latest_of
from serving.store.tables.status import freshness


def read_model(services: Services, caller: Caller) -> dict[str, Any] | None:
    """The reply of ``GET /v1/model``, since when it serves, and why scores made now are not as good as they could be.

    ``None`` while nothing scores.
    """
    scorer = services.daily_context.active_model().scorer
    if scorer is None:
        return None
    loaded = scorer.loaded
    entry = services.database.read(lambda connection: latest_of(connection, CHAMPION))
    serves = entry is not None and entry["detail"] == loaded.identity
    return {
        **describe_model(scorer, caller),
        **scorer.degradation(services.clock()),
        "since": moment(entry["at"]) if entry is not None and serves else None,
        "unproven": loaded.unproven,
    }


def read_freshness(services: Services, caller: Caller) -> dict[str, Any]:
    """The reply of ``GET /v1/freshness``, and by source what was recorded last of orders that the caller may see."""
    now = services.clock()

    def read(connection: Connection) -> dict[str, Any]:
        sources = [
            {"source": row["source"], "recorded_at": moment(row["recorded_at"]), "events": row["events"]}
            for row in last_records(connection, caller.plants)
        ]
        return freshness(connection, now, caller.plants) | {"sources": sources}

    return {"as_of": moment(now), **services.database.read(read)}
