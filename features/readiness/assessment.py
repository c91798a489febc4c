"""Readiness of one order at a moment, by rule: the five shipping conditions, and what is in the way.

Production calls a line complete when its last operation is booked. Shipping asks for more, and this says what of it is
met, since when, who said so, and what is still missing. The rules stand in docs/readiness.md. What stands or not is
decided as the signals decide it, so both count the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from features.events.schema import EventKey
from features.history import History
from features.orders.commitments import OrderStatus, commitments, statuses
from features.orders.spells import CONDITIONS_MET
from features.readiness.blockers import Blocker, Facts, stated_blockers
from features.readiness.due_conditions import Silences, silences
from features.readiness.inferred_blockers import is_silent, missing_blockers, of_line
from features.readiness.kinds import FIVE, BlockerKind
from features.readiness.lateness import Lateness, lateness
from features.readiness.line_quantities import line_quantities, set_aside_shortages
from features.readiness.naming import keys_of
from features.readiness.pack_time import UNKNOWN_PAST, PackTimes
from features.readiness.planned_work import plan_after_truck_blockers
from features.readiness.statements import WHOLE_ORDER, KnownOrder, SpellState
from features.readiness.trucks import truck_blockers
from features.times import NEVER, plant_calendar

ConditionState = Literal["met", "not_met", "partly_met", "not_stated"]
ConditionStanding = Literal["in_the_way", "not_yet_due", "met"]


@dataclass(frozen=True)
class StatedBy:
    """Who said it: the system, and the person or role where it is named."""

    source: str
    actor: str | None


@dataclass(frozen=True)
class Condition:
    """One of the five shipping conditions, for the whole order.

    Attributes
    ----------
    kind : inspection, packaging, labels, documents or quantities
    standing : what a planner makes of it: in_the_way when it is stated not met, or silence about a line is in the way;
        met when it is; else not_yet_due, which is no fault
    state : not_met when a line or the whole order is stated not met; met when the whole order or every open line is
        met; partly_met when only some lines are; not_stated when nobody said anything that still holds
    since : microseconds; for not_met since its first statement not met, else since the last one that it took
    said_by, reason : of the statement that made it so, repetitions included
    lines_met, lines_not_met : ids of the lines it is met or not met for
    lines_not_stated : ids of the open lines of which nobody says either
    events : the statements that stand, in the order of the history
    """

    kind: str
    standing: ConditionStanding
    state: ConditionState
    since: int | None
    said_by: StatedBy | None
    reason: str | None
    lines_met: tuple[str | None, ...]
    lines_not_met: tuple[str | None, ...]
    lines_not_stated: tuple[str | None, ...]
    events: tuple[EventKey, ...]


@dataclass(frozen=True)
class Readiness:
    """What is ready, and what is in the way.

    Attributes
    ----------
    as_of, due : microseconds; ``due`` is ``None`` when nothing is to ship
    state : as the worklist has it
    conditions : the five, in their usual order
    blockers : what stops the work first, then what stops shipping, then the truck; within these the oldest first
    not_due : lines whose conditions nobody states, and whose usual pack time has not begun; they are in nobody's way
    shippable : whether something is left to ship and all of it could leave; a truck after the promise is late, but
        takes it
    lateness : why it is late, ``None`` where it is not
    """

    order_id: str
    as_of: int
    state: OrderStatus
    due: int | None
    conditions: tuple[Condition, ...]
    blockers: tuple[Blocker, ...]
    not_due: tuple[Blocker, ...]
    shippable: bool
    lateness: Lateness | None

    @property
    def kinds(self) -> tuple[BlockerKind, ...]:
        """The kinds of what is in the way, each once, what stops it first before the others; moot blockers aside."""
        return tuple(dict.fromkeys(blocker.kind for blocker in self.blockers if not blocker.moot))

    @property
    def main_blocker(self) -> str:
        """What stops it first, in words; "" where nothing is in the way."""
        return next((blocker.sentence for blocker in self.blockers if not blocker.moot), "")


def assess(
    history: History, order: int, as_of: int, zone: str = "UTC", pack_times: PackTimes = UNKNOWN_PAST
) -> Readiness:
    """Readiness of one order by what was recorded until a moment.

    Parameters
    ----------
    order : its index in ``history.order_ids``
    as_of : microseconds
    zone : the plant's time zone, in which sentences name days and times
    pack_times : from when before its promise silence about a line is in the way; see ``features.readiness.pack_time``
    """
    known = KnownOrder(history, order, as_of)
    state, due = status_of(history, order, len(known.events), as_of)
    facts = Facts(known, as_of, ZoneInfo(plant_calendar(zone).zone))
    stated = known.spells(CONDITIONS_MET)
    plant = next(iter(known.words("plant")), None)
    over = state in ("shipped", "cancelled")
    silence = Silences([], []) if over else silences(facts, stated, pack_times.of(plant))
    blockers = () if over else _blockers(facts, stated, silence)
    return Readiness(
        order_id=str(history.order_ids[order]),
        as_of=as_of,
        state=state,
        due=due,
        conditions=tuple(_condition(facts, stated, kind, silence) for kind in FIVE),
        blockers=blockers,
        not_due=tuple(silence.not_due),
        shippable=state in ("open", "late") and not any(map(_stops, blockers)) and _is_made(facts, stated),
        lateness=lateness(facts) if state == "late" else None,
    )


def _is_made(facts: Facts, conditions: list[SpellState]) -> bool:
    """Whether all that is left of each line could leave now; of several production orders that nobody contradicts."""
    found = line_quantities(facts)
    return all(
        found[line.key].shippable >= line.ordered - line.issued
        or (found[line.key].by_orders and not is_silent(facts, line, conditions))
        for line in facts.open_lines
    )


def status_of(history: History, order: int, known: int, as_of: int) -> tuple[OrderStatus, int | None]:
    """The order's state and due date; unknown where no event is known."""
    if known == 0:
        return "unknown", None
    columns, last = commitments(history), int(history.first[order]) + known - 1
    status: OrderStatus = statuses(columns.state[[last]], columns.due[[last]], np.array([as_of]))[0]
    due = int(columns.due[last])
    return status, None if due == NEVER else due


