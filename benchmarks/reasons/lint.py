"""Rules that every sentence of a reason must keep: each gives what is wrong with one, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from features.catalogue.registry import catalogue
from features.reasons import EITHER, SITUATIONS
from features.reasons.facts import OrderFacts
from features.reasons.situation import speaks_against
from features.wording.english import MONTHS, WEEKDAYS
from features.wording.language import CUT, MOST_CHARACTERS, short
from training.reasons.reasons import Reason

DAY = rf"(?:{'|'.join(WEEKDAYS)}) (\d+) ({'|'.join(MONTHS)})(?: (\d{{4}}))?(?: (\d\d):(\d\d))?"
TO_COME = re.compile(rf"(?:missing, due|release expected|leaves|is planned to end|that ends|ships) {DAY}")
PAST = re.compile(rf"(?:was due|been released|since|was planned to end|was planned for|failed|the last|of) {DAY}")
UNITS = (
    "%", "day", "hour", "week", "of", "more", "order", "unit", "line", "operation", "time", "component", "hold",
    "inspection", "in", "scrapped", "short", "ordered", "booked", "record", "open", "has", "still", "production",
    "of all", "shipped", "booking", "statement", "other", "promise", "release", "move", "issue", "return", "truck",
    "changed", "closed", "requested", "new", "reopened", "about", "lot", "condition", "ago", "shipping", "is",
    "are", "been", "working", "message", "change", "goods", "quantit",
)  # fmt: skip
BEFORE = (
    "worth",
    "to",
    "from",
    "for",
    "line",
    "lines",
    "operation",
    "and",
    "of",
    "truck",
    "route",
    "item",
    "only",
    "last",
)
WHY = (
    "even so",
    ", although ",
    ", but ",
    "does not raise",
    "does not lower",
    "such orders",
    "it was on hold for",
    " slipped by ",
)
SLACK = timedelta(minutes=1)


def faults_of(reason: Reason, facts: OrderFacts) -> Iterator[str]:
    """What is wrong with the sentence of a reason, nothing where all rules hold."""
    text = reason.text
    if len(text) > MOST_CHARACTERS or text.endswith(CUT):
        yield "is cut or too long"
    if re.search(r"\bnan\b|\binf\b|None|[{}]", text) or any(f" {name} " in f" {text} " for name in catalogue()):
        yield "has a code in it"
    yield from _wrong_tense(text, facts)
    if _against(reason) and not any(words in text for words in WHY):
        yield "contradicts its sign"
    if not _names(reason, facts):
        yield "names nothing though there is a name"
    yield from (f"has the number {number} without a unit" for number in _bare_numbers(text, facts))


def _wrong_tense(text: str, facts: OrderFacts) -> Iterator[str]:
    for found in TO_COME.finditer(text):
        if _moment(found.groups(), facts, end=True) < facts.as_of:
            yield "tells a past date as one to come"
    for found in PAST.finditer(text):
        if _moment(found.groups(), facts, end=False) > facts.as_of + SLACK / timedelta(microseconds=1):
            yield "tells a date to come as past"


def _moment(groups: tuple[str | None, ...], facts: OrderFacts, *, end: bool) -> float:
    """Microseconds of a date in a sentence; a whole day begins or ends it."""
    day, month, year, hour, minute = groups
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=facts.as_of)
    local = now.astimezone(facts.zone)
    clock = (int(hour), int(minute)) if hour and minute else (23, 59) if end else (0, 0)
    when = datetime(
        int(year or local.year),
        MONTHS.index(str(month)) + 1,
        int(day or 1),
        *clock,
        59 if end else 0,
        tzinfo=facts.zone,
    )
    return when.timestamp() * 1e6


def _against(reason: Reason) -> bool:
    """Whether the situation is good and adds to the risk, or bad and takes from it."""
    tone = next((one.tone for one in SITUATIONS[reason.topic] if one.name == reason.situation), EITHER)
    return speaks_against(tone, reason.points > 0)


def _names(reason: Reason, facts: OrderFacts) -> bool:
    """Whether a hold, component, lot or truck that is spoken of is named where it has a name."""
    spoken: Iterable[str | None] = ()
    if reason.topic == "material" and reason.situation != "none_missing":
        spoken = [spell.latest.reference for spell in facts.shortages]
    elif reason.topic == "holds" and reason.situation not in ("no_hold", "holds_released"):
        spoken = [spell.latest.reference for spell in facts.holds if spell.open]
    elif reason.topic == "truck" and reason.situation in ("truck_after_promise", "truck_early", "truck_in_time"):
        spoken = [plan.reference for plan in facts.trucks]
    names = [short(name) for name in spoken if name]
    return not names or any(name in reason.text for name in names)


def _bare_numbers(text: str, facts: OrderFacts) -> Iterator[str]:
    """Numbers that neither a unit follows nor a word of what they count goes before."""
    plain = re.sub(DAY, " ", re.sub(r"\([^)]*\)", " ", text))
    for name in sorted(_words_of(facts), key=len, reverse=True):
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", plain)
    plain = re.sub(r"lines \w+(?:, \w+)*(?: and \w+)?", "lines", plain)
    words = plain.replace(",", "").replace(";", " ").replace(":", " ").split()
    for place, word in enumerate(words):
        if re.fullmatch(r"\d+(\.\d+)?", word):
            following = words[place + 1] if place + 1 < len(words) else ""
            before = words[place - 1] if place else ""
            if not following.startswith(UNITS) and before not in BEFORE:
                yield word


def _words_of(facts: OrderFacts) -> set[str]:
    dimensions = ("customer", "item", "plant", "route", "work_center", "reference", "line_id", "reason", "source")
    named = {word for dimension in dimensions for word in facts.named(dimension)}
    return {word for word in named if len(word) > 2 and word not in UNITS}
