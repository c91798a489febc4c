"""The names of what a sentence is about: a component, a hold, a lot, lines, a truck; and quantities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from features.events.schema import MICRO, EventKey
from features.readiness.statements import WHOLE_ORDER, KnownEvent
from features.wording.language import Language, short

MOST_NAMED = 3
"""Sentences name so many lines; the others are counted."""


def name_component(
    language: Language, reference: str | None, missing: int | None = None, line: str | None = None
) -> str:
    """The component, how much of it is short, millionths, and for which line where that is given."""
    name = short(reference) if reference else language.say("component.unnamed")
    detail = [quantity(language, missing)] if missing else []
    if line:
        detail.append(name_line(language, line))
    return language.say("component.detail", name=name, detail=", ".join(detail)) if detail else name


def name_hold(language: Language, kind: str | None, reference: str | None) -> str:
    """The hold by its kind and reference."""
    kind, reference = kind and short(kind), reference and short(reference)
    if kind and reference:
        return language.say("hold", kind=kind, reference=reference)
    if kind:
        return language.say("hold.without_reference", kind=kind)
    return language.say("hold.without_kind", reference=reference) if reference else language.say("hold.unnamed")


def name_inspection(language: Language, kind: str | None) -> str:
    """The inspection by its kind."""
    if not kind:
        return language.say("inspection.unnamed")
    return language.say("inspection", kind=short(kind).replace("_", "-"))


def name_lot(language: Language, reference: str | None) -> str:
    """The lot behind the inspection's name; nothing where it has none."""
    return language.say("lot", lot=short(reference)) if reference else ""


def name_condition(language: Language, kind: str | None) -> str:
    """The shipping condition by its kind."""
    return short(kind) if kind else language.say("condition.unnamed")


def number_of_conditions(kinds: Sequence[str | None]) -> int:
    """The number that the verb of conditions agrees with: "labels" alone are many, "packaging" is one.

    >>> [number_of_conditions(kinds) for kinds in (["packaging"], ["labels"], ["packaging", "inspection"])]
    [1, 2, 2]
    """
    return 1 if len(kinds) == 1 and not (kinds[0] or "").endswith("s") else 2


def name_operation(language: Language, reference: str | None) -> str:
    """The operation by its number."""
    return language.say("operation", reference=short(reference)) if reference else language.say("operation.unnamed")


def name_work(language: Language, reference: str | None) -> str:
    """The production order by its reference."""
    return language.say("work", reference=short(reference)) if reference else language.say("work.unnamed")


def name_truck(language: Language, reference: str | None) -> str:
    """The delivery by its reference."""
    return language.say("truck", reference=short(reference)) if reference else language.say("truck.unnamed")


def name_reason(language: Language, reason: str | None) -> str:
    """The stated reason in brackets; nothing where none is stated."""
    return language.say("because", reason=short(reason)) if reason else ""


def name_line(language: Language, line: str | None) -> str:
    """One line."""
    return language.say("line", id=short(line)) if line else language.say("line.unnamed")


def at_line(language: Language, preposition: str, line: str | None) -> str:
    """One line behind a preposition, ``on``, ``for`` or ``of``; nothing for the whole order."""
    return language.say(preposition, lines=name_line(language, line)) if line else ""


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
    events = list(events)
    if len(events) < 2:
        return tuple(event.key for event in events)
    return tuple(event.key for _, event in sorted({event.place: event for event in events}.items()))


def quantity(language: Language, millionths: int | None) -> str:
    """
    >>> from features.wording import ENGLISH
    >>> quantity(ENGLISH, 2_500_000), quantity(ENGLISH, -1_200_000_000)
    ('2.5', '-1,200')
    """
    whole, rest = divmod(abs(millionths or 0), MICRO)
    sign = "-" if (millionths or 0) < 0 else ""
    return f"{sign}{language.number(whole)}" + f"{language.decimal}{rest:06}".rstrip("0").rstrip(language.decimal)
