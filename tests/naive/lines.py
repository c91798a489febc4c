"""How far each line is: its stage, since when, what is released, confirmed, and met."""

from __future__ import annotations

from dataclasses import dataclass

from tests.naive.commitments import Line, lines_after
from tests.naive.events import Events, prefixes
from tests.naive.standing import conditions, finished_operations


@dataclass(frozen=True)
class Stage:
    """Operations of a line that are finished, and since when that is so."""

    finished: int
    since: int


def open_lines(events: Events) -> list[Line]:
    return [line for line in lines_after(events) if line.is_open]


def stage(events: Events, line: str) -> Stage:
    """Where a line stands. Before its first change since its latest release, or creation if it has none."""
    finished, since = 0, _latest_start(events, line)
    for known in prefixes(events):
        now = len([operation for operation in finished_operations(known) if operation[0] == line])
        if now != finished:
            finished, since = now, known[-1].recorded_at
    return Stage(finished, since)


def _latest_start(events: Events, line: str) -> int:
    releases = [e.recorded_at for e in events if e.type == "production.released" and e.line in (None, line)]
    creations = [e.recorded_at for e in events if e.type == "order_line.created" and e.line == line]
    return (releases or creations)[-1]


def has_begun(events: Events, line: str) -> bool:
    """Whether work on the line, or on the whole order, was released or confirmed."""
    begins = ("production.released", "operation.confirmed")
    return any(e.type in begins and e.line in (None, line) for e in events)


def conditions_of_line(events: Events, line: str) -> list[str]:
    """Met or not met: its own conditions, and those of the whole order on which it has none of its own."""
    told = conditions(events)
    whole = {kind: statements[-1].state for (of, kind), statements in told.items() if of is None}
    own = {kind: statements[-1].state for (of, kind), statements in told.items() if of == line}
    return [str(state) for state in (whole | own).values()]


def is_ready(events: Events, line: str) -> bool:
    """Some condition is met and none is not."""
    stated = conditions_of_line(events, line)
    return "met" in stated and "not_met" not in stated
