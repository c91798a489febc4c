"""``shiprisk signals``: the catalogue, and the checks of signals from outside; what is heavy is imported where used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import ShipriskError
from serving.commands.console import print_json, print_table, say
from serving.commands.options import Json, Zone, enter

if TYPE_CHECKING:
    import pandas as pd

group = typer.Typer(help="Signals: the catalogue, and checks of those from outside.", no_args_is_help=True)
ORDERS, DAYS, SEED = 80, 90, 7
"""Of the simulated plant on which signals are checked where no events are given."""


class SignalsFailed(ShipriskError):
    """Signals from outside that do not keep the laws of a signal."""


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    app.add_typer(group, name="signals", epilog="Example: shiprisk signals check credit_holds --events events.parquet")
    enter(group, "list", list_signals, "shiprisk signals list --outside")
    enter(group, "check", check, "shiprisk signals check --events events.parquet")


def list_signals(
    outside_only: Annotated[bool, typer.Option("--outside", help="Only those from outside.")] = False,
    as_json: Json = False,
) -> None:
    """Every signal: its group, its unit, and what it is."""
    from features.catalogue.plugins import plugins
    from features.catalogue.registry import catalogue, outside

    origins = {plugin.module: plugin.origin for plugin in plugins()} if catalogue() else {}
    entries = outside() if outside_only else catalogue()
    rows = [
        {
            "name": entry.name,
            "group": entry.group,
            "topic": entry.topic,
            "unit": entry.unit,
            "definition": entry.definition,
            "origin": origins.get(entry.compute.__module__),
        }
        for entry in entries.values()
    ]
    if as_json:
        print_json({"signals": rows})
        return
    shown = [[row["name"], row["group"], row["unit"], row["definition"], row["origin"] or ""] for row in rows]
    print_table(f"{len(rows)} signals", ["signal", "group", "unit", "definition", "from"], shown)


def check(
    names: Annotated[list[str] | None, typer.Argument(help="Signals (default: all from outside).")] = None,
    events: Annotated[
        Path | None, typer.Option(help="Events to check on, Parquet or CSV; a small simulated plant if not given.")
    ] = None,
    zone: Zone = "UTC",
    as_json: Json = False,
) -> None:
    """Check signals from outside: each agrees with its naive twin, and nothing recorded later changes it."""
    from features.checks import check_signals

    checks = check_signals(_events(events, zone), names or None, zone)
    if as_json:
        print_json({"signals": [{"name": one.name, "points": one.points, "faults": one.faults} for one in checks]})
    else:
        rows = [[one.name, one.points, "holds" if not one.faults else "does not hold"] for one in checks]
        print_table("Signals from outside", ["signal", "decision points", ""], rows)
        for one in checks:
            for fault in one.faults:
                say(f"{one.name} {fault}")
    failed = [one.name for one in checks if one.faults]
    if failed:
        raise SignalsFailed(f"signals must keep the laws of a signal, got some that do not: {', '.join(failed)}")


def _events(events: Path | None, zone: str) -> pd.DataFrame:
    from features.events import read_events
    from simulation import load_plant, simulate

    return read_events(events, zone) if events else simulate(load_plant("default"), ORDERS, DAYS, SEED)
