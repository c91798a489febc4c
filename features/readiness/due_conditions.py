"""When silence about the shipping conditions of a line is in the way: once its usual pack time has begun."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from features.readiness.blockers import Blocker, Facts
from features.readiness.inferred_blockers import silent_blocker
from features.readiness.naming import at_line
from features.readiness.planned_work import not_made
from features.readiness.statements import KnownLine, SpellState
from features.times import DAY


class Silences(NamedTuple):
    """Lines of which nobody says that a condition is met: in the way, or not due yet."""

    in_the_way: list[Blocker]
    not_due: list[Blocker]


def silences(facts: Facts, conditions: list[SpellState], pack_time: int) -> Silences:
    """One a silent line to ship; where its work goes on, that is what is in the way.

    Parameters
    ----------
    pack_time : microseconds before its promise from when a line is to be packed
    """
    in_the_way, not_due = [], []
    for line in facts.open_lines:
        silent = silent_blocker(facts, line, conditions)
        if silent is None:
            continue
        due_from = None if line.promise is None else line.promise - pack_time
        if due_from is None or due_from > facts.as_of:
            not_due.append(replace(silent, sentence=_sentence(facts, line, due_from, pack_time), due_from=due_from))
        else:
            in_the_way.append(not_made(facts, line) or silent)
    return Silences(in_the_way, not_due)


def _sentence(facts: Facts, line: KnownLine, due_from: int | None, pack_time: int) -> str:
    where = at_line(facts.language, "for", line.id)
    if due_from is None:
        return facts.say("conditions.unpromised", line=where)
    day, distance = facts.dates.day(due_from, time=False), facts.dates.distance(due_from)
    time = facts.language.duration(pack_time / DAY)
    return facts.say("conditions.not_due", line=where, day=day, distance=distance, time=time)
