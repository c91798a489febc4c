"""What the service does by itself and the audit trail must have: which champion scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import structlog

from features.errors import ShipriskError
from serving.clock import system_clock
from serving.models.active import ActiveScorer
from serving.models.scorer import Scorer
from serving.store.database import Database
from serving.store.tables.audit import record_champion

log = structlog.get_logger("shiprisk.noting")


def record_model_changes(active: ActiveScorer, database: Database) -> Callable[[], AbstractContextManager[None]]:
    """Enter the champion that scores at first, and each that takes over, into the audit trail."""

    def record_model(scorer: Scorer) -> None:
        identity = scorer.loaded.identity
        try:
            database.write(lambda connection: record_champion(connection, system_clock(), identity))
        except ShipriskError as error:
            log.warning("a champion could not be noted", champion=identity, why=str(error))

    @contextmanager
    def running() -> Iterator[None]:
        if active.scorer_or_none is not None:
            record_model(active.scorer_or_none)
        active.subscribe(record_model)
        yield

    return running
