"""Holds, shipping conditions and components of a state against what is stated of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.events.selection import Spell
from features.orders.spells import CONDITIONS_MET, HOLDS, SHORTAGES
from features.readiness.statements import WHOLE_ORDER, SpellState
from serving.contract.order_state import ComponentNow, ConditionNow, HoldNow
from serving.ingest.states.missing import MissingEvent, Origin, StateTimes, differs, iso, millionths
from serving.ingest.states.recorded_order import RecordedOrder

FIELDS = {"date": "expected", "occurred_at": "since"}


def missing_of_holds(holds: Sequence[HoldNow], stored: RecordedOrder, times: StateTimes) -> Iterator[MissingEvent]:
    """What leads to the holds that are listed; one that is gone is released. One without a reference has its kind."""
    known = {_name(spell): spell for spell in stored.known.spells(HOLDS)}
    for index, hold in enumerate(holds):
        origin = Origin(f"/holds/{index}", FIELDS)
        before = known.pop((hold.reference, None), None)
        values = hold.model_dump(exclude={"expected", "since"})
        values |= {"date": iso(times.date(hold.expected, origin.of("date")))}
        compared = ("kind", "reason", "date", "line_id", "actor")
        if before is None or not before.open or differs(before.latest, values, *compared):
            since, replaces = times.moment(hold.since, origin.of("occurred_at")), before.latest if before else None
            yield MissingEvent("hold.placed", values, replaces, since, origin, _given(values, hold.since))
    for spell in known.values():
        if spell.open and stored.may_withdraw(spell.latest.line_id):
            values = {name: getattr(spell.latest, name) for name in ("reference", "kind", "line_id")}
            yield MissingEvent("hold.released", values, spell.latest, times.since, Origin("/holds"))


def _name(spell: SpellState) -> tuple[str | None, str | None]:
    reference = spell.latest.reference
    return reference, None if reference else spell.latest.kind


def _given(values: Mapping[str, Any], since: str | None) -> frozenset[str]:
    return frozenset(values) | ({"occurred_at"} if since else frozenset())


# -- conditions and components: of the whole order, or of its lines ------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """What a list is of.

    Attributes
    ----------
    name : the column that tells its things apart
    withdrawn : the state of what is not listed
    compared : the columns that make another statement
    """

    type: str
    spell: Spell
    pointer: str
    name: str
    withdrawn: str
    compared: tuple[str, ...]


CONDITIONS = _Kind("readiness.stated", CONDITIONS_MET, "/conditions", "kind", "not_met", ("state", "reason"))
COMPONENTS = _Kind("material.stated", SHORTAGES, "/components", "reference", "available", ("state", "quantity", "date"))


@dataclass(frozen=True)
class _Statement:
    """What is listed of a thing, as an event has it."""

    values: dict[str, Any]
    since: int
    origin: Origin
    given: frozenset[str]

    @property
    def line_id(self) -> str | None:
        line_id: str | None = self.values["line_id"]
        return line_id


def missing_of_conditions(
    items: Sequence[ConditionNow], stored: RecordedOrder, times: StateTimes
) -> Iterator[MissingEvent]:
    """What leads to the conditions that are listed; one that is gone is not met."""
    statements = [
        _statement(item.model_dump(exclude={"since"}), item.since, Origin(f"/conditions/{index}", FIELDS), times)
        for index, item in enumerate(items)
    ]
    yield from _missing_of(CONDITIONS, statements, stored, times)


def missing_of_components(
    items: Sequence[ComponentNow], stored: RecordedOrder, times: StateTimes
) -> Iterator[MissingEvent]:
    """What leads to the components that are listed; one that is gone is not short."""
    statements = []
    for index, item in enumerate(items):
        origin = Origin(f"/components/{index}", FIELDS)
        values = item.model_dump(exclude={"expected", "since"})
        values |= {"date": iso(times.date(item.expected, origin.of("date")))}
        statements.append(_statement(values, item.since, origin, times))
    yield from _missing_of(COMPONENTS, statements, stored, times)


def _statement(values: dict[str, Any], since: str | None, origin: Origin, times: StateTimes) -> _Statement:
    return _Statement(values, times.moment(since, origin.of("occurred_at")), origin, _given(values, since))


def _missing_of(
    kind: _Kind, statements: Sequence[_Statement], stored: RecordedOrder, times: StateTimes
) -> Iterator[MissingEvent]:
    listed, known = defaultdict(list), defaultdict(list)
    for one in statements:
        listed[one.values[kind.name]].append(one)
    for spell in stored.known.spells(kind.spell):
        known[getattr(spell.latest, kind.name)].append(spell)
    for word in dict.fromkeys([*listed, *known]):
        yield from _Thing(kind, listed[word], known[word]).missing(stored, times)


class _Thing:
    """One condition or component: what is listed of it, and what is stated.

    What is stated of the whole order takes the place of what was stated of its lines, so these are stated after it.
    """

    def __init__(self, kind: _Kind, listed: Sequence[_Statement], spells: Sequence[SpellState]) -> None:
        self.kind, self.listed = kind, listed
        self.whole = next((one for one in listed if one.line_id is None), None)
        self.known_whole = next((one for one in spells if one.line == WHOLE_ORDER), None)
        self.known_lines = {one.latest.line_id: one for one in spells if one.line != WHOLE_ORDER}

    def missing(self, stored: RecordedOrder, times: StateTimes) -> Iterator[MissingEvent]:
        named = {one.line_id for one in self.listed}
        gone = [
            spell
            for line_id, spell in self.known_lines.items()
            if line_id not in named and line_id not in stored.foreign_lines
        ]
        restated = self._whole_order(gone, stored, times)
        if restated is not None:
            yield restated
        elif self.whole is None:
            yield from (self._withdrawn(spell, times.since) for spell in gone if self._stands(spell))
        for one in self.listed:
            if one.line_id is not None and self._is_new(one, restated):
                since = max(one.since, restated.occurred) if restated else one.since
                yield self._stated(one, self.known_lines.get(one.line_id), since)

    def _whole_order(self, gone: Sequence[SpellState], stored: RecordedOrder, times: StateTimes) -> MissingEvent | None:
        """What is to be stated of the whole order, ``None`` for nothing."""
        whole, known = self.whole, self.known_whole
        overruled = max((spell.latest.effective for spell in gone), default=0)
        if whole is None:
            stands = known is not None and self._stands(known) and not stored.foreign_lines
            return self._withdrawn(known, max(times.since, overruled)) if stands and known is not None else None
        own = [spell for spell in gone if differs(spell.latest, whole.values, *self.kind.compared)]
        if known is None or own or differs(known.latest, whole.values, *self.kind.compared):
            return self._stated(whole, known, max(whole.since, overruled))
        return None

    def _stands(self, spell: SpellState) -> bool:
        return spell.latest.state != self.kind.withdrawn

    def _is_new(self, one: _Statement, restated: MissingEvent | None) -> bool:
        """Whether a line's statement is not what is stated of it, or of the whole order it belongs to."""
        if restated is not None:
            now, known = _comparable(one.values), _comparable(restated.data)
            return any(now[name] is not None and now[name] != known.get(name) for name in self.kind.compared)
        before = self.known_lines.get(one.line_id, self.known_whole)
        return before is None or differs(before.latest, one.values, *self.kind.compared)

    def _stated(self, one: _Statement, before: SpellState | None, since: int) -> MissingEvent:
        replaces = before or self.known_whole
        latest = replaces.latest if replaces else None
        return MissingEvent(self.kind.type, one.values, latest, since, one.origin, one.given)

    def _withdrawn(self, spell: SpellState, since: int) -> MissingEvent:
        values = {self.kind.name: getattr(spell.latest, self.kind.name), "line_id": spell.latest.line_id}
        values |= {"state": self.kind.withdrawn}
        return MissingEvent(self.kind.type, values, spell.latest, since, Origin(self.kind.pointer))


def _comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    columns = {"state": None, "reason": None, "date": None} | dict(values)
    return columns | {"quantity": millionths(values.get("quantity"))}
