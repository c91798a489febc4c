"""How far each line is: its stage, since when, what is released, confirmed, and met."""

from __future__ import annotations

from dataclasses import dataclass

from tests.naive.commitments import Line, lines_after
from tests.naive.events import Events, of_instalments, prefixes
from tests.naive.standing import conditions, line_things


@dataclass(frozen=True)
class Stage:
    """Operations of a line that are finished, since when that is so, and whether its work has begun."""

    finished: int
    since: int
    begun: bool

    @property
    def number(self) -> int:
        """0 before the work begins, then one more than the operations finished."""
        return self.finished + 1 if self.begun else 0


def open_lines(events: Events) -> list[Line]:
    return [line for line in lines_after(events) if line.is_open]


def stage(events: Events, line: str) -> Stage:
    """Where a line stands. Before its first change since its latest release, or creation if it has none."""
    finished, since = 0, _latest_start(events, line)
    for known in prefixes(events):
        now = operations_of_line(known, line)
        if now != finished:
            finished, since = now, known[-1].recorded_at
    return Stage(finished, since, has_begun(events, line))


def operations_of_line(events: Events, line: str) -> int:
    """Its own operations that are finished, and those of the whole order of which it says nothing itself."""
    confirmed = [e for e in of_instalments(events, line) if e.type == "operation.confirmed"]
    told = line_things(e for e in confirmed if e.state in ("final", "partial"))
    whole = {name: statements[-1].state for (of, name), statements in told.items() if of is None}
    own = {name: statements[-1].state for (of, name), statements in told.items() if of == line}
    return sum(state == "final" for state in (whole | own).values())


def _latest_start(events: Events, line: str) -> int:
    releases = [
        e.recorded_at for e in of_instalments(events) if e.type == "production.released" and e.line in (None, line)
    ]
    creations = [e.recorded_at for e in events if e.type == "order_line.created" and e.line == line]
    return (releases or creations)[-1]


def has_begun(events: Events, line: str) -> bool:
    """Whether work on the line, or on the whole order, was released or confirmed."""
    begins = ("production.released", "operation.confirmed")
    return any(e.type in begins and e.line in (None, line) for e in of_instalments(events))


def conditions_of_line(events: Events, line: str) -> dict[str, str]:
    """Met or not met by kind: its own conditions, and those of the whole order on which it has none of its own."""
    told = conditions(of_instalments(events))
    whole = {kind: statements[-1].state for (of, kind), statements in told.items() if of is None}
    own = {kind: statements[-1].state for (of, kind), statements in told.items() if of == line}
    return {str(kind): str(state) for kind, state in (whole | own).items()}


def is_ready(events: Events, line: str) -> bool:
    """Some condition of the goods (not the carrier) is met and none is not."""
    stated = conditions_of_line(events, line)
    return "not_met" not in stated.values() and any(s == "met" for kind, s in stated.items() if kind != "carrier")
