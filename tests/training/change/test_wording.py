"""What changed a risk, in words: dates in the plant's zone, one and many, past and to come."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from features.events import TYPES
from features.times import DAY, HOUR, micros
from features.wording import ENGLISH, Dates
from training.change.wording import (
    EventFacts,
    SummaryStep,
    event_sentence,
    since_words,
    summary,
    time_sentence,
    type_words,
)

DATES = Dates(micros("2025-12-30T09:00:00Z"), ZoneInfo("Europe/Berlin"), ENGLISH)


def at(text: str) -> int:
    return micros(text)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            EventFacts("material.stated", reference="steel", date=at("2026-01-05T22:59:59Z"), earlier=at("2025-12-27")),
            "steel moved from Sat 27 Dec to Mon 5 Jan 2026",
        ),
        (EventFacts("material.stated", reference="steel", state="available"), "steel has come"),
        (EventFacts("material.stated"), "a component was stated missing, without a date"),
        (
            EventFacts("delivery.planned", reference="T1", date=at("2025-12-31T23:30:00Z")),
            "truck T1 was planned for Thu 1 Jan 2026",
        ),
        (
            EventFacts("delivery.planned", date=at("2025-12-31T10:00:00Z"), earlier=at("2025-12-31T07:00:00Z")),
            "the truck moved from Wed 31 Dec 08:00 to Wed 31 Dec 11:00",
        ),
        (EventFacts("hold.placed", kind="quality", reference="H1", reason="rust"), "quality hold H1 was placed (rust)"),
        (EventFacts("order_line.closed", line_id="10", reason="cancelled"), "line 10 cancelled"),
        (EventFacts("inspection.recorded", kind="in_process", state="failed"), "in-process inspection failed"),
        (EventFacts("goods.issued", quantity=-3.0), "goods issue reversed, -3"),
        (EventFacts("order_line.changed", quantity=1.0), "the ordered quantity was changed to 1 unit"),
        (
            EventFacts("order_line.changed", line_id="10", quantity=1_234_567.5),
            "the ordered quantity of line 10 was changed to 1,234,567.5 units",
        ),
        (
            EventFacts("readiness.stated", kind="labels", state="not_met", line_id="10"),
            "labels were stated not met for line 10",
        ),
        (EventFacts("readiness.stated", kind="packaging", state="met"), "packaging was stated met"),
        (
            EventFacts(
                "commitment.changed", date=at("2026-01-05"), earlier=at("2025-12-27"), reason="asked for a later date"
            ),
            "the promise was moved from Sat 27 Dec to Mon 5 Jan 2026 (asked for a later date)",
        ),
        (
            EventFacts("production.rescheduled", reference="P", date=at("2025-12-28"), earlier=at("2025-12-27")),
            "the planned end of P was moved from Sat 27 Dec to Sun 28 Dec",
        ),
        (EventFacts("production.released", reference="P"), "work P was released"),
    ],
)
def test_an_event_in_words(facts: EventFacts, sentence: str) -> None:
    assert event_sentence(facts, DATES) == sentence


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (EventFacts("material.stated", reference="steel"), "steel was stated missing, due Sun 7 Dec"),
        (EventFacts("delivery.planned", reference="D"), "truck D was planned for Sun 7 Dec"),
        (
            EventFacts("hold.placed", kind="quality", reference="H"),
            "quality hold H was placed, release expected by Sun 7 Dec",
        ),
        (EventFacts("production.released", reference="W"), "work W was released with its planned end Sun 7 Dec"),
        (EventFacts("production.rescheduled", line_id="10"), "the planned end of line 10 was set to Sun 7 Dec"),
        (
            EventFacts("commitment.changed", line_id="10", instalment="1"),
            "the promise of line 10/1 was set to Sun 7 Dec",
        ),
        (EventFacts("commitment.requested"), "the date requested was set to Sun 7 Dec"),
    ],
)
def test_a_date_that_has_passed_is_no_present(facts: EventFacts, sentence: str) -> None:
    assert event_sentence(replace(facts, date=at("2025-12-07T12:00:00Z")), DATES) == sentence


def test_an_event_in_another_language() -> None:
    german = replace(
        ENGLISH,
        templates={**ENGLISH.templates, "change.component.moved": "{component}: von {first} auf {day}"},
        weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    )
    facts = EventFacts("material.stated", reference="Stahl", date=at("2025-12-28"), earlier=at("2025-12-27"))
    assert event_sentence(facts, replace(DATES, language=german)) == "Stahl: von Sa 27 Dec auf So 28 Dec"


def test_every_type_has_words_and_a_sentence_with_nothing_in_it() -> None:
    for name in TYPES:
        assert type_words(name) != name
        told = event_sentence(EventFacts(name), DATES)
        assert told
        assert "None" not in told
        assert "nan" not in told


def test_time_is_told_in_one_and_in_many() -> None:
    spans = (DAY, 2 * DAY, HOUR, 36 * HOUR, 90_000_000, 0)
    told = ["a day passed", "2 days passed", "an hour passed", "2 days passed", "2 minutes passed", "a moment passed"]
    assert [time_sentence(span) for span in spans] == told


def test_points_have_a_sign_and_no_more_digits_than_they_are_worth() -> None:
    assert [ENGLISH.points(points) for points in (0.12, -0.09, 0.0096, 0.004, 0.0001, 0.0)] == [
        "+12", "-9", "+1", "+0.4", "0", "0",
    ]  # fmt: skip


def test_a_summary_tells_what_moved_most_and_adds_up_the_rest() -> None:
    moved = SummaryStep("steel moved from Sat 27 Dec to Mon 5 Jan", 0.09)
    passed = [SummaryStep("12 hours passed", 0.02, 12 * HOUR), SummaryStep("12 hours passed", 0.01, 12 * HOUR)]
    since = since_words(0, 1, DATES, by_default=True)
    expected = "+12 since yesterday: steel moved from Sat 27 Dec to Mon 5 Jan (+9), a day passed (+3)"
    assert summary(0.12, since, [passed[0], moved, passed[1]], "open") == expected
    still = SummaryStep("8 hours passed", 0.0, 8 * HOUR)
    assert summary(0.02, since, [still, passed[0]], "open") == "+2 since yesterday: 12 hours passed (+2)"
    few = [SummaryStep(name, 0.01) for name in "abcde"]
    assert summary(0.05, since, few[:4], "open").endswith("c (+1), 1 other change (+1)")
    assert summary(0.05, since, few, "open").endswith("c (+1), 2 other changes (+2)")
    assert summary(0.0, since, [SummaryStep("a", 0.0001)], "open") == "unchanged since yesterday"
    assert summary(None, since, [], "shipped") == "no risk since yesterday: it has shipped"
    long = [SummaryStep("a" * 100, 0.01), SummaryStep("b" * 100, 0.01)]
    assert summary(0.02, since, long, "open").endswith("b (+1)"), "it is a list of sentences and is not cut"
    assert since_words(at("2025-12-28"), at("2025-12-29T12:00:00Z"), DATES, by_default=False) == (
        "from Sun 28 Dec 01:00 to Mon 29 Dec 13:00"
    )
