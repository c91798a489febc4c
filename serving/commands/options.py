"""Options that several commands share."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from features.errors import InvalidRequest, ShipriskError
from serving.clock import system_clock

SCHEMES = "daily, events, all, or before=DAYS such as before=7"
Events = Annotated[Path, typer.Argument(help="Events, a Parquet or CSV file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Bom = Annotated[bool, typer.Option("--bom", help="Begin the CSV with a byte order mark, for Excel.")]
Zone = Annotated[str, typer.Option(help="The plant's time zone, an IANA name.", envvar="SHIPRISK_ZONE")]
OwnZone = Annotated[
    str | None,
    typer.Option("--zone", help="The plant's time zone (default: that of the first model).", envvar="SHIPRISK_ZONE"),
]
Name = Annotated[str, typer.Option("--name", help="The registered model.", envvar="SHIPRISK_MODEL")]
Outcome = Annotated[
    Path | None,
    typer.Option(
        "--outcome",
        help="What counts as on time and in full, a TOML file (docs/outcomes.md).",
        envvar="SHIPRISK_OUTCOME",
    ),
]
AsOf = Annotated[str, typer.Option("--as-of", help="The moment, ISO 8601; what was recorded later is not seen.")]


def past_moment(text: str, what: str) -> int:
    """A moment that is not in the future, in microseconds."""
    from features.times import isoformat, micros

    moment, now = micros(text), system_clock()
    if moment > now:
        raise InvalidRequest(f"{what} must not lie in the future (now is {isoformat(now)}), got {text}")
    return moment


def enter(app: typer.Typer, name: str, command: Callable[..., None], example: str) -> None:
    """Enter a command whose help ends with an example."""
    app.command(name, epilog=f"Example: {example}")(command)


def check_output(out: Path, *endings: str, reads: Path | None = None) -> None:
    """Refuse an output of another kind, or one that is the file that is read."""
    if out.suffix not in endings:
        raise InvalidRequest(f"the output must end in {' or '.join(endings)}, got {out}")
    if reads is not None and out.resolve() == reads.resolve():
        raise InvalidRequest(f"the output must be a file other than the events, got {out}")


def check_port(port: int, host: str = "127.0.0.1") -> None:
    """Say that a port is taken before anything is announced there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"the port must be free, got {host}:{port}: {error.strerror}; choose one with --port"
            ) from error


class PortTaken(ShipriskError):
    """Something else listens where the service should."""
