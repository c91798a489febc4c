"""Coordinates of the drawings; the templates draw them, without a style that a strict policy would refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from features.times import DAY
from serving.pages.wording import shown_change, step_of

Risks = Sequence[tuple[int, float | None]]
TRACE_DAYS = 10
"""So many days of risk stand beside an order in the list."""
TRACE_WIDTH, TRACE_HEIGHT, TRACE_MARGIN = 72.0, 20.0, 2.5


class RiskTrace(NamedTuple):
    """A line the size of a word: a risk over the last days, in steps. ``points`` are those of a polyline."""

    points: str
    end_x: float
    end_y: float
    step: int


def draw_trace(risks: Risks, now: int) -> RiskTrace | None:
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
    end_x, end_y = path[-1]
    return RiskTrace(polyline_of(path), round(end_x, 1), round(end_y, 1), step_of(known[-1][1]))


def change_since(risks: Risks, moment: int) -> float | None:
    """The latest risk less that at a moment, as both are shown; ``None`` where there was none yet."""
    before = [risk for at, risk in risks if at <= moment]
    return shown_change(before[-1], risks[-1][1]) if before else None


def polyline_of(path: Sequence[tuple[float, float]]) -> str:
    """Points, of one decimal, without those that lie on the way from one to the next."""
    path = [(round(x, 1), round(y, 1)) for x, y in path]
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
