"""Plans: the dates and quantities in force of production orders, deliveries and components, reference by reference.

A plan is of one reference for one line. What names no line is about each line that the reference is named for; while it
is named for none, the plan is of the whole order. Of the statements that are known the one that happened last holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tests.naive.events import Event, Events
from tests.naive.standing import Word, word

Plans = dict[tuple[Word, str | None], Event]
"""The statement whose date is in force, by reference and line (None for the whole order)."""


def _last(statements: Iterable[Event]) -> Event | None:
    """The one that happened last; of one moment the one that stands last."""
    found = None
    for event in statements:
        if found is None or event.stands_from >= found.stands_from:
            found = event
    return found


def dates_in_force(statements: Sequence[Event]) -> Plans:
    """The statement of each date in force."""
    plans: Plans = {}
    for name in {word(event, "reference") for event in statements}:
        own = [event for event in statements if word(event, "reference") == name]
        lines = {event.line_id for event in own if event.line_id is not None}
        for line in lines or {None}:
            dated = _last(e for e in own if e.date is not None and (line is None or e.line_id in (line, None)))
            if dated is not None:
                plans[name, line] = dated
    return plans


def quantities_in_force(statements: Sequence[Event]) -> dict[Word, int]:
    """The quantity of each reference: that of the whole order, or the sum of the lines', whichever was stated last."""
    quantities: dict[Word, int] = {}
    for name in {word(event, "reference") for event in statements}:
        own = [event for event in statements if word(event, "reference") == name and event.quantity is not None]
        latest = _last(own)
        if latest is None:
            continue
        by_line = [_last(e for e in own if e.line_id == line) for line in {e.line_id for e in own} - {None}]
        each = [latest] if latest.line_id is None else by_line
        quantities[name] = sum(event.quantity or 0 for event in each if event is not None)
    return quantities


def loads_in_force(statements: Sequence[Event]) -> dict[tuple[Word, str | None], int]:
    """The quantity of each plan, by reference and line; of a line none while that of all lines together holds."""
    loads = {}
    for name, line in dates_in_force(statements):
        own = [event for event in statements if word(event, "reference") == name and event.quantity is not None]
        latest, load = _last(own), _last(event for event in own if event.line_id == line)
        if latest is not None and load is not None and (latest.line_id is None) == (line is None):
            loads[name, line] = load.quantity or 0
    return loads


def _changes(statements: Sequence[Event]) -> list[tuple[Event, int, bool]]:
    """Each statement, by how much it moves the date it moves furthest, and whether it revises a date or quantity."""
    found = []
    for n, event in enumerate(statements):
        moved = [0]
        for (name, line), stated in dates_in_force(statements[: n + 1]).items():
            own = [e for e in statements[:n] if word(e, "reference") == name and e.line_id in (line, None)]
            before = _last(e for e in own if e.date is not None)
            moved.append((stated.date or 0) - (before.date or 0) if before else 0)
        furthest = max(moved, key=lambda by: (abs(by), by))
        found.append((event, furthest, furthest != 0 or _resizes(statements[:n], event)))
    return found


def _resizes(known: Sequence[Event], event: Event) -> bool:
    """Whether it gives another quantity; the first of a line adds to those of others and revises nothing."""
    name = word(event, "reference")
    stated = [e for e in known if word(e, "reference") == name and e.quantity is not None]
    first_of_line = event.line_id is not None and event.line_id not in {e.line_id for e in stated}
    if event.quantity is None or not stated or first_of_line:
        return False
    return quantities_in_force([*known, event])[name] != quantities_in_force(known)[name]


def revisions(statements: Sequence[Event]) -> list[Event]:
    """The statements that give a plan another date or quantity than was in force."""
    return [event for event, _, revises in _changes(statements) if revises]


def moves(statements: Sequence[Event]) -> list[tuple[Event, int]]:
    """Each statement that moves a date in force, and by how much."""
    return [(event, by) for event, by, _ in _changes(statements) if by != 0]


def of_their_lines(plans: Plans) -> list[Event]:
    """The statements in force, each as if it named the line that it is in force for."""
    return [replace(event, line_id=line) for (_, line), event in plans.items()]


def work_plans(events: Events) -> list[Event]:
    """What is stated of production orders."""
    return [event for event in events if event.type in ("production.released", "production.rescheduled")]


def truck_plans(events: Events) -> list[Event]:
    """What is stated of deliveries."""
    return [event for event in events if event.type == "delivery.planned"]


def latest_date(statements: Iterable[Event]) -> int | None:
    """The latest of their dates."""
    return max((event.date for event in statements if event.date is not None), default=None)
