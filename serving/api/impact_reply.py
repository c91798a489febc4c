"""What added risk in a period, as a planner reads it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from serving.api.change_reply import window_of
from serving.api.presenters import moment
from serving.contract.impact import ImpactParams
from serving.principal import Caller
from serving.problems import NotReady
from serving.scores.impact import at_risk_now, period_steps
from serving.scores.scoring_context import NO_MODEL
from serving.scores.services import Services
from serving.store.schema import SCORED
from serving.store.tables.worklist import WorklistQuery, count
from training.change.impact import Impact, sum_impact


def impact_reply(params: ImpactParams, services: Services, caller: Caller) -> dict[str, Any]:
    """The sums of a period's events by the active model. Raises ``NotReady`` while there is no model."""
    now, settings = services.clock(), services.settings
    active = services.daily_context.active_model()
    scorer = active.scorer
    if scorer is None:
        raise NotReady(NO_MODEL)
    window = window_of(params.since, params.until, now, settings.zone, days=7)
    plants = _plants(params.plant, caller)

    def read(connection: Connection) -> dict[str, Any]:
        steps = period_steps(connection, scorer, window, plants)
        at_risk, covered = at_risk_now(connection, plants, now, settings, active.pack_times)
        listed = count(connection, WorklistQuery(now, states=SCORED, plants=plants, snoozed=None))
        measured = sum_impact(steps, at_risk, (params.by,))
        value = {"as_of": moment(now), "listed": listed, "covered": covered, "rows": at_risk.to_dict("records")}
        return {**_sums(measured, params), "value_at_risk": value}

    champion = {"name": scorer.loaded.name, "version": scorer.loaded.version}
    period = {"from": moment(window[0]), "to": moment(window[1]), "by": params.by, "plant": params.plant}
    return {**period, "model": champion, **services.database.read(read)}


def _plants(plant: str | None, caller: Caller) -> frozenset[str] | None:
    """The plants that are asked for, of those the caller may see."""
    if plant is None:
        return caller.plants
    return frozenset({plant}) if caller.plants is None else caller.plants & {plant}


def _sums(measured: Impact, params: ImpactParams) -> dict[str, Any]:
    table = measured.causes[params.by].rename(columns={params.by: "name"})
    return {
        **measured.totals,
        "rows": table.head(params.limit).to_dict("records"),
        "rows_total": len(table),
    }
