"""What of stored events cannot be placed in their orders, or only by guessing: nothing is refused, all is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.arrays import Ints, Mask
from features.engine.ordering import precedences
from features.events.columns import Columns
from features.events.schema import INSTALMENT_MARK
from features.events.text import code_objects
from serving.contract.cloudevents import place
from serving.ingest.validation import Errors, EventResult

EventId = tuple[str, str]
"""Source and id."""
SUBJECTS = {
    "order_line.closed": "closing",
    "order_line.reopened": "closing",
    "hold.placed": "hold",
    "hold.released": "hold",
    "production.released": "production",
    "production.rescheduled": "production",
}
"""What types are about that overrule each other; each other type is about a thing of its own."""
ADDITIVE = ("goods", "operation")
"""Quantities of these add up in any order."""
SHOWN = 3


@dataclass
class Placement:
    """What the stored events of some orders say of each other.

    Attributes
    ----------
    warnings : by event, what of it cannot be placed, and where
    by_precedence, by_id : by order, how many statements of one moment are in the order of precedence, or of their
        source and id alone
    """

    warnings: dict[EventId, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    by_precedence: Counter[str] = field(default_factory=Counter)
    by_id: Counter[str] = field(default_factory=Counter)


def place_events(stored: Sequence[Any], new: Collection[EventId]) -> Placement:
    """Look at the events of whole orders, of which some are new.

    Parameters
    ----------
    stored : rows of ``serving.store.tables.events.events_of``
    new : which of them are warned about
    """
    placement = Placement()
    created, holds = _created_lines(stored), _placed_holds(stored)
    for row in stored:
        if (row.source, row.event_id) in new:
            placement.warnings[row.source, row.event_id] += _unplaced(row, created, holds)
    tied = list(_of_one_moment(stored))
    if tied:
        _note_ties(placement, tied, new)
    return placement


def warnings_of(placement: Placement, event: EventResult) -> Errors:
    """What of one event is not read or cannot be placed; nothing where it is not new."""
    key = (event.source or "", event.id or "")
    return (*event.warnings, *placement.warnings.get(key, ())) if event.outcome == "accepted" else ()


def _created_lines(stored: Sequence[Any]) -> set[tuple[str, str]]:
    """By order, the lines that are created, and those of which an instalment is."""
    names = {(row.order_id, _line(row)) for row in stored if row.type == "order_line.created" and row.line_id}
    wholes = {(order_id, name.rpartition(INSTALMENT_MARK)[0]) for order_id, name in names if INSTALMENT_MARK in name}
    return names | wholes


def _line(row: Any) -> str:
    return f"{row.line_id}{INSTALMENT_MARK}{row.instalment}" if row.instalment else str(row.line_id)


def _placed_holds(stored: Sequence[Any]) -> set[tuple[str, str | None, str | None]]:
    return {_hold(row) for row in stored if row.type == "hold.placed"}


def _hold(row: Any) -> tuple[str, str | None, str | None]:
    """Holds are told apart by their reference; those without one by their kind."""
    return row.order_id, row.reference, None if row.reference else row.kind


def _unplaced(
    row: Any, created: Collection[tuple[str, str]], holds: Collection[tuple[str, str | None, str | None]]
) -> Iterator[dict[str, str]]:
    if row.line_id and (row.order_id, _line(row)) not in created:
        column = "instalment" if row.instalment else "line_id"
        yield _warning(column, f"should be of a line that is created in the order, got {_line(row)!r}")
    if row.type == "hold.released" and _hold(row) not in holds:
        column = "reference" if row.reference else "kind"
        yield _warning(column, f"should be that of a hold that is placed in the order, got {getattr(row, column)!r}")


def _warning(column: str, detail: str) -> dict[str, str]:
    return {"pointer": place(column), "detail": detail}


# -- one moment, several statements --------------------------------------------------------------------------


def _of_one_moment(stored: Sequence[Any]) -> Iterator[Any]:
    """The statements of an order that share both clocks with another one."""
    moments = Counter((row.order_id, row.recorded_at, row.occurred_at) for row in stored)
    return (row for row in stored if moments[row.order_id, row.recorded_at, row.occurred_at] > 1)


def _note_ties(placement: Placement, tied: Sequence[Any], new: Collection[EventId]) -> None:
    """Count statements as ``features.engine.ordering`` does, and warn of those that overrule each other."""
    run, rank = _runs(tied), _ranks(tied)
    by = np.lexsort((rank, run))
    same_run, same_rank = run[by][1:] == run[by][:-1], rank[by][1:] == rank[by][:-1]
    for count, where in ((placement.by_precedence, same_run & ~same_rank), (placement.by_id, same_run & same_rank)):
        count.update(tied[i].order_id for i in by[_beside(where)].tolist())
    things: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i, row in enumerate(tied):
        if row.type.partition(".")[0] not in ADDITIVE:
            things[run[i], _thing(row)].append(i)
    for same in things.values():
        for i in same:
            key = tied[i].source, tied[i].event_id
            if len(same) > 1 and key in new:
                placement.warnings[key].append(_tie(i, same, tied, rank))


def _runs(tied: Sequence[Any]) -> Ints:
    """(n,) the number of each statement's moment and sequence."""
    numbers: dict[tuple[Any, ...], int] = {}
    keys = ((row.order_id, row.recorded_at, row.occurred_at, row.sequence) for row in tied)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _ranks(tied: Sequence[Any]) -> Ints:
    """(n,) the place of each statement among those of one moment, by precedence."""
    columns: Columns = {
        name: code_objects([getattr(row, name) for row in tied], len(tied)) for name in ("type", "state")
    }
    columns["quantity"] = np.array([np.nan if row.quantity is None else row.quantity for row in tied])
    return precedences(columns, np.arange(len(tied)))


def _beside(where: Mask) -> Mask:
    """(n,) True for the rows on either side of each of (n - 1,) places."""
    return np.asarray(np.append(where, False) | np.append(False, where))


def _thing(row: Any) -> tuple[str | None, ...]:
    """What a statement is about; a later one about the same overrules it."""
    return SUBJECTS.get(row.type, row.type), row.line_id, row.instalment, row.reference, row.kind


def _tie(i: int, same: Sequence[int], tied: Sequence[Any], rank: Ints) -> dict[str, str]:
    alike = [j for j in same if j != i and rank[j] == rank[i]]
    others = alike or [j for j in same if j != i]
    names = ", ".join(f"{tied[j].source} {tied[j].event_id}" for j in others[:SHOWN])
    by = "their ids alone" if alike else "precedence"
    return _warning(
        "occurred_at",
        f"should be told apart by sequence from what else is stated of the same thing in this moment, got none: it is "
        f"put in order by {by}, beside {names}",
    )
