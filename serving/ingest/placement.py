"""What of stored events cannot be placed in their orders, or only by guessing: nothing is refused, all is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from features.engine.ordering import precedence
from features.events.schema import INSTALMENT_MARK
from serving.contract.cloudevents import place
from serving.ingest.validation import Errors, EventResult
from serving.store.schema import EVENT_COLUMNS

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
ADDITIVE = ("goods.", "operation.")
"""Quantities of these add up in any order."""
SHOWN = 3


def _values_of(*columns: str) -> Callable[[Any], tuple[Any, ...]]:
    """What reads some columns of a row of ``serving.store.tables.events.events_of``."""
    return itemgetter(*(1 + EVENT_COLUMNS.index(column) for column in columns))


EVENT_ID = _values_of("source", "event_id")
STATED = _values_of("type", "state", "quantity")
MOMENT = _values_of("order_id", "recorded_at", "occurred_at", "sequence")
THING = _values_of("type", "line_id", "instalment", "reference", "kind")


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


def place_events(stored: Sequence[Any], new: Set[EventId]) -> Placement:
    """Look at the events of whole orders, of which some are new.

    Parameters
    ----------
    stored : rows of ``serving.store.tables.events.events_of``
    new : which of them are warned about
    """
    placement = Placement()
    fresh = [row for row in stored if EVENT_ID(row) in new]
    created = _created_lines(stored) if any(row.line_id for row in fresh) else set()
    holds = _placed_holds(stored) if any(row.type == "hold.released" for row in fresh) else set()
    for row in fresh:
        placement.warnings[EVENT_ID(row)] += _unplaced(row, created, holds)
    for tied in _of_one_moment(stored):
        ranks = [precedence(kind, state, reverses=(quantity or 0) < 0) for kind, state, quantity in map(STATED, tied)]
        _count_ties(placement, tied[0].order_id, ranks)
        if not new.isdisjoint(map(EVENT_ID, tied)):
            _warn_of_ties(placement, tied, ranks, new)
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


def _of_one_moment(stored: Sequence[Any]) -> list[list[Any]]:
    """The statements of an order that share both clocks and sequence with others, each time all of them."""
    moments: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in stored:
        moments[MOMENT(row)].append(row)
    return [rows for rows in moments.values() if len(rows) > 1]


def _count_ties(placement: Placement, order_id: str, ranks: Sequence[int]) -> None:
    """Count statements of one moment as ``features.engine.ordering`` does: by what each is told from its neighbours."""
    sizes = [size for _, size in sorted(Counter(ranks).items())]
    last = len(sizes) - 1
    placement.by_precedence[order_id] += sum(min(size, (i > 0) + (i < last)) for i, size in enumerate(sizes))
    placement.by_id[order_id] += sum(size for size in sizes if size > 1)


def _warn_of_ties(placement: Placement, tied: Sequence[Any], ranks: Sequence[int], new: Set[EventId]) -> None:
    """Warn of new statements that overrule others of one moment, or are overruled."""
    things: dict[tuple[Any, ...], list[tuple[int, Any]]] = defaultdict(list)
    for rank, row in zip(ranks, tied, strict=True):
        if not row.type.startswith(ADDITIVE):
            things[_thing(row)].append((rank, row))
    for same in things.values():
        for rank, row in same if len(same) > 1 else ():
            if (key := EVENT_ID(row)) in new:
                placement.warnings[key].append(_tie(rank, row, same))


def _thing(row: Any) -> tuple[str | None, ...]:
    """What a statement is about; a later one about the same overrules it."""
    kind, *which = THING(row)
    return SUBJECTS.get(kind, kind), *which


def _tie(rank: int, row: Any, same: Sequence[tuple[int, Any]]) -> dict[str, str]:
    alike = [other for of, other in same if of == rank and other is not row]
    others = alike or [other for _, other in same if other is not row]
    names = ", ".join(f"{other.source} {other.event_id}" for other in others[:SHOWN])
    by = "their ids alone" if alike else "precedence"
    return _warning(
        "occurred_at",
        f"should be told apart by sequence from what else is stated of the same thing in this moment, got none: it is "
        f"put in order by {by}, beside {names}",
    )
