"""What stands between an order and the dock though nobody says so: pieces that are not there, silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from features.readiness.blockers import (
    STOPS_SHIPPING,
    STOPS_WORK,
    Blocker,
    Facts,
)
from features.readiness.kinds import CARRIER
from features.readiness.naming import at_line, keys_of, name_line, name_operation, quantity
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownLine, SpellState


def missing_blockers(facts: Facts) -> list[Blocker]:
    """One a line to ship of which the work brings less than is ordered."""
    return [blocker for line in facts.open_lines if (blocker := _missing(facts, line)) is not None]


def silent_blockers(facts: Facts, conditions: list[SpellState]) -> list[Blocker]:
    """One a line to ship of which nobody says that a shipping condition is met."""
    return [blocker for line in facts.open_lines if (blocker := silent_blocker(facts, line, conditions)) is not None]


# -- pieces that are not there -------------------------------------------------------------------------------


class WorkQuantity(NamedTuple):
    """Millionths of a line that work has brought or will bring, and how one knows."""

    quantity: int
    operation: str | None
    sentence: str
    events: list[KnownEvent]


def work_of(facts: Facts, line: KnownLine) -> WorkQuantity | None:
    """What work has brought or will bring of a line; ``None`` where none is finished."""
    work = events_about(facts, line)
    orders = {event.reference: event for event in work if event.type == "production.released"}
    return _by_orders(facts, list(orders.values()), work) if len(orders) > 1 else _by_operations(facts, work)


def events_about(facts: Facts, line: KnownLine) -> list[KnownEvent]:
    """The events of a line, in the order of the history; those of the whole order too where it is the only line."""
    alone = len(facts.lines) == 1
    about = [*facts.order.by_line.get(line.key, ()), *(facts.order.by_line.get(WHOLE_ORDER, ()) if alone else ())]
    return sorted(about, key=lambda event: event.place)


def _missing(facts: Facts, line: KnownLine) -> Blocker | None:
    """What left before the work began is not asked of it, and no more can be missing than is left to ship."""
    work_done = work_of(facts, line)
    if work_done is None:
        return None
    missing = min(line.ordered - line.before_work - work_done.quantity, line.ordered - line.issued)
    if missing <= 0:
        return None
    before = (
        facts.say("missing.before", quantity=quantity(facts.language, line.before_work)) if line.before_work else ""
    )
    sentence = facts.say(
        "missing",
        line=name_line(facts.language, line.id),
        missing=quantity(facts.language, missing),
        ordered=quantity(facts.language, line.ordered),
        before=before,
        work=work_done.sentence,
    )
    events = [line.ordered_by, *work_done.events]
    return Blocker(
        rule="missing_quantity",
        what=work_done.operation,
        sentence=sentence,
        since=_latest(events),
        lines=(line.id,),
        events=keys_of(events),
        stage=STOPS_WORK,
    )


def _by_orders(facts: Facts, released: list[KnownEvent], work: list[KnownEvent]) -> WorkQuantity | None:
    """Several production orders: released less scrapped, as what is booked on one says nothing of the others."""
    if any(event.quantity is None for event in released):
        return None
    scrapped = [event for event in work if event.type == "operation.scrapped"]
    size, lost = total_quantity(released), total_quantity(scrapped)
    sentence = facts.say(
        "missing.orders", n=len(released), quantity=quantity(facts.language, size), lost=quantity(facts.language, lost)
    )
    return WorkQuantity(size - lost, None, sentence, [*released, *scrapped])


def _by_operations(facts: Facts, work: list[KnownEvent]) -> WorkQuantity | None:
    """One production order: what was booked good at the finished operation that was begun last, or at a later one.

    What was scrapped at operations after it does not come any more.
    """
    begun = list(bookings_by_operation(work).items())
    finished = [number for number, (_, booked) in enumerate(begun) if is_finished(booked)]
    if not finished:
        return None
    place = {operation: number for number, (operation, _) in enumerate(begun)}
    scrapped = [event for event in work if event.type == "operation.scrapped" and event.reference in place]
    found = [
        _booked_good(facts, operation, booked, [event for event in scrapped if place[event.reference] > number])
        for number, (operation, booked) in enumerate(begun)
        if number >= finished[-1]
    ]
    return max(reversed(found), key=lambda one: one.quantity)


def bookings_by_operation(work: Iterable[KnownEvent]) -> dict[str | None, list[KnownEvent]]:
    """The confirmations of each operation, in the order in which the operations were begun."""
    bookings: dict[str | None, list[KnownEvent]] = {}
    for event in sorted(work, key=lambda event: (event.occurred, event.place)):
        if event.type == "operation.confirmed":
            bookings.setdefault(event.reference, []).append(event)
        elif event.type == "operation.scrapped" and event.reference:
            bookings.setdefault(event.reference, [])
    return bookings


def _booked_good(
    facts: Facts, operation: str | None, booked: list[KnownEvent], scrapped: list[KnownEvent]
) -> WorkQuantity:
    """What an operation has booked, less what was scrapped after it."""
    good, lost = total_quantity(booked), total_quantity(scrapped)
    values = {"quantity": quantity(facts.language, good), "operation": name_operation(facts.language, operation)}
    sentence = facts.say("missing.booked_at" if operation else "missing.booked", **values)
    if lost:
        sentence = facts.say("missing.scrapped", work=sentence, lost=quantity(facts.language, lost))
    return WorkQuantity(good - lost, operation, sentence, [*booked, *scrapped])


def is_finished(booked: list[KnownEvent]) -> bool:
    """Whether the latest statement is final; one that says neither partial nor final changes nothing."""
    latest = max((event for event in booked if event.state is not None), key=lambda event: event.place, default=None)
    return latest is not None and latest.state == "final"


def total_quantity(events: Iterable[KnownEvent]) -> int:
    """Millionths that events state; nothing of those that state none."""
    return sum(event.quantity or 0 for event in events)


# -- silence -------------------------------------------------------------------------------------------------


def is_silent(facts: Facts, line: KnownLine, conditions: list[SpellState]) -> bool:
    """Whether nobody says that a condition of a line is met, or nobody has since its latest work."""
    return _silence(facts, line, conditions)[0]


def _silence(facts: Facts, line: KnownLine, conditions: list[SpellState]) -> tuple[bool, KnownEvent | None]:
    """Whether a line is silent, and the work that overtook what was said of it.

    A carrier that is confirmed says nothing of the goods.
    """
    stated = [spell for spell in of_line(conditions, line.key) if spell.latest.kind != CARRIER]
    last = next(reversed(facts.order.work_on(line.key)), None)
    overtaken = last is not None and all(spell.latest.occurred < last.occurred for spell in stated)
    silent = all(spell.open for spell in stated) and (not stated or overtaken)
    return silent, last if stated else None


def silent_blocker(facts: Facts, line: KnownLine, conditions: list[SpellState]) -> Blocker | None:
    """A line of which no condition is stated at all, or none since its latest work: complete is not shippable."""
    silent, after = _silence(facts, line, conditions)
    if not silent:
        return None
    where = at_line(facts.language, "for", line.id)
    return Blocker(
        rule="condition",
        what=None,
        sentence=facts.say("conditions.silent", line=where)
        if after is None
        else facts.say("conditions.silent_since", line=where, since=facts.dates.day(after.occurred)),
        since=after.occurred if after else None,
        lines=(line.id,),
        events=(after.key,) if after else (),
        stage=STOPS_SHIPPING,
    )


def of_line(conditions: list[SpellState], line: int) -> list[SpellState]:
    """The conditions that hold for a line: its own and, where it has none of a kind, those of the whole order."""
    own = {spell.latest.kind for spell in conditions if spell.line == line}
    return [
        spell
        for spell in conditions
        if spell.line == line or (spell.line == WHOLE_ORDER and spell.latest.kind not in own)
    ]


def _latest(events: Iterable[KnownEvent]) -> int:
    return max(event.effective for event in events)
