"""Coordinates of the drawings; the templates draw them, without a style that a strict policy would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from features.times import DAY, micros
from serving.pages.wording import PlantClock, step_of

Risks = Sequence[tuple[int, float | None]]
TRACE_DAYS = 10
"""So many days of risk stand beside an order in the list."""
TRACE_WIDTH, TRACE_HEIGHT, TRACE_MARGIN = 72.0, 20.0, 2.5
LINE_WIDTH, LINE_HEIGHT = 760.0, 132.0


class Trace(NamedTuple):
    """A line the size of a word: a risk over the last days, in steps. ``points`` are those of a polyline."""

    points: str
    end_x: float
    end_y: float
    step: int


def draw_trace(risks: Risks, now: int) -> Trace | None:
    """The trace of an order, ``None`` where there is but one score to draw."""
    known = [(moment, risk) for moment, risk in risks if risk is not None]
    if len(known) < 2:
        return None
    begin, width = now - TRACE_DAYS * DAY, TRACE_WIDTH - 2 * TRACE_MARGIN
    path: list[tuple[float, float]] = []
    for moment, risk in known:
        x = TRACE_MARGIN + width * min(max((moment - begin) / (now - begin), 0.0), 1.0)
        y = TRACE_MARGIN + (TRACE_HEIGHT - 2 * TRACE_MARGIN) * (1 - risk)
        path += [(x, path[-1][1])] if path else []
        path.append((x, y))
    path.append((TRACE_WIDTH - TRACE_MARGIN, path[-1][1]))
    return Trace(_joined(path), *path[-1], step_of(known[-1][1]))


def change_since(risks: Risks, moment: int) -> float | None:
    """The latest risk less that at a moment; ``None`` where there was none yet."""
    before = [risk for at, risk in risks if at <= moment]
    if not before or not risks or before[-1] is None or risks[-1][1] is None:
        return None
    return risks[-1][1] - before[-1]


def _joined(path: Sequence[tuple[float, float]]) -> str:
    """Points without those that lie on the way from one to the next."""
    kept = [
        point for i, point in enumerate(path)
        if not 0 < i < len(path) - 1 or not (path[i - 1][1] == point[1] == path[i + 1][1])
    ]  # fmt: skip
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in kept)


@dataclass(frozen=True)
class Fall:
    """A step of the waterfall: where it begins, where it ends, and the bar between, in percents of the width."""

    points: float
    begin: float
    end: float

    @property
    def left(self) -> float:
        return round(100 * min(max(min(self.begin, self.end), 0.0), 1.0), 2)

    @property
    def width(self) -> float:
        """Never so thin that it is not seen."""
        return round(max(100 * abs(self.end - self.begin), 0.6), 2)


def draw_waterfall(base: float, points: Sequence[float]) -> list[Fall]:
    """Each step from the end of the one before; probabilities.

    >>> [(fall.left, fall.width) for fall in draw_waterfall(0.25, [0.5, -0.25])]
    [(25.0, 50.0), (50.0, 25.0)]
    """
    falls, at = [], base
    for one in points:
        falls.append(Fall(one, at, at + one))
        at += one
    return falls


class Mark(NamedTuple):
    """Something on the time line: an event or a decision."""

    x: float
    y: float
    text: str
    anchor: str
    label_y: float


class Tick(NamedTuple):
    """A day below the time line."""

    x: float
    text: str


@dataclass(frozen=True)
class TimeLine:
    """Risk over time in steps, what moved it, and the days."""

    points: str
    marks: list[Mark]
    decisions: list[Mark]
    ticks: list[Tick]
    step: int
    promise: float | None


def draw_time_line(
    risks: Risks,
    steps: Sequence[dict[str, Any]],
    decisions: Sequence[dict[str, Any]],
    due_at: str | None,
    clock: PlantClock,
) -> TimeLine | None:
    """The time line of an order, ``None`` where it has never had a risk. ``steps`` are those of its change."""
    known = [(moment, risk) for moment, risk in risks if risk is not None]
    if not known:
        return None
    begin, end = min(known[0][0], clock.now - DAY), max(clock.now, known[-1][0])
    due = None if due_at is None else micros(due_at)
    end = max(end, min(due, clock.now + (clock.now - begin) // 2)) if due else end
    scale = _Scale(begin, end)
    path: list[tuple[float, float]] = []
    for moment, risk in known:
        path += [(scale.x(moment), path[-1][1])] if path else []
        path.append((scale.x(moment), scale.y(risk)))
    path.append((scale.x(clock.now), path[-1][1]))
    marks = [_mark(step, scale) for step in _largest(steps) if micros(step["at"]) >= begin]
    made = [
        Mark(scale.x(micros(one["recorded_at"])), LINE_HEIGHT, one["kind"], "middle", LINE_HEIGHT)
        for one in decisions
        if micros(one["recorded_at"]) >= begin
    ]
    promise = scale.x(due) if due is not None and begin <= due <= end else None
    return TimeLine(_joined(path), marks, made, _ticks(scale, clock), step_of(known[-1][1]), promise)


MOST_MARKS = 4


def _largest(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    events = [step for step in steps if step["step"] == "event" and abs(step["points"]) >= 0.02]
    return sorted(events, key=lambda step: -abs(step["points"]))[:MOST_MARKS]


def _mark(step: dict[str, Any], scale: _Scale) -> Mark:
    x, y = scale.x(micros(step["at"])), scale.y(step["after"] if step["after"] is not None else 0.0)
    anchor = "end" if x > LINE_WIDTH / 2 else "start"
    return Mark(x, y, f"{step['what']} {100 * step['points']:+.0f}".replace("-", "−"), anchor, max(y - 7, 9.0))


@dataclass(frozen=True)
class _Scale:
    begin: int
    end: int

    def x(self, moment: int) -> float:
        return round(LINE_WIDTH * min(max((moment - self.begin) / (self.end - self.begin), 0.0), 1.0), 1)

    def y(self, risk: float) -> float:
        return round(4 + (LINE_HEIGHT - 8) * (1 - risk), 1)


def _ticks(scale: _Scale, clock: PlantClock) -> list[Tick]:
    """At most eight days."""
    days = (scale.end - scale.begin) // DAY + 1
    every = -(-days // 8)
    first = scale.end - (scale.end - scale.begin) // DAY * DAY
    moments = range(first, scale.end + 1, every * DAY)
    return [Tick(scale.x(moment), clock.dates.day(moment, time=False)) for moment in moments]
