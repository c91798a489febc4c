"""A file of events on its way into the store: checked as a whole, stored in the order in which they became known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from features.arrays import Ints
from features.errors import InvalidEvents
from features.events import read_columns
from features.events.columns import Columns, take
from features.events.validation import SHOWN
from features.progress import Progress
from features.times import isoformat
from serving.ingest.validation import SKEW
from serving.store.database import Database
from serving.store.locks import lock_orders
from serving.store.tables.events import append_many, rows_of

EVENTS_PART = 1_000
"""So many events of one transaction."""


@dataclass(frozen=True)
class EventFile:
    """The events of a Parquet or CSV file, all of which hold.

    Attributes
    ----------
    arrival : (n,) the rows in the order in which they became known
    recorded : (n,) when that was, ascending, microseconds
    """

    path: Path
    columns: Columns
    arrival: Ints
    recorded: Ints

    @classmethod
    def read(cls, path: Path, now: int, zone: str) -> EventFile:
        """Raises ``InvalidEvents`` for a file that breaks a rule, or has an event recorded after now."""
        columns = read_columns(path, zone)
        arrival = np.lexsort((columns["occurred_at"], columns["recorded_at"]))
        recorded = columns["recorded_at"][arrival]
        if recorded[-1] > now + SKEW:
            must, got = f"be recorded by now ({isoformat(now)})", isoformat(int(recorded[-1]))
            raise InvalidEvents(f"the events of {path} must {must}, got one recorded at {got}")
        return cls(path, columns, arrival, recorded)

    def __len__(self) -> int:
        return len(self.arrival)

    def known_by(self, moment: int) -> int:
        """How many events were recorded by a moment, microseconds."""
        return int(np.searchsorted(self.recorded, moment, side="right"))

    def orders(self, begin: int = 0, end: int | None = None) -> list[str]:
        """The orders of the events from one place in the order of arrival up to another."""
        coded = self.columns["order_id"]
        return sorted(coded.words[code] for code in np.unique(coded.codes[self.arrival[begin:end]]))

    def store(self, database: Database, begin: int, end: int, now: int, progress: Progress) -> Counter[str]:
        """Store the events from one place up to another, as received now; how many were new, and how many there.

        Raises ``InvalidEvents`` for an event whose id stands for another one.
        """
        counts: Counter[str] = Counter()
        for first in range(begin, end, EVENTS_PART):
            progress("storing events", first, len(self))
            some = self.arrival[first : min(first + EVENTS_PART, end)]
            rows = rows_of(take(self.columns, some), len(some))
            counts.update(database.write(partial(_append, rows=rows, now=now, path=self.path)))
        return counts


def _append(connection: Connection, rows: list[dict[str, Any]], now: int, path: Path) -> list[str]:
    lock_orders(connection, [row["order_id"] for row in rows])
    appends = append_many(connection, rows, now)
    conflicts = [
        f"{row['source']} {row['event_id']} differs in {', '.join(one.differs)}"
        for row, one in zip(rows, appends, strict=True)
        if one.outcome == "conflict"
    ]
    if conflicts:
        shown = "\n  ".join(conflicts[:SHOWN])
        raise InvalidEvents(f"the events of {path} must be those of the store where they have their ids\n  {shown}")
    return [one.outcome for one in appends]
