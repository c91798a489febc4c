"""How much of each line is made, and how much of it could leave now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from features.orders.spells import CONDITIONS_MET, FAILED_LOTS, HOLDS
from features.readiness.blockers import Blocker, Facts
from features.readiness.inferred_blockers import (
    WorkQuantity,
    bookings_by_operation,
    events_about,
    is_finished,
    is_silent,
    of_line,
    total_quantity,
    work_of,
)
from features.readiness.naming import list_lines
from features.readiness.statements import KnownEvent, KnownLine, SpellState


class LineQuantities(NamedTuple):
    """Of one line, in millionths of its unit.

    Attributes
    ----------
    made : booked good at the finished operation that was begun last, less what was scrapped after it; ``None`` where no
        operation is finished, or several production orders make the line
    operation : that operation, ``None`` where it has no name
    shippable : what could leave now: made and not shipped, no more than the operation that was begun last has booked,
        or all where no work is on the line; while nothing holds it and somebody says since its latest work that a
        condition is met
    by_orders : whether several production orders make it, so that nobody can tell what is made
    """

    made: int | None
    operation: str | None
    shippable: int
    by_orders: bool = False


def line_quantities(facts: Facts) -> dict[int, LineQuantities]:
    """Of each line of an order, by its key; nothing more leaves of a line that is not open."""
    stated = facts.order.spells(CONDITIONS_MET)
    held = _spoken_of(facts, (event for spell in _stopping(facts) for event in spell.statements))
    at_work = _spoken_of(facts, (event for event in facts.order.events if _is_work(event)))
    found = {}
    for line in facts.lines:
        work = work_of(facts, line)
        stops = (
            not line.open
            or line.key in held
            or any(not one.open for one in of_line(stated, line.key))
            or is_silent(facts, line, stated)
        )
        by_orders = work is not None and not _is_booked(work)
        made = work.quantity if work and not by_orders else None
        shippable = 0 if stops else max(_done(facts, line, work, at_work), 0)
        found[line.key] = LineQuantities(made, work.operation if work else None, shippable, by_orders)
    return found


def set_aside_shortages(facts: Facts, blockers: list[Blocker]) -> list[Blocker]:
    """Blockers in their order; moot is a shortage of which every open line could ship all that is left without it."""
    if all(blocker.rule != "shortage" or blocker.moot for blocker in blockers):
        return blockers
    found = line_quantities(facts)
    ready = {line.key for line in facts.open_lines if found[line.key].shippable >= line.ordered - line.issued}
    return [_set_aside(facts, blocker, ready) for blocker in blockers]


def _set_aside(facts: Facts, blocker: Blocker, ready: set[int]) -> Blocker:
    if blocker.rule != "shortage" or blocker.moot:
        return blocker
    named = [line for name in blocker.lines or (None,) for line in facts.lines_of(name)]
    concerned = {line.key for line in named if line.open}
    if not concerned or not concerned <= ready:
        return blocker
    lines = list_lines(facts.language, [line.id for line in facts.open_lines if line.key in concerned])
    return replace(blocker, sentence=facts.say("moot.ready", fact=blocker.sentence, lines=lines), moot=True)


def _stopping(facts: Facts) -> Iterator[SpellState]:
    """What holds the lines that it speaks of: open holds, failed lots, and what is not met of a line in instalments."""
    for spell in (HOLDS, FAILED_LOTS):
        yield from (one for one in facts.order.spells(spell) if one.open)
    yield from (one for one in facts.order.spells(CONDITIONS_MET) if not one.open and one.latest.line_id is not None)


def _spoken_of(facts: Facts, events: Iterable[KnownEvent]) -> set[int]:
    """Keys of the lines that events speak of: their own, their instalments, or all."""
    return {line.key for name in {event.line_id for event in events} for line in facts.lines_of(name)}


def _done(facts: Facts, line: KnownLine, work: WorkQuantity | None, at_work: set[int]) -> int:
    """What could leave: booked good at its last operation, or all where there is no work on it."""
    left = line.ordered - line.issued
    if work is None:
        return 0 if line.key in at_work else left
    if not _is_booked(work):
        return 0
    begun_last = next(
        booked for booked in reversed(bookings_by_operation(events_about(facts, line)).values()) if booked
    )
    booked = work.quantity if is_finished(begun_last) else min(work.quantity, total_quantity(begun_last))
    return min(booked - (line.issued - line.before_work), left)


def _is_booked(work: WorkQuantity) -> bool:
    """Whether it is what was booked, and not what production orders will bring."""
    return all(event.type != "production.released" for event in work.events)


def _is_work(event: KnownEvent) -> bool:
    return event.type.startswith(("production.", "operation."))
