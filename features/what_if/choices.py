"""What an order really has of which something could be supposed: open holds, short components, lots, trucks, lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from features.events.schema import MICRO
from features.history import PLANNED_END
from features.orders.spells import FAILED_LOTS, HOLDS, SHORTAGES
from features.readiness.blockers import Facts
from features.readiness.naming import at_line, name_inspection, name_lot, name_truck, name_work
from features.readiness.statements import KnownEvent, KnownLine, KnownPlan, SpellState
from features.what_if import words
from features.what_if.moves import is_open, leaves_at, oldest, trucks_to_come


class Choice(NamedTuple):
    """One thing of an order: its name, and the columns with which events speak of it."""

    name: str
    about: dict[str, str | float]


@dataclass(frozen=True)
class Choices:
    """What an order has now, each thing by its name; what has left or is closed is left out.

    Attributes
    ----------
    unplanned : whether something is to ship for which no production order is known
    components : the names of all that were ever short or stated available
    lines : ids of the lines to ship
    """

    holds: list[Choice]
    shortages: list[Choice]
    lots: list[Choice]
    production_orders: list[Choice]
    trucks: list[Choice]
    unplanned: bool
    components: list[str]
    lines: list[str]


def choices_of(facts: Facts) -> Choices:
    """What an order has, what stands longest first."""
    stated = (event.reference for event in facts.order.events if event.type == "material.stated")
    return Choices(
        holds=[Choice(words.hold(facts.language, one.latest), _about(one.latest)) for one in oldest(facts, HOLDS)],
        shortages=[_shortage(facts, spell) for spell in oldest(facts, SHORTAGES)],
        lots=[_lot(facts, spell) for spell in oldest(facts, FAILED_LOTS)],
        production_orders=list(_production_orders(facts)),
        trucks=[_truck(facts, plan) for plan in sorted(trucks_to_come(facts), key=leaves_at)],
        unplanned=any(not _is_planned(facts, line) for line in facts.open_lines),
        components=sorted({name for name in stated if name}),
        lines=[line.id for line in facts.open_lines if line.id is not None],
    )


def _about(event: KnownEvent | KnownPlan, **more: float | str | None) -> dict[str, str | float]:
    named = {name: getattr(event, name, None) for name in ("line_id", "kind", "reference")}
    return {name: value for name, value in (named | more).items() if value is not None}


def _shortage(facts: Facts, spell: SpellState) -> Choice:
    short = spell.latest
    template = "choice.undated" if short.date is None else "choice.due"
    name = facts.say(template, thing=facts.component(short), day=facts.dates.day(short.date or 0, time=False))
    return Choice(name, _about(short, quantity=None if short.quantity is None else short.quantity / MICRO))


def _lot(facts: Facts, spell: SpellState) -> Choice:
    failed = spell.latest
    values = {
        "inspection": name_inspection(facts.language, failed.kind),
        "lot": name_lot(facts.language, failed.reference),
        "lines": at_line(facts.language, "on", failed.line_id),
    }
    return Choice(facts.say("choice.lot", **values), _about(failed))


def _production_orders(facts: Facts) -> Iterator[Choice]:
    for plan in facts.order.plans(PLANNED_END):
        if is_open(facts, plan.line_id):
            ends = None if plan.dated_by is None else plan.dated_by.date
            name = facts.say(
                "choice.work" if ends is None else "choice.work.ends",
                work=name_work(facts.language, plan.reference),
                lines=at_line(facts.language, "on", plan.line_id),
                day=facts.dates.day(ends or 0, time=False),
            )
            yield Choice(name, _about(plan))


def _is_planned(facts: Facts, line: KnownLine) -> bool:
    return any(line in facts.lines_of(plan.line_id) for plan in facts.order.plans(PLANNED_END))


def _truck(facts: Facts, plan: KnownPlan) -> Choice:
    values = {
        "truck": name_truck(facts.language, plan.reference),
        "lines": at_line(facts.language, "for", plan.line_id),
        "day": facts.dates.day(leaves_at(plan), time=False),
    }
    return Choice(facts.say("choice.truck", **values), _about(plan))
