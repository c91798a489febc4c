"""What somebody says stands between an order and the dock: holds, shortages, failed lots, conditions not met.

Each blocker has the sentence a planner would say and the events that say so. One that concerns only lines which have
left or are closed is told all the same, because the records still say so, but it is moot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

from features.events.schema import INSTALMENT_MARK, EventKey
from features.events.selection import Select
from features.orders.spells import FAILED_LOTS, HOLDS, SHIPPING_HOLD_KINDS, SHORTAGES
from features.readiness.kinds import CARRIER, BlockerKind, BlockerRule, kind_of
from features.readiness.naming import (
    at_line,
    keys_of,
    line_ids,
    name_component,
    name_condition,
    name_hold,
    name_inspection,
    name_lines,
    name_lot,
    name_reason,
    number_of_conditions,
)
from features.readiness.statements import KnownEvent, KnownLine, KnownOrder, KnownPlan, SpellState
from features.wording import ENGLISH, Dates, Language

STOPS_WORK, STOPS_SHIPPING, STOPS_TRUCK = range(3)


@dataclass(frozen=True)
class Blocker:
    """One spell in the way.

    Attributes
    ----------
    rule : by which it is in the way; ``kind`` is what that is about, in the field's words
    what : the hold, component, lot, operation, condition or delivery by its name, ``None`` where it has none
    sentence : what a planner would say
    since : microseconds, ``None`` where nothing was ever said
    lines : ids of the lines it concerns, empty for the whole order
    events : the events it rests on, in the order of the history
    stage : STOPS_WORK, STOPS_SHIPPING or STOPS_TRUCK, the order in which blockers are told
    expected : when it is stated to be over, microseconds, ``None`` where nobody says
    overdue : whether that has passed
    moot : whether it stops nothing: its lines have left, are closed, or could ship without it
    due_from : microseconds from when it is in the way, for what is not due yet; ``None`` where nothing is promised
    """

    rule: BlockerRule
    what: str | None
    sentence: str
    since: int | None
    lines: tuple[str | None, ...]
    events: tuple[EventKey, ...]
    stage: int
    expected: int | None = None
    overdue: bool = False
    moot: bool = False
    due_from: int | None = None

    @property
    def kind(self) -> BlockerKind:
        """What is in the way."""
        return kind_of(self.rule, self.what)


@dataclass(frozen=True)
class Facts:
    """What is known of one order: its events and lines, and how it stands. Moments are microseconds."""

    order: KnownOrder
    as_of: int
    zone: tzinfo
    language: Language = ENGLISH

    @property
    def lines(self) -> list[KnownLine]:
        return self.order.lines

    @cached_property
    def open_lines(self) -> list[KnownLine]:
        return [line for line in self.lines if line.open]

    @cached_property
    def first_promise(self) -> int | None:
        """The first promise among open lines, microseconds; ``None`` where none has one."""
        return min((line.promise for line in self.open_lines if line.promise is not None), default=None)

    def lines_of(self, name: str | None) -> list[KnownLine]:
        """The known lines that a name speaks of: that line, all where none is named, else what it is in instalments.

        The rule of ``features.orders.line_state.speaks_of``.
        """
        return self.lines if name is None else self._lines_by_name.get(name, [])

    @cached_property
    def _lines_by_name(self) -> dict[str, list[KnownLine]]:
        by_name: dict[str, list[KnownLine]] = {}
        for line in self.lines:
            whole, mark, _ = (line.id or "").rpartition(INSTALMENT_MARK)
            if mark:
                by_name.setdefault(whole, []).append(line)
        return by_name | {line.id: [line] for line in self.lines if line.id is not None}

    def plans_of(self, line: KnownLine, what: Select) -> list[KnownPlan]:
        """The plans that have a date in force for a line, in the order in which they were first stated."""
        if what not in self._plans:
            groups: dict[int, list[KnownPlan]] = {}
            for plan in self.order.plans(what):
                for planned in self.lines_of(plan.line_id) if plan.dated_by else ():
                    groups.setdefault(planned.key, []).append(plan)
            self._plans[what] = groups
        return self._plans[what].get(line.key, [])

    @cached_property
    def _plans(self) -> dict[Select, dict[int, list[KnownPlan]]]:
        return {}

    @cached_property
    def gone(self) -> set[int]:
        """Keys of the lines that have left or are closed."""
        return {line.key for line in self.lines if not line.open}

    @cached_property
    def dates(self) -> Dates:
        """Says moments in the plant's zone."""
        return Dates(self.as_of, self.zone, self.language)

    def say(self, template: str, /, **values: object) -> str:
        """A fact in words."""
        return self.language.say(template, **values)

    def component(self, short: KnownEvent) -> str:
        """The component that is short, how much of it, and its line unless the order has one alone."""
        line = short.line_id if len(self.lines) > 1 else None
        return name_component(self.language, short.reference, short.quantity, line)

    def slack(self, moment: int, deadline: int, truck: str = "") -> str:
        """How long before or after the promise, or a truck that is named, a moment lies: in days of the calendar."""
        of = "truck" if truck else "promise"
        if moment > deadline:
            return self.say(f"side.after_{of}", time=self.dates.between(deadline, moment), truck=truck)
        if self.dates.same_day(moment, deadline):
            return self.say(f"side.same_{of}", truck=truck)
        return self.say(f"side.before_{of}", time=self.dates.between(moment, deadline), truck=truck)


