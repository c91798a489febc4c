"""The command that serves; what is heavy is imported where it is used."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from features.errors import InvalidRequest
from serving.commands.console import Step, print_note, step_progress
from serving.commands.options import Name, Outcome, Zone, check_port, enter
from serving.settings import Settings
from serving.telemetry.counter_files import FOLDER

KEEPER_GRACE = 60
"""Seconds that a keeper has for its batch once whoever started it is gone."""
FACTORY = "serving.worker:build"


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "serve", serve, "shiprisk serve --host 0.0.0.0 --workers 2 --port 8000")
    enter(app, "keep", keep, "shiprisk keep")


def serve(
    events: Annotated[
        Path | None, typer.Option(help="Events of all orders: load and track record come from here, and stay.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; loopback only without keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the port and the database.")] = 1,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Ask for no keys; loopback only.")] = False,
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
) -> None:
    """Take events in, score, and answer over HTTP; /docs describes the API.

    Events and scores are kept in SHIPRISK_DATABASE_URL, by default a file of SHIPRISK_HOME. Load and track record are
    built from them every morning; until then they are those the model was trained with, and replies say so once they
    are old.
    """
    from features.times import plant_calendar
    from serving.telemetry.logs import log_to

    settings = Settings(model=name, zone=zone, outcome=outcome)
    settings = settings.model_copy(update={"no_auth": no_auth or settings.no_auth, "events": events or settings.events})
    plant_calendar(zone)  # an unknown zone is an error of who starts the service, not of who calls it
    log_to(level=settings.log_level)
    with _shared_metrics(workers > 1 or settings.keeper == "process"):
        _check_address(settings, host, port)
        with step_progress(3) as step:
            champion, keys, app = _prepare(settings, workers, step)
        once = "" if workers == 1 else f" once the {workers} workers have loaded it"
        print_note(f"{champion} scores at http://{host}:{port}/v1{once}, docs at /docs, pages for planners at /")
        if not keys:
            print_note("There is no key yet, so nobody can call: make one with 'shiprisk keys create'")
        _run(settings, app, {"host": host, "port": port}, workers)


def _check_address(settings: Settings, host: str, port: int) -> None:
    """Raise what keeps the service from listening there. What it imports counts, so the counters' folder is known."""
    from serving.middleware.loopback import is_loopback

    if settings.no_auth and not is_loopback(host):
        raise InvalidRequest(f"the host must be a loopback address without API keys, got {host}")
    check_port(port, host)


def keep(
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    until_closed: Annotated[bool, typer.Option("--until-closed", hidden=True)] = False,
) -> None:
    """Keep scores fresh: score open orders again at the start of day, at each tick and by a new champion.

    'shiprisk serve' starts one of its own unless SHIPRISK_KEEPER says thread or none. Of several on one database, on
    whatever machines, one does the work, and another takes over when it ends.
    """
    from serving.server.parent import watch_input

    stop = threading.Event()
    watch = watch_input(stop.set) if until_closed else None
    from serving.bootstrap import prepare_database
    from serving.keeper_process import run_keeper
    from serving.telemetry.logs import log_to

    settings = Settings(model=name, zone=zone, outcome=outcome)
    log_to(level=settings.log_level)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    prepare_database(settings, check=watch is None)  # else who started it has checked
    if watch is not None:
        watch.loaded(KEEPER_GRACE)
    run_keeper(settings, stop)


@contextmanager
def _shared_metrics(several: bool) -> Iterator[None]:
    """Where several processes serve, they count together, in a folder that must be known before they begin."""
    if not several:
        yield
        return
    with ExitStack() as stack:
        try:
            os.environ[FOLDER] = stack.enter_context(TemporaryDirectory(prefix="shiprisk-"))
        except OSError as error:
            print_note(f"note: there is no room for counters, each process counts by itself: {error.strerror}")
        yield


def _prepare(settings: Settings, workers: int, step: Step) -> tuple[str, bool, Any]:
    """The champion's name, whether anybody can call, and the service where it is one process."""
    from serving.bootstrap import build_warm_app, count_valid_keys, prepare_database
    from serving.models.cache import starting_champion
    from serving.models.scorer import Scorer

    step("loading the model")
    champion = starting_champion(settings)
    name = f"{champion.name}@{champion.version}"
    step("looking at the database")
    prepare_database(settings)
    keys = settings.no_auth or count_valid_keys(settings) > 0
    if workers > 1:
        step("compiling what scores, where a first start has not done so")
        Scorer(champion).warm_up()  # once, and not in each of the processes to come
        return name, keys, None
    step("building load and track record, and warming up")
    return name, keys, build_warm_app(settings)


def _run(settings: Settings, app: Any, where: dict[str, Any], workers: int) -> None:
    """Serve until told to stop. Several processes find their settings in the environment, and count together."""
    import uvicorn

    from serving.bootstrap import server_options
    from serving.keeper_process import supervised_keeper
    from serving.server.workers import notice_dead_workers

    files = {"EVENTS": settings.events, "OUTCOME": settings.outcome}
    variables: dict[str, object] = {key: path.resolve() for key, path in files.items() if path}
    variables |= {"MODEL": settings.model, "ZONE": settings.zone, "NO_AUTH": settings.no_auth or ""}
    os.environ.update({f"SHIPRISK_{key}": str(value) for key, value in variables.items() if value})
    signal.signal(signal.SIGTERM, _leave)
    with supervised_keeper() if settings.keeper == "process" else nullcontext():
        if workers == 1:
            uvicorn.run(app, **where, **server_options(settings))
        else:
            notice_dead_workers()
            uvicorn.run(FACTORY, factory=True, **where, workers=workers, **server_options(settings))


def _leave(*_: object) -> None:
    """Uvicorn raises the signal again that ended it; what runs beside it ends too then."""
    raise SystemExit
