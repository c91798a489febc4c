"""Another language is another set of templates, names and plural forms; nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter

import pytest

from features.wording import ENGLISH, Language
from features.wording.language import PLURAL
from tests.features.reasons.asking import said
from tests.support.stories import created, event

GERMAN = replace(
    ENGLISH,
    name="de",
    templates={
        **ENGLISH.templates,
        "component.detail": "{name} ({detail})",
        "line": "Position {id}",
        "distance.ago": "vor {n} Tagen",
        "shortage.overdue": "{component} war {day} fällig, {distance}, und ist nicht da",
    },
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez."),
    decimal=",",
    thousands=".",
)


def three_forms(number: float) -> int:
    """As Slavic languages count."""
    return 0 if number == 1 else 1 if 2 <= number <= 4 else 2


def test_a_reason_in_another_language() -> None:
    told = [
        created(0, 20, line="20"),
        created(0, 20, line="30"),
        event("material.stated", 1, reference="Stahl", state="short", quantity=60, line="30", date=5),
    ]
    assert said("material", *told, day=10, language=GERMAN) == (
        "Stahl (60, Position 30) war Sa 6 Jan. 12:00 fällig, vor 5 Tagen, und ist nicht da"
    )


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert (ENGLISH.number(24_692.25, 1), GERMAN.number(24_692.25, 1)) == ("24,692.2", "24.692,2")


@pytest.mark.parametrize(("number", "text"), [(1, "1 den"), (3, "3 dny"), (5, "5 dní")])
def test_a_language_may_have_more_than_two_forms(number: int, text: str) -> None:
    czech = Language("cs", {"days": "{n} [n:den|dny|dní]"}, ENGLISH.weekdays, ENGLISH.months, three_forms)
    assert czech.say("days", n=number) == text


@pytest.mark.parametrize("template", sorted(ENGLISH.templates))
def test_every_template_can_be_filled(template: str) -> None:
    """Its values and numbers are named, and no bracket or brace is left over."""
    text = ENGLISH.templates[template]
    counted = {found[1] for found in PLURAL.finditer(text)}
    values = {name: "x" for _, name, _, _ in Formatter().parse(text) if name} | dict.fromkeys(counted, 2)
    said_text = ENGLISH.say(template, **values)
    assert not set("{}[]|") & set(said_text)
