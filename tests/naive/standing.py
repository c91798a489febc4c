"""Things that stand: holds, lots, operations, shortages, conditions. The latest statement of each decides."""

from __future__ import annotations

from collections.abc import Iterable

from features.times import DAY
from tests.naive.events import Event, Events

Word = tuple[bool, str | None]
"""What a thing is called, and whether that is a name; without one its kind stands in."""
Statements = list[Event]


def word(event: Event, by: str) -> Word:
    """The name of the thing an event states."""
    name = getattr(event, by)
    return (True, name) if name is not None else (False, event.kind)


def things(statements: Iterable[Event], by: str = "reference") -> dict[Word, Statements]:
    """What was stated of each thing of the order; its line does not matter."""
    told: dict[Word, Statements] = {}
    for event in statements:
        told.setdefault(word(event, by), []).append(event)
    return told


def facts(statements: Iterable[Event], by: str = "reference") -> dict[Word, Statements]:
    """The same, without what happened before something that was known of the thing already."""
    told: dict[Word, Statements] = {}
    for event in statements:
        before = told.setdefault(word(event, by), [])
        if not before or event.stands_from >= before[-1].stands_from:
            before.append(event)
    return told


def line_things(statements: Iterable[Event], by: str = "reference") -> dict[tuple[str | None, Word], Statements]:
    """What was stated of each thing of a line or, line None, of the whole order.

    What is said of the whole order replaces what was said of its lines under the same word. What happened before
    something that is known of the thing already changes nothing.
    """
    told: dict[tuple[str | None, Word], Statements] = {}
    whole: dict[Word, int] = {}
    for event in statements:
        name, moment = word(event, by), event.stands_from
        if event.line_id is None:
            replaced = [key for key, value in told.items() if key[0] is not None and key[1] == name]
            for key in replaced:
                if told[key][-1].stands_from <= moment:
                    del told[key]
        key = event.line_id, name
        if moment < max(whole.get(name, moment), told[key][-1].stands_from if key in told else moment):
            continue
        if event.line_id is None:
            whole[name] = moment
        told.setdefault(key, []).append(event)
    return told


def holds(events: Events) -> list[Statements]:
    """Placed and released, by hold."""
    return list(facts(e for e in events if e.type in ("hold.placed", "hold.released")).values())


def placings(events: Events) -> list[Event]:
    """The statements that place a hold which is not open."""
    stated = [e for e in events if e.type in ("hold.placed", "hold.released")]
    found = []
    for n, event in enumerate(stated):
        before = facts(stated[:n]).get(word(event, "reference"), [])
        if event.type == "hold.placed" and not (before and before[-1].type == "hold.placed"):
            found.append(event)
    return found


def open_holds(events: Events) -> list[Statements]:
    return [told for told in holds(events) if told[-1].type == "hold.placed"]


def shortages(events: Events) -> list[Statements]:
    """The statements of each component that is short."""
    stated = line_things(e for e in events if e.type == "material.stated" and e.state in ("short", "available"))
    return [told for told in stated.values() if told[-1].state == "short"]


def lots(events: Events) -> list[Statements]:
    """The results of each inspection lot."""
    return list(facts(e for e in events if e.type == "inspection.recorded" and e.state is not None).values())


def conditions(events: Events) -> dict[tuple[str | None, str], Statements]:
    """The statements of each shipping condition, by line (None for the whole order) and kind."""
    told = line_things((e for e in events if e.type == "readiness.stated"), by="kind")
    return {(line, str(kind)): statements for (line, (_, kind)), statements in told.items()}


def conditions_that_are(state: str, events: Events) -> list[Statements]:
    return [told for told in conditions(events).values() if told[-1].state == state]


def finished_operations(events: Events) -> list[tuple[str | None, Word]]:
    """Line (None for the whole order) and name of each operation whose latest confirmation is final."""
    told = line_things(e for e in events if e.type == "operation.confirmed" and e.state in ("final", "partial"))
    return [operation for operation, statements in told.items() if statements[-1].state == "final"]


def begun_operations(events: Events) -> list[tuple[str | None, Word]]:
    """Line (None for the whole order) and name of each operation with any confirmation."""
    return list(line_things(e for e in events if e.type == "operation.confirmed"))


def since(statements: Statements) -> int:
    """Since when the last statement stands: repeating it starts nothing anew."""
    first_of_run = statements[-1]
    for event in reversed(statements):
        if _says(event) != _says(first_of_run):
            break
        first_of_run = event
    return first_of_run.stands_from


def _says(event: Event) -> str | None:
    """A hold is placed or released by the type of the event, a condition is met or not by its state."""
    return event.type if event.type.startswith("hold.") else event.state


def days_held(statements: Statements, as_of: int) -> float:
    """Days a hold has stood until a moment, in all."""
    stood, start = 0, None
    for event in statements:
        if event.type == "hold.placed" and start is None:
            start = event.stands_from
        elif event.type == "hold.released" and start is not None:
            stood, start = stood + event.stands_from - start, None
    return (stood + (0 if start is None else as_of - start)) / DAY
