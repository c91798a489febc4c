"""Commands about the store; what is heavy is imported where it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.commands.console import part_progress, print_json, print_table, say
from serving.commands.options import Json, Name, Outcome, Zone, enter
from serving.settings import Settings

if TYPE_CHECKING:
    from features.progress import Progress

group = typer.Typer(help="The store: its tables, and many events at once.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Enter the commands."""
    app.add_typer(group, name="db", epilog="Example: shiprisk db import events.parquet")
    enter(group, "upgrade", upgrade_tables, "shiprisk db upgrade")
    enter(group, "import", import_events, "shiprisk db import events.parquet")
    enter(group, "rebuild", rebuild, "shiprisk db rebuild")
    enter(group, "prune", prune, "shiprisk db prune --days 30")
    enter(group, "status", status, "shiprisk db status --json")
    enter(group, "backup", back_up, "shiprisk db backup shiprisk-2026-01-31.db")
    enter(group, "restore", restore_copy, "shiprisk db restore shiprisk-2026-01-31.db --replace")


def upgrade_tables(as_json: Json = False) -> None:
    """Make the tables, or bring them to this version. Does nothing where they are."""
    from serving.store.database import Database
    from serving.store.maintenance.migrate import upgrade

    database = Database(Settings().database)
    before, after = upgrade(database)
    if as_json:
        print_json({"database": str(database), "before": before, "after": after})
    elif before == after:
        say(f"{database} is at revision {after} already.")
    else:
        say(f"{database} is at revision {after}, it was {'empty' if before is None else f'at {before}'}.")


def import_events(
    events: Annotated[Path, typer.Argument(help="Events, a Parquet or CSV file.", show_default=False)],
    name: Name = "order-risk",
    outcome: Outcome = None,
    zone: Zone = "UTC",
    mornings: Annotated[
        int, typer.Option(min=0, max=366, help="Score the last so many mornings too, and the hours since the first.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Store the events of a file, build load and track record from all that is stored, and score every order.

    Events that are stored already change nothing, so the same file again, or the rest after a failure, is safe. With
    --mornings each order has its scores of these days, by what was known then and by the model of today.
    """
    from serving.bootstrap import prepare_database

    settings = Settings(model=name, zone=zone, outcome=outcome)
    prepare_database(settings)
    with part_progress() as progress:
        result = _import(settings, events, mornings, progress)
    if as_json:
        print_json(result)
        return
    stored, known, scored = (f"{result[name]:,}" for name in ("accepted", "duplicates", "scored"))
    what = "scores made" if mornings else "orders scored"
    say(f"{stored} events stored, {known} were there already; {scored} {what}.")
    for reason in result["degraded_because"]:
        say(f"note: {reason}")


def _import(settings: Settings, events: Path, mornings: int, progress: Progress) -> dict[str, Any]:
    from serving.bootstrap import build_import
    from serving.ingest.backfill import load_days
    from serving.ingest.bulk_load import load_and_score

    services, clock = build_import(settings)
    try:
        if mornings:
            return load_days(services, clock, events, mornings, progress)
        return load_and_score(services, events, progress)
    finally:
        services.database.close()


def rebuild(outcome: Outcome = None, zone: Zone = "UTC", as_json: Json = False) -> None:
    """Build the worklist anew from the stored events and scores, which stay as they are."""
    from serving.bootstrap import clock_of
    from serving.ingest.bulk_load import rebuild_worklist
    from serving.scores.scoring_context import ActiveModel, ScoringContext
    from serving.store.database import Database
    from serving.store.maintenance.migrate import require_current

    settings = Settings(zone=zone, outcome=outcome)
    database = Database(settings.database)
    require_current(database)
    with part_progress() as progress:
        orders = rebuild_worklist(
            database, ScoringContext("import", clock_of(settings)(), ActiveModel(None, ""), settings), progress
        )
    if as_json:
        print_json({"database": str(database), "orders": orders})
    else:
        say(f"The worklist of {database} is built anew: {orders:,} orders.")


def prune(
    days: Annotated[int, typer.Option(min=1, help="Days of which every tick is kept.")] = 30,
    as_json: Json = False,
) -> None:
    """Forget older scores that were made only because time had passed, where a later one has replaced them.

    Events and decisions stay, the latest score of each order, those of events, mornings and new champions, and each
    that a decision was made about.
    """
    from features.times import DAY
    from serving.bootstrap import clock_of
    from serving.store.database import Database
    from serving.store.maintenance.migrate import require_current
    from serving.store.maintenance.prune import prune_scores

    settings = Settings()
    database = Database(settings.database)
    require_current(database)
    with part_progress() as progress:
        deleted = prune_scores(database, clock_of(settings)() - days * DAY, progress)
    if as_json:
        print_json({"database": str(database), "days": days, "forgotten": deleted})
    else:
        say(f"{deleted:,} scores of ticks before the last {days} days are forgotten in {database}.")


def status(as_json: Json = False) -> None:
    """What is stored, and how fresh it is."""
    from serving.bootstrap import clock_of
    from serving.store.database import Database
    from serving.store.maintenance.migrate import head, require_current
    from serving.store.tables.status import status_of

    settings = Settings()
    database = Database(settings.database)
    require_current(database)
    status_now = {"database": str(database), "revision": head()}
    status_now |= database.read(lambda connection: status_of(connection, clock_of(settings)()))
    if as_json:
        print_json(status_now)
    else:
        print_table(
            "The store",
            ["", ""],
            [[name.replace("_", " "), "-" if value is None else value] for name, value in status_now.items()],
        )


def back_up(
    to: Annotated[Path, typer.Argument(help="The file to write; it must be new.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Copy the store to a file, as it is at one moment, while the service runs. SQLite only."""
    from serving.store.database import Database
    from serving.store.maintenance.backup import backup

    database = Database(Settings().database)
    size = backup(database, to)
    if as_json:
        print_json({"database": str(database), "backup": str(to), "bytes": size})
    else:
        say(f"{database} is copied to {to}: {size / 1e6:,.1f} MB.")


def restore_copy(
    copy: Annotated[Path, typer.Argument(help="A file that 'shiprisk db backup' wrote.", show_default=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Replace what the store holds.")] = False,
    as_json: Json = False,
) -> None:
    """Put a copy in the place of the store, and bring its tables to this version. No service may run. SQLite only."""
    from serving.clock import system_clock
    from serving.store.database import Database
    from serving.store.maintenance.backup import restore
    from serving.store.maintenance.migrate import upgrade

    database = Database(Settings().database)
    events = restore(database, copy, replace, system_clock())
    upgrade(database)
    if as_json:
        print_json({"database": str(database), "events": events})
    else:
        say(f"{database} is what {copy} holds: {events:,} events.")