def _blockers(facts: Facts, conditions: list[SpellState], silence: Silences) -> tuple[Blocker, ...]:
    blockers = [
        *set_aside_shortages(facts, stated_blockers(facts, conditions)),
        *missing_blockers(facts),
        *silence.in_the_way,
        *truck_blockers(facts),
        *plan_after_truck_blockers(facts),
    ]
    return tuple(sorted(blockers, key=_rank))


def _stops(blocker: Blocker) -> bool:
    return not blocker.moot and blocker.rule not in ("truck_too_late", "plan_after_truck")


def _rank(blocker: Blocker) -> tuple[int, bool, int, str, str, tuple[str, ...], tuple[EventKey, ...]]:
    lines = tuple(line or "" for line in blocker.lines)
    since = blocker.since or 0
    return blocker.stage, blocker.since is None, since, blocker.rule, blocker.what or "", lines, blocker.events


# -- conditions ----------------------------------------------------------------------------------------------


def _condition(facts: Facts, conditions: list[SpellState], kind: str, silence: Silences) -> Condition:
    stated = [spell for spell in conditions if spell.latest.kind == kind]
    of_open = {line.key: next(iter(of_line(stated, line.key)), None) for line in facts.open_lines}
    lines = sorted(({spell.line: spell for spell in stated if spell.line != WHOLE_ORDER} | of_open).items())
    names = {line.key: line.id for line in facts.lines} | {spell.line: spell.latest.line_id for spell in stated}
    state = _state(stated, bool(facts.lines) and None not in of_open.values())
    decides = _deciding(stated, state)
    return Condition(
        kind=kind,
        standing=_standing(facts, stated, state, silence),
        state=state,
        since=decides.since if decides else None,
        said_by=StatedBy(decides.latest.source, decides.latest.actor) if decides else None,
        reason=decides.latest.reason if decides else None,
        lines_met=tuple(names[key] for key, spell in lines if spell is not None and spell.open),
        lines_not_met=tuple(names[key] for key, spell in lines if spell is not None and not spell.open),
        lines_not_stated=tuple(names[key] for key, spell in lines if spell is None),
        events=keys_of(event for spell in stated for event in spell.statements),
    )


def _state(stated: list[SpellState], every_open_line: bool) -> ConditionState:
    if not stated:
        return "not_stated"
    if any(not spell.open for spell in stated):
        return "not_met"
    return "met" if every_open_line or any(spell.line == WHOLE_ORDER for spell in stated) else "partly_met"


def _standing(facts: Facts, stated: list[SpellState], state: ConditionState, silence: Silences) -> ConditionStanding:
    """A line that is silent has none of them met; statements about lines that have left are in nobody's way."""
    not_met = any(not spell.open and spell.line not in facts.gone for spell in stated)
    if not_met or silence.in_the_way:
        return "in_the_way"
    return "met" if state == "met" and not silence.not_due else "not_yet_due"


def _deciding(stated: list[SpellState], state: ConditionState) -> SpellState | None:
    """The statement that speaks for all: the oldest that is not met, else the one that came last to be met."""
    if state == "not_met":
        return min((spell for spell in stated if not spell.open), key=lambda spell: (spell.since, spell.line))
    return max(stated, key=lambda spell: (spell.since, spell.line), default=None)
