"""What somebody says stands between an order and the dock: holds, shortages, failed lots, conditions not met.

Each blocker has the sentence a planner would say and the events that say so. One that concerns only lines which have
left or are closed is told all the same, because the records still say so, but it is moot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Literal

from features.events.schema import MICRO, EventKey
from features.orders.spells import FAILED_LOTS, HOLDS, SHIPPING_HOLD_KINDS, SHORTAGES
from features.readiness.statements import WHOLE_ORDER, KnownEvent, KnownLine, KnownOrder, SpellState

CARRIER = "carrier"
STOPS_WORK, STOPS_SHIPPING, STOPS_TRUCK = range(3)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_NAMED = 4
"""Sentences name so many lines; the others are counted."""

BlockerKind = Literal[
    "hold",
    "shortage",
    "failed_inspection",
    "missing_quantity",
    "condition",
    "no_truck",
    "truck_too_late",
    "truck_too_small",
]


@dataclass(frozen=True)
class Blocker:
    """One spell in the way.

    Attributes
    ----------
    what : the hold, component, lot, operation, condition or delivery by its name, ``None`` where it has none
    sentence : what a planner would say
    since : microseconds, ``None`` where nothing was ever said
    lines : ids of the lines it concerns, empty for the whole order
    events : the events it rests on, in the order of the history
    stage : STOPS_WORK, STOPS_SHIPPING or STOPS_TRUCK, the order in which blockers are told
    expected : when it is stated to be over, microseconds, ``None`` where nobody says
    overdue : whether that has passed
    moot : whether it concerns only lines that have left or are closed
    """

    kind: BlockerKind
    what: str | None
    sentence: str
    since: int | None
    lines: tuple[str | None, ...]
    events: tuple[EventKey, ...]
    stage: int
    expected: int | None = None
    overdue: bool = False
    moot: bool = False


@dataclass(frozen=True)
class Facts:
    """What is known of one order: its events and lines, and how it stands. Moments are microseconds."""

    order: KnownOrder
    as_of: int
    zone: tzinfo

    @property
    def lines(self) -> list[KnownLine]:
        return self.order.lines

    @cached_property
    def open_lines(self) -> list[KnownLine]:
        return [line for line in self.lines if line.open]

    @cached_property
    def gone(self) -> set[int]:
        """Keys of the lines that have left or are closed."""
        return {line.key for line in self.lines if not line.open}

    def day(self, moment: int) -> str:
        """A moment as people say it, in the plant's zone: the day, and the time unless it is the end of the day."""
        local, today = ((EPOCH + timedelta(microseconds=clock)).astimezone(self.zone) for clock in (moment, self.as_of))
        year = "" if local.year == today.year else f" {local.year}"
        time = f"{local:%H:%M}"
        return f"{local.day} {MONTHS[local.month - 1]}{year}" + ("" if time in ("00:00", "23:59") else f" {time}")


def stated_blockers(facts: Facts, conditions: Iterable[SpellState]) -> list[Blocker]:
    """One blocker an open hold, an open shortage, a failed lot, and a kind of condition that is stated not met."""
    return [
        *(_hold(facts, spell) for spell in facts.order.spells(HOLDS) if spell.open),
        *(_shortage(facts, spell) for spell in facts.order.spells(SHORTAGES) if spell.open),
        *(_failed_lot(facts, spell) for spell in facts.order.spells(FAILED_LOTS) if spell.open),
        *_conditions(facts, [spell for spell in conditions if not spell.open]),
    ]


def _hold(facts: Facts, spell: SpellState) -> Blocker:
    placed = spell.latest
    named = " ".join(word for word in (placed.kind, "hold", placed.reference) if word)
    reason = f" ({placed.reason})" if placed.reason else ""
    sentence = f"{named}{of_lines(' on', [placed])} is open since {facts.day(spell.since)}{reason}"
    stage = STOPS_SHIPPING if placed.kind in SHIPPING_HOLD_KINDS else STOPS_WORK
    return _stated(facts, "hold", placed.reference, sentence, [spell], stage, awaited="release")


def _shortage(facts: Facts, spell: SpellState) -> Blocker:
    short = spell.latest
    by = f" by {quantity(short.quantity)}" if short.quantity else ""
    named = short.reference or "a component"
    sentence = f"{named} is short{by}{of_lines(' for', [short])} since {facts.day(spell.since)}"
    return _stated(facts, "shortage", short.reference, sentence, [spell], STOPS_WORK, awaited="arrival")


