"""The command line: ``shiprisk``."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

import features
from features.errors import InvalidRequest, ShipriskError
from features.redaction import redact, secrets_of
from serving.commands import backtesting, data, database, demo, keys, plant, service, training
from serving.commands.console import print_failure
from serving.commands.models import ablate, compare, pages
from serving.commands.scoring import impact, score, what_if
from serving.commands.signals import catalogue
from serving.settings import refuse_unknown, say_faults
from serving.telemetry.logs import log_to
from serving.telemetry.redaction import redact_tracebacks, redacted


class MaskedUsage(TyperGroup):
    """The commands; what is wrong with a call is said without the passwords of addresses in it."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command. Whatever an error of the call repeats of its arguments is masked."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            said = vars(error)  # Typer shows the message; its class is Typer's own or click's, by version
            known = {secret for given in sys.argv[1:] if "://" in given for secret in secrets_of(given)}
            if isinstance(said.get("message"), str):
                said["message"] = redact(redacted(said["message"]), known)
            raise


app = typer.Typer(
    cls=MaskedUsage,
    name="shiprisk",
    help="How likely each open order is to ship late or short, and which facts drive that.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
plant.add_to(app)
data.add_to(app)
training.add_to(app)
backtesting.add_to(app)
compare.add_to(app)
ablate.add_to(app)
pages.add_to(app)
score.add_to(app)
what_if.add_to(app)
impact.add_to(app)
catalogue.add_to(app)
service.add_to(app)
database.add_to(app)
keys.add_to(app)
demo.add_to(app)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"shiprisk {features.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What holds for every command; the options are read by Typer."""
    del version
    refuse_unknown(os.environ)


def main() -> None:
    """Run; exit 0, 1 when it failed, 2 when it was called wrongly."""
    redact_tracebacks()
    log_to(level="warning")
    for noisy in ("mlflow", "alembic", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        app()
    except ShipriskError as error:
        print_failure(str(error))
        sys.exit(2 if isinstance(error, InvalidRequest) else 1)
    except ValidationError as error:
        print_failure(say_faults(error))
        sys.exit(2)
    except OSError as error:
        print_failure(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
        sys.exit(1)
