"""What the service does by itself and the audit trail must tell: which champion scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import structlog

from features.errors import ShipriskError
from serving.clock import system_clock
from serving.models.active import Serving
from serving.models.scorer import Scorer
from serving.store.database import Database
from serving.store.tables.audit import note_champion

log = structlog.get_logger("shiprisk.noting")


def noting(serving: Serving, database: Database) -> Callable[[], AbstractContextManager[None]]:
    """Note the champion that scores at first, and each that takes over."""

    def heard(scorer: Scorer) -> None:
        champion = scorer.champion
        named = f"{champion.name}@{champion.version} of {champion.run_id}"
        try:
            database.write(lambda connection: note_champion(connection, system_clock(), named))
        except ShipriskError as error:
            log.warning("a champion could not be noted", champion=named, why=str(error))

    @contextmanager
    def running() -> Iterator[None]:
        if serving.found is not None:
            heard(serving.found)
        serving.listen(heard)
        yield

    return running