def _failed_lot(facts: Facts, spell: SpellState) -> Blocker:
    failed = spell.latest
    named = f"{failed.kind.replace('_', '-')} inspection" if failed.kind else "inspection"
    lot = f" of lot {failed.reference}" if failed.reference else ""
    sentence = f"{named}{lot}{of_lines(' on', [failed])} stands failed since {facts.day(spell.since)}"
    return _stated(facts, "failed_inspection", failed.reference, sentence, [spell], STOPS_WORK)


def _conditions(facts: Facts, not_met: list[SpellState]) -> list[Blocker]:
    """One blocker a kind; lines that have left are spoken of only where nothing else is not met."""
    blockers = []
    for kind in sorted({spell.latest.kind or "" for spell in not_met}):
        of_kind = [spell for spell in not_met if (spell.latest.kind or "") == kind]
        alive = [spell for spell in of_kind if spell.line not in facts.gone] or of_kind
        oldest = min(alive, key=lambda spell: (spell.since, spell.line))
        reason = f" ({oldest.latest.reason})" if oldest.latest.reason else ""
        where = of_lines(" for", [spell.latest for spell in alive])
        sentence = f"{verb(kind)} not met{where} since {facts.day(oldest.since)}{reason}"
        stage = STOPS_TRUCK if kind == CARRIER else STOPS_SHIPPING
        blockers.append(_stated(facts, "condition", kind, sentence, alive, stage))
    return blockers


def _stated(
    facts: Facts,
    kind: BlockerKind,
    what: str | None,
    sentence: str,
    spells: Sequence[SpellState],
    stage: int,
    awaited: str | None = None,
) -> Blocker:
    """A blocker made of spells that somebody stated open; ``awaited`` is what their date announces."""
    latest = [spell.latest for spell in spells]
    expected = latest[0].date if awaited else None
    overdue = expected is not None and expected < facts.as_of
    moot = all(event.line in facts.gone for event in latest)
    if expected is not None:
        sentence += f", {awaited} {'was' if overdue else 'is'} expected {facts.day(expected)}"
    return Blocker(
        kind=kind,
        what=what,
        sentence=sentence
        + (": overdue" if overdue else "")
        + ("; what it concerns has left or is closed" if moot else ""),
        since=min(spell.since for spell in spells),
        lines=line_ids(latest),
        events=keys_of(event for spell in spells for event in spell.statements),
        stage=stage,
        expected=expected,
        overdue=overdue,
        moot=moot,
    )


# -- words ---------------------------------------------------------------------------------------------------


def line_ids(events: Iterable[KnownEvent]) -> tuple[str | None, ...]:
    """The lines that events speak of, in the order of their ids; none where one speaks of the whole order."""
    lines = {event.line: event.line_id for event in events}
    return () if WHOLE_ORDER in lines else tuple(name for _, name in sorted(lines.items()))


def keys_of(events: Iterable[KnownEvent]) -> tuple[EventKey, ...]:
    """Which events, each once, in the order of the history."""
    return tuple(event.key for _, event in sorted({event.place: event for event in events}.items()))


def of_lines(preposition: str, events: Iterable[KnownEvent]) -> str:
    """The lines that events speak of, in a sentence; nothing for the whole order."""
    return name_lines(preposition, line_ids(events))


def name_lines(preposition: str, lines: Sequence[str | None]) -> str:
    """
    >>> name_lines(" for", ["10", "20"])
    ' for lines 10 and 20'
    """
    names = [line for line in lines if line]
    if not names:
        return ""
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
    return f"{preposition} line{'s' if len(names) > 1 else ''} " + " and ".join(
        [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names
    )


def verb(kind: str) -> str:
    """
    >>> verb("labels")
    'labels are'
    """
    return f"{kind} {'are' if kind.endswith('s') else 'is'}"


def quantity(millionths: int | None) -> str:
    """
    >>> quantity(2_500_000)
    '2.5'
    """
    whole, rest = divmod(abs(millionths or 0), MICRO)
    sign = "-" if (millionths or 0) < 0 else ""
    return f"{sign}{whole}" + f".{rest:06}".rstrip("0").rstrip(".")
