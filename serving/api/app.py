"""The HTTP service: layers, routes and error documents around the services it is given."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

import features
from serving.api.lifespan import build_lifespan
from serving.api.openapi import describe_api
from serving.api.post_events import GROUP_SIZE, commit_alone, commit_group
from serving.api.routes import add_routes
from serving.auth.permissions import require_complete
from serving.middleware.stack import AuthMode, add_layers
from serving.models.shadow import Shadow
from serving.problems import add_problem_handlers
from serving.scores.keeper import Background
from serving.scores.services import Services
from serving.store.group_commit import GroupCommit
from serving.store.order_turns import OrderTurns


def create_app(
    services: Services,
    shadow: Shadow,
    auth: AuthMode = AuthMode.OPEN,
    background: Background = (),
    keeps: bool = True,
    add_pages: Callable[[FastAPI], None] = lambda _: None,
) -> FastAPI:
    """The service around its parts, which ``serving.bootstrap`` puts together.

    Parameters
    ----------
    shadow : is handed what was scored
    auth : who may come in
    background : what runs while the service does, such as a follower
    keeps : whether a thread of this process keeps scores fresh; else another process must
    add_pages : adds the pages for people, which ask as the routes do
    """
    app = FastAPIOffline(
        title="shiprisk",
        version=features.__version__,
        description="How likely each open order is to ship late or short, and which facts drive that.",
        lifespan=build_lifespan(services, keeps, background),
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.shadow = shadow
    app.state.group_commit = GroupCommit(partial(commit_group, services), partial(commit_alone, services), GROUP_SIZE)
    app.state.order_turns = OrderTurns()
    add_layers(app, services.settings, services.database, auth)
    add_problem_handlers(app)
    add_routes(app)
    add_pages(app)
    require_complete(app)
    describe_api(app)
    return app
