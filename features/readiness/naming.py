"""The names of what a sentence is about: a component, a hold, a lot, lines, a truck; and quantities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from features.events.schema import MICRO, EventKey
from features.readiness.statements import WHOLE_ORDER, KnownEvent
from features.wording.language import Language, short

MOST_NAMED = 3
"""Sentences name so many lines; the others are counted."""


def name_component(language: Language, stated: KnownEvent, alone: bool = False) -> str:
    """The component, how much of it is short, and its line unless the order has one alone."""
    name = short(stated.reference) if stated.reference else language.say("component.unnamed")
    detail = [quantity(stated.quantity)] if stated.quantity else []
    if stated.line_id and not alone:
        detail.append(name_line(language, stated.line_id))
    return language.say("component.detail", name=name, detail=", ".join(detail)) if detail else name


def name_hold(language: Language, placed: KnownEvent) -> str:
    """The hold by its kind and reference."""
    kind, reference = placed.kind and short(placed.kind), placed.reference and short(placed.reference)
    if kind and reference:
        return language.say("hold", kind=kind, reference=reference)
    if kind:
        return language.say("hold.without_reference", kind=kind)
    return language.say("hold.without_kind", reference=reference) if reference else language.say("hold.unnamed")


def name_inspection(language: Language, result: KnownEvent) -> str:
    """The inspection by its kind."""
    if not result.kind:
        return language.say("inspection.unnamed")
    return language.say("inspection", kind=short(result.kind).replace("_", "-"))


def name_lot(language: Language, result: KnownEvent) -> str:
    """The lot behind the inspection's name; nothing where it has none."""
    return language.say("lot", lot=short(result.reference)) if result.reference else ""


def name_truck(language: Language, plan: KnownEvent | None) -> str:
    """The delivery by its reference."""
    if plan is None or not plan.reference:
        return language.say("truck.unnamed")
    return language.say("truck", reference=short(plan.reference))


def name_reason(language: Language, event: KnownEvent) -> str:
    """The stated reason in brackets; nothing where none is stated."""
    return language.say("because", reason=short(event.reason)) if event.reason else ""


def name_line(language: Language, line: str | None) -> str:
    """One line."""
    return language.say("line", id=short(line)) if line else language.say("line.unnamed")


def list_lines(language: Language, lines: Sequence[str | None]) -> str:
    """Several lines by their ids."""
    if len(lines) == 1:
        return name_line(language, lines[0])
    return language.say("lines", ids=language.listed([short(line or "") for line in lines], MOST_NAMED))


def name_lines(language: Language, preposition: str, events: Iterable[KnownEvent]) -> str:
    """The lines that events speak of behind a preposition, ``on`` or ``for``; nothing for the whole order."""
    lines = line_ids(events)
    if not lines or lines == (None,):
        return ""
    return language.say(preposition, lines=list_lines(language, lines))


def line_ids(events: Iterable[KnownEvent]) -> tuple[str | None, ...]:
    """The lines that events speak of, in the order of their ids; none where one speaks of the whole order."""
    lines = {event.line: event.line_id for event in events}
    return () if WHOLE_ORDER in lines else tuple(name for _, name in sorted(lines.items()))


def keys_of(events: Iterable[KnownEvent]) -> tuple[EventKey, ...]:
    """Which events, each once, in the order of the history."""
    return tuple(event.key for _, event in sorted({event.place: event for event in events}.items()))


def quantity(millionths: int | None) -> str:
    """
    >>> quantity(2_500_000)
    '2.5'
    """
    whole, rest = divmod(abs(millionths or 0), MICRO)
    sign = "-" if (millionths or 0) < 0 else ""
    return f"{sign}{whole}" + f".{rest:06}".rstrip("0").rstrip(".")
