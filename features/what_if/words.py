"""What is said of moves: which text of the language, with which names and days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from features.events.schema import MICRO
from features.readiness.blockers import Facts
from features.readiness.naming import (
    at_line,
    name_condition,
    name_hold,
    name_inspection,
    name_lot,
    name_operation,
    name_truck,
    number_of_conditions,
    quantity,
)
from features.readiness.statements import KnownEvent
from features.wording import ENGLISH, Language

MOST_HOLDS, MOST_TRUCKS = 2, 2
"""Holds and trucks that are named, of those that a component frees or a promise takes along."""
RESPONSE = "the model's response, not a promise"
"""What every answer to a what-if is labelled with."""
MoveKind = Literal[
    "release_hold",
    "component_here",
    "component_sooner",
    "lot_passes",
    "meet_condition",
    "plan_truck",
    "truck_earlier",
    "truck_larger",
    "book_rest",
    "ship_done",
    "move_promise_3",
    "move_promise_7",
]
KINDS: tuple[MoveKind, ...] = get_args(MoveKind)
"""Each kind of move."""
MOST_IN_WORDS = 12
"""Numbers up to it are written as words in a headline."""


def hold(language: Language, placed: KnownEvent) -> str:
    """A hold by its kind and reference, and the line that it is on."""
    return name_hold(language, placed.kind, placed.reference) + at_line(language, "on", placed.line_id)


def release(facts: Facts, placed: KnownEvent) -> str:
    """A hold is released: "release quality hold H1 on line 20"."""
    return facts.say("move.release", hold=hold(facts.language, placed))


def arrival(facts: Facts, short: KnownEvent, by: int | None = None, released: Sequence[KnownEvent] = ()) -> str:
    """A component comes by a day: "steel (60, line 30) comes by Wed 10 Jan"; without one, today, and frees holds."""
    component = facts.component(short)
    if by is not None:
        return facts.say("move.arrival", component=component, day=facts.dates.day(by, time=False))
    if released:
        holds = facts.language.listed(
            [name_hold(facts.language, one.kind, one.reference) for one in released], MOST_HOLDS
        )
        return facts.say("move.arrival.released", component=component, holds=holds, n=len(released))
    return facts.say("move.arrival.today", component=component)


def lot(facts: Facts, failed: KnownEvent) -> str:
    """A failed lot passes: "in-process inspection of lot L1 on line 10 passes"."""
    return facts.say(
        "move.lot",
        inspection=name_inspection(facts.language, failed.kind),
        lot=name_lot(facts.language, failed.reference),
        lines=at_line(facts.language, "on", failed.line_id),
    )


def condition(facts: Facts, stated: KnownEvent) -> str:
    """A shipping condition is met: "labels are put right for line 10"."""
    return facts.say(
        "move.condition",
        condition=name_condition(facts.language, stated.kind),
        n=number_of_conditions([stated.kind]),
        lines=at_line(facts.language, "for", stated.line_id),
    )


def truck_planned(facts: Facts, leaves: int) -> str:
    """A truck where none is planned: "plan a truck for Fri 12 Jan"."""
    return facts.say("move.truck.plan", day=facts.dates.day(leaves, time=False))


def truck_earlier(facts: Facts, reference: str | None, leaves: int, late: int) -> str:
    """A truck leaves sooner: "truck D1 leaves Fri 12 Jan, not Mon 15 Jan"; with the time where that is one day."""
    time = facts.dates.same_day(leaves, late)
    return facts.say(
        "move.truck.earlier",
        truck=name_truck(facts.language, reference),
        day=facts.dates.day(leaves, time),
        late=facts.dates.day(late, time),
    )


def truck_larger(facts: Facts, reference: str | None, takes: int, before: int) -> str:
    """A truck takes more, millionths: "truck D1 takes 10 units, not 6"."""
    return facts.say(
        "move.truck.larger",
        truck=name_truck(facts.language, reference),
        before=quantity(facts.language, before),
        **units(facts, takes),
    )


def operation_rest(facts: Facts, line: str | None, operation: str | None, left: int) -> str:
    """What is left is booked: "book what is left on line 10 as final (operation 30, 24 units)"."""
    return facts.say(
        "move.rest.operation" if operation else "move.rest",
        lines=at_line(facts.language, "on", line),
        operation=name_operation(facts.language, operation),
        **units(facts, left),
    )


def ship(facts: Facts, line: str | None, done: int, *, everything: bool) -> str:
    """What is done leaves: "ship the 24 units of line 10 that are done"."""
    template = "move.ship.all" if everything else "move.ship"
    return facts.say(template, lines=at_line(facts.language, "of", line), **units(facts, done))


def production_order(language: Language, reference: str | None, line: str | None) -> str:
    """A production order by its reference and line: "PO-7 of line 10"; what has no reference is the one without."""
    return (reference or language.say("production_order.unnamed")) + at_line(language, "of", line)


def promise(facts: Facts, days: int, to: int, lines: int, trucks: Sequence[tuple[str | None, int]]) -> str:
    """Promises are moved, the first to a day, and the trucks that go along with them, each by its name and new day.

    "move the promise to Fri 16 Jan, truck T1 to Thu 15 Jan, if the customer agrees".
    """
    template = "move.promise" if lines == 1 else "move.promises"
    names = list(dict.fromkeys(_truck_on(facts, *truck) for truck in trucks))
    along = facts.say("move.along", trucks=facts.language.listed(names, MOST_TRUCKS)) if names else ""
    return facts.say(template, n=days, day=facts.dates.day(to, time=False), along=along)


def _truck_on(facts: Facts, truck: str | None, day: int) -> str:
    named = name_truck(facts.language, truck)
    return facts.say("move.along.truck", truck=named, day=facts.dates.day(day, time=False))


def units(facts: Facts, millionths: int) -> dict[str, object]:
    """A quantity as templates take it: the number in words, and what its verb agrees with."""
    return {"n": millionths / MICRO, "quantity": quantity(facts.language, millionths)}


def headline(kind: str | None, moves: int, points: float, value: float | None, language: Language = ENGLISH) -> str:
    """What moves, one an order, take off the list; ``points`` is probability, ``value`` the plant's currency.

    >>> headline("release_hold", 5, 0.41, 210_000.0)
    'these five releases take 41 points and 210,000 of value at risk off the list'
    """
    if not moves:
        return language.say("move.none")
    shown = round(100 * points, 0 if points >= 0.095 else 1)
    worth = value is not None and round(value)
    taken = language.say(
        "move.taken.value" if worth else "move.taken",
        n=shown,
        points=language.number(shown, 1),
        value=language.number(value or 0),
    )
    in_words = 1 < moves <= MOST_IN_WORDS
    count = language.say(f"move.count.{moves}") if in_words else language.number(moves)
    return language.say(f"move.kind.{kind}" if kind else "move.every", n=moves, count=count, taken=taken)
