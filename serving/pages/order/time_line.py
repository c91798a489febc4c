"""Risk over time as stored scores have it, with the events that came between two of them and the decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from features.times import DAY, micros
from serving.pages.drawing import Risks, polyline_of
from serving.pages.locale.texts import ngettext
from serving.pages.wording import PlantClock, points, shown_change, step_of

WIDTH, HEIGHT, MARGIN = 760.0, 132.0, 4.0
MOST_MARKS, LEAST_POINTS = 4, 0.02
"""So many jumps are named, of those that move the risk by so much; the page of what moved it has them all."""
MOST_TICKS = 8
LETTER = 6.5
"""Width of a letter, about."""
MOVED_BY = ("event", "import")
"""Causes of a score that is made because events came in."""


class Mark(NamedTuple):
    """Something on the time line, and where its text stands."""

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
    """Risk over time in steps, the jumps that events made, decisions, days, and where the promise lies."""

    points: str
    marks: list[Mark]
    decisions: list[Mark]
    ticks: list[Tick]
    step: int
    promise: float | None


class Jump(NamedTuple):
    """What events did to the risk: when, by how much, and to what."""

    at: int
    points: float
    risk: float
    what: str


@dataclass(frozen=True)
class TimeScale:
    """Moments and risks as coordinates."""

    begin: int
    end: int

    def x(self, moment: int) -> float:
        """From the left."""
        return round(WIDTH * min(max((moment - self.begin) / (self.end - self.begin), 0.0), 1.0), 1)

    def y(self, risk: float) -> float:
        """From the top."""
        return round(MARGIN + (HEIGHT - 2 * MARGIN) * (1 - risk), 1)


def draw_time_line(
    scores: Sequence[dict[str, Any]],
    events: Sequence[dict[str, Any]],
    decisions: Sequence[dict[str, Any]],
    due_at: str | None,
    clock: PlantClock,
) -> TimeLine | None:
    """The time line of an order, ``None`` where it has never had a risk. ``scores`` are the latest first."""
    risks = [(micros(score["as_of"]), score["risk"]) for score in reversed(scores) if score["risk"] is not None]
    if not risks:
        return None
    due = None if due_at is None else micros(due_at)
    scale = _scale(risks, due, clock.now)
    jumps = sorted(find_jumps(scores, events), key=lambda jump: -abs(jump.points))[:MOST_MARKS]
    made = [micros(one["recorded_at"]) for one in decisions]
    return TimeLine(
        points=_path(risks, scale, clock.now),
        marks=_marks([jump for jump in jumps if abs(jump.points) >= LEAST_POINTS], scale),
        decisions=[
            Mark(scale.x(at), HEIGHT, one["kind"], "middle", HEIGHT)
            for one, at in zip(decisions, made, strict=True)
            if at >= scale.begin
        ],
        ticks=_ticks(scale, clock),
        step=step_of(risks[-1][1]),
        promise=scale.x(due) if due is not None and scale.begin <= due <= scale.end else None,
    )


def find_jumps(scores: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> list[Jump]:
    """What the risk did between two stored scores of which the later was made for events, and what these were."""
    jumps = []
    for later, earlier in pairwise(scores):
        if later["cause"] not in MOVED_BY or later["risk"] is None or earlier["risk"] is None:
            continue
        between = [one["what"] for one in events if earlier["as_of"] < one["recorded_at"] <= later["as_of"]]
        kinds = list(dict.fromkeys(reversed(between)))
        many = ngettext("%(number)s event", "%(number)s events", len(between))
        what = kinds[0] if len(kinds) == 1 else many
        if kinds:
            by = shown_change(earlier["risk"], later["risk"]) or 0.0
            jumps.append(Jump(micros(later["as_of"]), by, later["risk"], what))
    return jumps


def _scale(risks: Risks, due: int | None, now: int) -> TimeScale:
    """From the first score, at least a day before now, to the promise where that is not far off."""
    begin, end = min(risks[0][0], now - DAY), max(now, risks[-1][0])
    return TimeScale(begin, max(end, min(due, now + (now - begin))) if due else end)


def _path(risks: Risks, scale: TimeScale, now: int) -> str:
    path: list[tuple[float, float]] = []
    for moment, risk in risks:
        path += [(scale.x(moment), path[-1][1])] if path else []
        path.append((scale.x(moment), scale.y(risk or 0.0)))
    path.append((scale.x(now), path[-1][1]))
    return polyline_of(path)


def _marks(jumps: Sequence[Jump], scale: TimeScale) -> list[Mark]:
    """The jumps from the left, each text where no other one stands."""
    marks: list[Mark] = []
    taken: list[tuple[float, float, float]] = []
    for jump in sorted(jumps):
        x, y, text = scale.x(jump.at), scale.y(jump.risk), f"{jump.what} {points(jump.points)}"
        left_of_it = x > WIDTH / 2
        width = LETTER * len(text)
        left = x - width if left_of_it else x
        places = (y - 8 if y > 20 else y + 16, y + 18, y + 32, y - 22, y + 46)
        free = (at for at in places if 8 < at < HEIGHT and not _collides(left, width, at, taken))
        label_y = next(free, places[0])
        taken.append((left, width, label_y))
        marks.append(Mark(x, y, text, "end" if left_of_it else "start", label_y))
    return marks


def _collides(left: float, width: float, y: float, taken: Sequence[tuple[float, float, float]]) -> bool:
    return any(abs(y - at) < 12 and left < other + wide and other < left + width for other, wide, at in taken)


def _ticks(scale: TimeScale, clock: PlantClock) -> list[Tick]:
    days = (scale.end - scale.begin) // DAY + 1
    first = scale.end - (scale.end - scale.begin) // DAY * DAY
    moments = range(first, scale.end + 1, -(-days // MOST_TICKS) * DAY)
    return [Tick(scale.x(moment), clock.tick(moment)) for moment in moments]
