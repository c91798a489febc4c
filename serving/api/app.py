"""The HTTP service: parse, one call, one reply."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool

import features
from features.catalogue.registry import catalogue
from features.context.context import Context
from features.errors import InvalidRequest
from features.events.validation import Validated, validate_columns
from features.history import History
from features.times import isoformat, micros
from serving.api.dependencies import problems
from serving.api.json_body import QUICK, body_of, describe, json_body, read, reply
from serving.api.lifespan import lifespan
from serving.api.openapi import add_links
from serving.api.post_events import MOST, take_in_alone, take_in_posted
from serving.api.routes import add_routes
from serving.auth.permissions import describe_access, require_complete
from serving.auth.plant_scope import names_elsewhere
from serving.clock import Clock, system_clock
from serving.contract.cloudevents import event_columns, pointer
from serving.contract.scoring import Health, ModelReply, Problem, ScoreRequest, ScoresReply
from serving.middleware.stack import Door, add_layers
from serving.models.active import Serving
from serving.models.audit import noting
from serving.models.scorer import Scorer
from serving.models.shadow import Shadow
from serving.principal import Caller
from serving.problems import InvalidBody, add_problem_handlers
from serving.scores.daily_context import Mornings
from serving.scores.keeper import Beside
from serving.scores.services import Wiring
from serving.settings import Settings
from serving.store.database import Database
from serving.store.group_commit import Together
from serving.telemetry.metrics import scoring

PROBLEMS = problems(400, 413, 422, 503)
Reader = Callable[[], Scorer]


def create_app(
    scorer: Scorer | Serving | None,
    settings: Settings,
    clock: Clock = system_clock,
    pinned: Context | None = None,
    shadow: Shadow | None = None,
    beside: Beside = (),
    door: Door = Door.OPEN,
    keeps: bool = True,
) -> FastAPI:
    """The service around what scores now; without a scorer it is alive, takes events in, and does not score.

    Parameters
    ----------
    scorer : one that stays, or what a follower swaps
    clock : the current moment in microseconds; what ``as_of`` defaults to and may not exceed
    pinned : load and track record that stay as they are; else they are those of the morning
    shadow : is handed what was scored
    beside : what runs while the service does, such as a follower
    door : who may come in
    keeps : whether a thread of this process keeps scores fresh; else another process must
    """
    serving = scorer if isinstance(scorer, Serving) else Serving(scorer)
    database = Database(settings.database)
    mornings = Mornings(serving.current, database, clock, pinned)
    wired = Wiring(database, mornings, settings, clock)
    app = FastAPIOffline(
        title="shiprisk",
        version=features.__version__,
        description="How likely each open order is to ship late or short, and which facts drive that.",
        lifespan=lifespan(wired, keeps, (*beside, noting(serving, database))),
        redirect_slashes=False,
    )
    app.state.wiring = wired
    app.state.together = Together(partial(take_in_posted, wired), partial(take_in_alone, wired), MOST)
    add_layers(app, settings, database, door)
    add_problem_handlers(app)
    _add_scoring(app, mornings.scorer, settings, clock, shadow or Shadow())
    add_routes(app)
    _add_health(app, serving.current)
    require_complete(app)
    describe_access(app)
    add_links(app)
    return app


def _add_scoring(app: FastAPI, ready: Reader, settings: Settings, clock: Clock, shadow: Shadow) -> None:
    describe(app, ScoreRequest, Problem)

    @app.post(
        "/v1/score",
        tags=["scoring"],
        responses=PROBLEMS,
        response_model=ScoresReply,
        openapi_extra=body_of(ScoreRequest),
    )
    async def score(request: Request) -> Response:
        """Risk and factors of the orders whose events are in the body. Nothing is stored.

        Only events recorded by ``as_of`` are looked at. An order that is not open comes back with its state and the
        reason why the model does not score it.
        """
        body = await json_body(request)

        def answer() -> Response:
            asked = read(ScoreRequest, body)
            _refuse_elsewhere(asked, request.state.caller)
            return reply(score_request(ready(), asked, settings, clock(), shadow))

        return answer() if len(body) <= QUICK else await run_in_threadpool(answer)

    @app.get("/v1/model", tags=["model"], responses=problems(503))
    def model() -> ModelReply:
        """The model that scores, what it was trained on and how it was judged."""
        return ModelReply(**describe_model(ready()))


def _add_health(app: FastAPI, ready: Reader) -> None:
    @app.get("/health/live", tags=["health"])
    async def live() -> Health:
        """The process answers, even while every thread waits for the database."""
        return Health()

    @app.get("/health/ready", tags=["health"], responses=problems(503))
    def is_ready() -> Health:
        """A model is loaded and orders can be scored."""
        ready()
        return Health()


def score_request(
    scorer: Scorer, request: ScoreRequest, settings: Settings, now: int, shadow: Shadow
) -> dict[str, Any]:
    """The reply to a scoring call, as plain content; the shadow is handed what it says."""
    as_of = now if request.as_of is None else micros(request.as_of)
    if as_of > now:
        raise InvalidRequest(f"as_of must not lie in the future (now is {isoformat(now)}), got {isoformat(as_of)}")
    if len(request.events) > settings.max_events:
        raise InvalidRequest(f"a request must have at most {settings.max_events:,} events, got {len(request.events):,}")
    columns = event_columns([*map(vars, request.events)], [vars(event.data) for event in request.events])
    orders = len({event.subject for event in request.events})
    if orders > settings.max_orders:
        raise InvalidRequest(f"a request must have at most {settings.max_orders:,} orders, got {orders:,}")
    judged = validate_columns(columns, len(request.events), settings.zone)
    _refuse_faults(judged)
    history = History.of_columns(judged.columns)
    with scoring("request", orders):
        scores, known_until = scorer.score_all(history, as_of, request.factors)
    shadow.offer(scorer.champion, history, as_of, scores)
    reasons = scorer.degraded_because(as_of)
    return {
        "as_of": isoformat(as_of),
        "model": {"name": scorer.champion.name, "version": scorer.champion.version},
        "features_hash": scorer.model.about["features_hash"],
        "events_known_until": isoformat(known_until),
        "context_known_until": isoformat(scorer.context.known_until),
        "degraded": bool(reasons),
        "degraded_because": reasons,
        "scores": scores,
    }


def _refuse_elsewhere(request: ScoreRequest, caller: Caller) -> None:
    """A plant's load and track record are for keys of that plant."""
    errors = [
        {"pointer": f"/events/{number}{error['pointer']}", "detail": error["detail"]}
        for number, event in enumerate(request.events)
        for error in names_elsewhere(caller, event.data.plant)
    ]
    if errors:
        raise InvalidBody("; ".join(f"{error['pointer']} {error['detail']}" for error in errors[:5]), errors)


def _refuse_faults(judged: Validated) -> None:
    if not judged.faults:
        return
    errors = [
        {"pointer": pointer(fault.row, fault.column), "detail": f"must {fault.must}, got {fault.value}"}
        for fault in judged.faults
    ]
    shown = "; ".join(f"{fault['pointer']} {fault['detail']}" for fault in errors[:5])
    raise InvalidBody(f"{len(errors):,} values do not hold: {shown}", errors)


def describe_model(scorer: Scorer) -> dict[str, Any]:
    """The reply of ``GET /v1/model``, as plain content."""
    entries = catalogue()
    return {
        "name": scorer.champion.name,
        "version": scorer.champion.version,
        "features_hash": scorer.model.about["features_hash"],
        "degraded": bool(scorer.champion.degraded_because),
        "degraded_because": list(scorer.champion.degraded_because),
        "about": scorer.model.about,
        "signals": [
            {key: getattr(entries[name], key) for key in ("name", "group", "unit", "definition")}
            for name in scorer.model.names
        ],
    }
