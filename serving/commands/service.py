"""The command that serves; what is heavy is imported where it is used."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path
from typing import Annotated

import typer

from features.errors import InvalidRequest
from serving.commands.options import Name, Zone, check_port, enter
from serving.console import steps, terminal
from serving.settings import Settings

SHARE = 0.001
"""Seconds after which a thread that looks at the registry or scores in the shadow makes way for a reply."""


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "serve", serve, "shiprisk serve --no-auth --events events.parquet --port 8000")


def serve(
    events: Annotated[
        Path | None, typer.Option(help="Events of all orders: load and track record come from here.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; loopback only without keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8000,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Ask for no API keys; loopback only.")] = False,
    name: Name = "order-risk",
    zone: Zone = "UTC",
) -> None:
    """Serve risk and factors over HTTP; /docs describes the API.

    Without --events, load and track record are those the model was trained with, and replies say so once they
    are old.
    """
    if not no_auth:
        raise InvalidRequest("the service must run with --no-auth, got no such flag: this version has no API keys")
    if not _is_loopback(host):
        raise InvalidRequest(f"the host must be a loopback address without API keys, got {host}")
    import uvicorn

    from features.context import Context
    from features.events import read_events
    from features.history import History
    from features.times import plant_calendar
    from serving.app import create_app
    from serving.current import Serving
    from serving.following import Follower
    from serving.scoring import Scorer
    from serving.shadow import Shadow

    settings = Settings(model=name, zone=zone)
    check_port(port, host)
    serving, shadow = Serving(), Shadow()
    with steps(2) as tell:
        tell("building load and track record")
        context = Context.of(History.of(read_events(events, zone)), plant_calendar(zone)) if events else None
        tell("loading the model and trying it out")
        follower = Follower(settings, serving, shadow, lambda champion: Scorer(champion, context))
        champion = follower.begin().champion
    terminal.print(f"{champion.name}@{champion.version} scores at http://{host}:{port}/v1/score, docs at /docs")
    app = create_app(serving, settings, shadow=shadow)
    sys.setswitchinterval(SHARE)
    with follower.running(), shadow.running():
        uvicorn.run(app, host=host, port=port, log_level="warning")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
