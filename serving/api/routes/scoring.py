"""Scores of orders whose events are in the request, and the model that makes them. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request, Response

from features.catalogue.registry import catalogue
from features.errors import InvalidRequest
from features.events.validation import Fault, validate_columns
from features.history import History
from features.times import isoformat, micros
from serving.api.bodies.threads import read_aside
from serving.api.dependencies import CurrentServices, problems
from serving.api.json_body import body_schema, json_response, parse_body, read_json_body
from serving.auth.plant_scope import plant_errors
from serving.contract.cloudevents import event_columns, pointer
from serving.contract.scoring import ModelReply, ScoreRequest, ScoresReply
from serving.ingest.validation import future_facts
from serving.models.scorer import Scorer
from serving.models.shadow import Shadow
from serving.principal import Caller
from serving.problems import MAX_ERRORS, InvalidBody
from serving.scores.services import Services
from serving.settings import Settings
from serving.telemetry.metrics import scoring

router = APIRouter()


@router.post(
    "/v1/score",
    tags=["scoring"],
    responses=problems(400, 413, 422, 503),
    response_model=ScoresReply,
    openapi_extra=body_schema(ScoreRequest),
)
async def score(request: Request) -> Response:
    """Risk and factors of the orders whose events are in the body. Nothing is stored.

    Only events recorded by ``as_of`` are looked at. An order that is not open comes back with its state and the
    reason why the model does not score it.
    """
    body = await read_json_body(request)
    services: Services = request.app.state.services

    def answer() -> Response:
        score_request = parse_body(ScoreRequest, body, services.settings.max_events)
        _refuse_foreign(score_request, request.state.caller)
        scorer, now = services.daily_context.scorer(), services.clock()
        return json_response(score_events(scorer, score_request, services.settings, now, request.app.state.shadow))

    return await read_aside(len(body), answer)


@router.get("/v1/model", tags=["model"], responses=problems(503))
def model(request: Request, services: CurrentServices) -> ModelReply:
    """The model that scores, what it was trained on, how it was judged, and the level of each of the key's plants."""
    return ModelReply(**describe_model(services.daily_context.scorer(), request.state.caller))


def score_events(scorer: Scorer, request: ScoreRequest, settings: Settings, now: int, shadow: Shadow) -> dict[str, Any]:
    """The reply to a scoring call, as plain content; the shadow is handed what it says."""
    as_of = now if request.as_of is None else micros(request.as_of)
    if as_of > now:
        raise InvalidRequest(f"as_of must not lie in the future (now is {isoformat(now)}), got {isoformat(as_of)}")
    columns = event_columns([*map(vars, request.events)], [vars(event.data) for event in request.events])
    orders = len({event.subject for event in request.events})
    if orders > settings.max_orders:
        raise InvalidRequest(f"a request must have at most {settings.max_orders:,} orders, got {orders:,}")
    _require_few_lines(request, settings.max_order_lines)
    validated = validate_columns(columns, len(request.events), settings.zone)
    _refuse_faults([*validated.faults, *future_facts(validated, now)])
    history = History.of_columns(validated.columns, scorer.model.policy)
    with scoring("request", orders):
        scores, known_until = scorer.score_all(history, as_of, request.factors, request.reasons)
    shadow.offer(scorer.loaded, history, as_of, scores)
    return {
        "as_of": isoformat(as_of),
        "model": {"name": scorer.loaded.name, "version": scorer.loaded.version},
        "features_hash": scorer.model.about["features_hash"],
        "events_known_until": isoformat(known_until),
        "context_known_until": isoformat(scorer.context.known_until),
        **scorer.degradation(as_of),
        "scores": scores,
    }


def _refuse_foreign(request: ScoreRequest, caller: Caller) -> None:
    """A plant's load and track record are for keys of that plant."""
    foreign = (
        {"pointer": f"/events/{number}{error['pointer']}", "detail": error["detail"]}
        for number, event in enumerate(request.events)
        for error in plant_errors(caller, event.data.plant)
    )
    errors = [*islice(foreign, MAX_ERRORS)]
    if errors:
        shown = "; ".join(f"{error['pointer']} {error['detail']}" for error in errors[:5])
        raise InvalidBody(shown, errors, sum(1 for _ in foreign))


def _require_few_lines(request: ScoreRequest, most: int) -> None:
    """Each event is read against every line of its order, so one has no more of them than one that is stored."""
    if len(request.events) <= most:
        return
    named = (event for event in request.events if event.data.line_id is not None)
    lines = {(event.subject, event.data.line_id, event.data.instalment) for event in named}
    for order_id, count in Counter(order_id for order_id, _, _ in lines).most_common(1):
        if count > most:
            raise InvalidRequest(
                f"an order must have at most {most:,} lines, got {count:,} of {order_id!r}: split it, or raise"
                " SHIPRISK_MAX_ORDER_LINES"
            )


def _refuse_faults(faults: Sequence[Fault]) -> None:
    if not faults:
        return
    errors = [
        {"pointer": pointer(fault.row, fault.column), "detail": f"must {fault.must}, got {fault.value}"}
        for fault in faults[:MAX_ERRORS]
    ]
    shown = "; ".join(f"{fault['pointer']} {fault['detail']}" for fault in errors[:5])
    raise InvalidBody(f"{len(faults):,} values do not hold: {shown}", errors, len(faults) - len(errors))


def describe_model(scorer: Scorer, caller: Caller) -> dict[str, Any]:
    """The reply of ``GET /v1/model``, as plain content."""
    entries = catalogue()
    return {
        "name": scorer.loaded.name,
        "version": scorer.loaded.version,
        "features_hash": scorer.model.about["features_hash"],
        "degraded": bool(scorer.loaded.degraded_because),
        "degraded_because": list(scorer.loaded.degraded_because),
        "about": scorer.model.about,
        "levels": [level for level in scorer.levels.entries() if caller.may_name(level["plant"])],
        "signals": [
            {key: getattr(entries[name], key) for key in ("name", "group", "unit", "definition")}
            for name in scorer.model.names
        ],
    }