def stated_blockers(facts: Facts, conditions: Iterable[SpellState]) -> list[Blocker]:
    """One blocker an open hold, an open shortage, a failed lot, and a kind of condition that is stated not met."""
    return [
        *hold_blockers(facts),
        *shortage_blockers(facts),
        *lot_blockers(facts),
        *condition_blockers(facts, [spell for spell in conditions if not spell.open]),
    ]


def hold_blockers(facts: Facts) -> list[Blocker]:
    """One an open hold."""
    return [_hold(facts, spell) for spell in facts.order.spells(HOLDS) if spell.open]


def shortage_blockers(facts: Facts) -> list[Blocker]:
    """One an open shortage."""
    return [_shortage(facts, spell) for spell in facts.order.spells(SHORTAGES) if spell.open]


def lot_blockers(facts: Facts) -> list[Blocker]:
    """One a failed lot."""
    return [_failed_lot(facts, spell) for spell in facts.order.spells(FAILED_LOTS) if spell.open]


def _hold(facts: Facts, spell: SpellState) -> Blocker:
    placed = spell.latest
    values = {
        "hold": name_hold(facts.language, placed.kind, placed.reference),
        "lines": at_line(facts.language, "on", placed.line_id),
        "reason": name_reason(facts.language, placed.reason),
        "since": facts.dates.day(spell.since),
    }
    stage = STOPS_SHIPPING if placed.kind in SHIPPING_HOLD_KINDS else STOPS_WORK
    return _stated(facts, "hold", placed.reference, "open_hold", values, [spell], stage)


def _shortage(facts: Facts, spell: SpellState) -> Blocker:
    short = spell.latest
    values = {"component": facts.component(short), "since": facts.dates.day(spell.since)}
    return _stated(facts, "shortage", short.reference, "shortage", values, [spell], STOPS_WORK)


def _failed_lot(facts: Facts, spell: SpellState) -> Blocker:
    failed = spell.latest
    values = {
        "inspection": name_inspection(facts.language, failed.kind),
        "lot": name_lot(facts.language, failed.reference),
        "lines": at_line(facts.language, "on", failed.line_id),
        "since": facts.dates.day(spell.since),
    }
    return _stated(facts, "failed_inspection", failed.reference, "failed_lot", values, [spell], STOPS_WORK)


def condition_blockers(facts: Facts, not_met: list[SpellState]) -> list[Blocker]:
    """One blocker a kind; lines that have left are spoken of only where nothing else is not met."""
    blockers = []
    for kind in sorted({spell.latest.kind or "" for spell in not_met}):
        of_kind = [spell for spell in not_met if (spell.latest.kind or "") == kind]
        alive = [spell for spell in of_kind if spell.line not in facts.gone] or of_kind
        oldest = min(alive, key=lambda spell: (spell.since, spell.line))
        values = {
            "condition": name_condition(facts.language, kind),
            "n": number_of_conditions([kind]),
            "lines": name_lines(facts.language, "for", [spell.latest for spell in alive]),
            "since": facts.dates.day(oldest.since),
            "reason": name_reason(facts.language, oldest.latest.reason),
        }
        stage = STOPS_TRUCK if kind == CARRIER else STOPS_SHIPPING
        blockers.append(_stated(facts, "condition", kind, "condition.not_met", values, alive, stage))
    return blockers


def _stated(
    facts: Facts,
    rule: BlockerRule,
    what: str | None,
    template: str,
    values: Mapping[str, object],
    spells: Sequence[SpellState],
    stage: int,
) -> Blocker:
    """A blocker made of spells that somebody stated open; holds and shortages are expected to be over at a date."""
    latest = [spell.latest for spell in spells]
    expected = latest[0].date if rule in ("hold", "shortage") else None
    overdue = expected is not None and expected < facts.as_of
    moot = all(event.line in facts.gone for event in latest)
    if rule in ("hold", "shortage"):
        template = f"{template}.{'undated' if expected is None else 'overdue' if overdue else 'due'}"
    if expected is not None:
        values = {**values, "day": facts.dates.day(expected), "distance": facts.dates.distance(expected)}
    sentence = facts.say(template, **values)
    return Blocker(
        rule=rule,
        what=what,
        sentence=facts.say("moot", fact=sentence) if moot else sentence,
        since=min(spell.since for spell in spells),
        lines=line_ids(latest),
        events=keys_of(event for spell in spells for event in spell.statements),
        stage=stage,
        expected=expected,
        overdue=overdue,
        moot=moot,
    )
