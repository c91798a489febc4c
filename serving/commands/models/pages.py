"""MLflow's pages: on which address they are, and the command that opens them; MLflow itself does the work."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from features.errors import InvalidRequest, ShipriskError
from features.redaction import redact, secrets_of
from serving.commands.console import say
from serving.commands.options import check_port, enter
from serving.models.mlflow_pages import HOST, OF_A_SERVER, OF_A_WORKSPACE, PORT
from serving.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Enter the command."""
    enter(app, "ui", ui, "shiprisk ui --port 5001")


def ui(
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="The port of the pages; this machine alone sees them.")
    ] = PORT,
) -> None:
    """Open MLflow on the runs and models that 'shiprisk train' keeps, for a browser on this machine.

    Ctrl-C ends it. A store on a server has its pages there: the command says where.
    """
    settings = Settings()
    uri = settings.tracking_uri
    if uri.startswith(OF_A_SERVER):
        raise InvalidRequest(
            f"the store must be on this machine to be opened, got a server: its pages are at {_address(uri)}"
        )
    if uri.startswith(OF_A_WORKSPACE):
        raise InvalidRequest(
            f"the store must be on this machine to be opened, got {uri}: its pages are in the workspace"
        )
    check_port(port, HOST)
    settings.home.mkdir(parents=True, exist_ok=True)
    say(f"MLflow on {_address(uri)}: http://{HOST}:{port}  (Ctrl-C ends it)")
    if figures := _figures_path(settings):
        say(f"All trainings, their verdicts and figures: http://{HOST}:{port}/{figures}")
    sys.stdout.flush()
    command = [sys.executable, "-m", "mlflow", "ui", "--host", HOST, "--port", str(port), "--workers", "1"]
    os.execve(command[0], command, _environment(uri))  # noqa: S606 - a signal then reaches MLflow itself


def _figures_path(settings: Settings) -> str | None:
    """Of a store that can be read; where it cannot, MLflow says what is wrong with it."""
    from serving.models.cache import open_registry

    try:
        return open_registry(settings).figures_path()
    except ShipriskError:
        return None


def _environment(uri: str) -> dict[str, str]:
    """MLflow's: the store, which may have a password; nothing sent anywhere, no processes for jobs nobody gives."""
    inherited = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return inherited | quiet | {"MLFLOW_BACKEND_STORE_URI": uri}


def how_to_open(settings: Settings) -> str:
    """What to run or to open to see the runs of these settings, which may not be those of the environment."""
    uri = settings.tracking_uri
    if uri.startswith(OF_A_SERVER):
        return _address(uri)
    elsewhere = settings.home.resolve() != Settings().home.resolve() and "MLFLOW_TRACKING_URI" not in os.environ
    return f"SHIPRISK_HOME={settings.home} shiprisk ui" if elsewhere else "shiprisk ui"


def _address(uri: str) -> str:
    """Without its password."""
    return redact(uri, secrets_of(uri))
