"""Where a command's events come from: a file, or the service's store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import InvalidRequest
from features.redaction import redact, secrets_of
from serving.commands.console import say
from serving.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from training.registry.events_logged import EventOrigin

DEFAULT = "default"
EventsOrStore = Annotated[
    Path | None, typer.Argument(help="Events, a Parquet or CSV file; or --store.", show_default=False)
]
FilesOrStore = Annotated[
    list[Path] | None,
    typer.Argument(help="Events: Parquet or CSV files, or a folder of them; or --store.", show_default=False),
]
Store = Annotated[
    str | None,
    typer.Option("--store", help=f"Read the service's events: a database URL, or '{DEFAULT}' for the one of serve."),
]


def require_source(events: Path | list[Path] | None, store: str | None) -> None:
    """Raise ``InvalidRequest`` unless one of both is given."""
    if (not events) == (store is None):
        got = "neither" if not events else "both"
        raise InvalidRequest(f"the events must come from a file or from --store URL, got {got}")


def read_from(events: list[Path] | None, store: str | None) -> EventOrigin:
    """Where events come from, in words that a run may keep: a store is named without its password."""
    from training.registry.events_logged import EventOrigin

    if events:
        return EventOrigin.of_files(events)
    address = Settings().database if store in (None, DEFAULT) else str(store)
    return EventOrigin.of_store(redact(address, secrets_of(address)))


def read_source(events: Path | list[Path] | None, store: str | None, zone: str) -> pd.DataFrame:
    """The validated event table, (n_events, 23), of files or of a store."""
    from features.events.files import EARLIER_VERSION, validate_event_files
    from serving.store.bulk_reads import event_frame
    from serving.store.database import Database
    from serving.store.maintenance.migrate import require_current

    require_source(events, store)
    if events:
        read = validate_event_files([events] if isinstance(events, Path) else events, zone)
        if EARLIER_VERSION in read.assumptions:
            say(f"note: {read.assumptions[EARLIER_VERSION]:,} rows are left out, each {EARLIER_VERSION}")
        return read.events.reset_index(drop=True)
    database = Database(Settings().database if store in (None, DEFAULT) else store)
    try:
        require_current(database)
        return event_frame(database)
    finally:
        database.close()
