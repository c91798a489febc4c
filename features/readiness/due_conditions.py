"""When silence about the shipping conditions of a line is in the way: once its usual pack time has begun."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import NamedTuple

from features.readiness.blockers import Blocker, Facts
from features.readiness.inferred_blockers import silent_blocker
from features.readiness.naming import list_lines
from features.readiness.planned_work import not_made
from features.readiness.statements import SpellState
from features.times import DAY


class Silences(NamedTuple):
    """Lines of which nobody says that a condition is met: in the way, or not due yet."""

    in_the_way: list[Blocker]
    not_due: list[Blocker]


def silences(facts: Facts, conditions: list[SpellState], pack_time: int) -> Silences:
    """One a silent line to ship; where its work goes on, that is what is in the way. Lines due alike are one.

    Parameters
    ----------
    pack_time : microseconds before its promise from when a line is to be packed
    """
    in_the_way: list[Blocker] = []
    later: dict[int | None, list[Blocker]] = defaultdict(list)
    for line in facts.open_lines:
        silent = silent_blocker(facts, line, conditions)
        if silent is None:
            continue
        due_from = None if line.promise is None else line.promise - pack_time
        if due_from is None or due_from > facts.as_of:
            later[due_from].append(silent)
        else:
            in_the_way.append(not_made(facts, line) or silent)
    return Silences(in_the_way, [_not_due(facts, found, due, pack_time) for due, found in later.items()])


def _not_due(facts: Facts, found: list[Blocker], due_from: int | None, pack_time: int) -> Blocker:
    """Silences about lines that are to be packed from the same moment; since when, where that is of all of them."""
    lines = tuple(line for one in found for line in one.lines)
    return replace(
        found[0],
        sentence=_sentence(facts, lines, due_from, pack_time),
        since=found[0].since if len({one.since for one in found}) == 1 else None,
        lines=lines,
        events=tuple(dict.fromkeys(event for one in found for event in one.events)),
        due_from=due_from,
    )


def _sentence(facts: Facts, lines: tuple[str | None, ...], due_from: int | None, pack_time: int) -> str:
    where = facts.say("for", lines=list_lines(facts.language, lines)) if any(lines) else ""
    if due_from is None:
        return facts.say("conditions.unpromised", line=where)
    day, distance = facts.dates.day(due_from, time=False), facts.dates.distance(due_from)
    time = facts.language.duration(pack_time / DAY)
    return facts.say("conditions.not_due", line=where, day=day, distance=distance, time=time)
