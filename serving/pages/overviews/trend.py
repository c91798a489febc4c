"""A trend over some weeks, the size of a word, and the bars of all weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from serving.pages.drawing import polyline_of

WIDTH, HEIGHT, MARGIN = 84.0, 24.0, 3.0
BARS_WIDTH, BARS_HEIGHT, LABELS = 700.0, 96.0, 16.0
"""Of the drawing of all weeks; so much of its height is for words at the top."""


class Trend(NamedTuple):
    """A line through the weeks; ``points`` are those of a polyline, the last one is ``end_x``, ``end_y``."""

    points: str
    end_x: float
    end_y: float
    rises: bool


def draw_trend(values: Sequence[float]) -> Trend | None:
    """The line of some weeks, the earliest first, from nothing to the most; ``None`` where there is nothing to draw.

    It rises where the last week has more than half as much again as the mean of those before.
    """
    most = max(values, default=0.0)
    if len(values) < 2 or most <= 0:
        return None
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    path = [
        (MARGIN + number * step, HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * value / most)
        for number, value in enumerate(values)
    ]
    before = sum(values[:-1]) / (len(values) - 1)
    return Trend(polyline_of(path), round(path[-1][0], 1), round(path[-1][1], 1), values[-1] > 1.5 * before)


@dataclass(frozen=True)
class WeekBar:
    """A week among others: what was added stands above the line, what was taken off below; in points of risk."""

    x: float
    width: float
    added_y: float
    added_height: float
    removed_height: float
    added: float
    removed: float
    label: str
    chosen: bool


@dataclass(frozen=True)
class WeekBars:
    """Bars of weeks from the left, and where the line between added and taken off runs."""

    bars: list[WeekBar]
    base: float


def draw_weeks(weeks: Sequence[tuple[str, float, float]]) -> WeekBars:
    """The bars of weeks: each its name, what was added, what was taken off (negative); the last is chosen."""
    most = max((max(added, -removed) for _, added, removed in weeks), default=0.0) or 1.0
    half, slot = (BARS_HEIGHT - 2 * LABELS) / 2, BARS_WIDTH / max(len(weeks), 1)
    base = LABELS + half
    bars = []
    for number, (label, added, removed) in enumerate(weeks):
        up, down = half * added / most, half * -removed / most
        bars.append(
            WeekBar(
                x=round(number * slot + 0.2 * slot, 1), width=round(0.6 * slot, 1), added_y=round(base - up, 1),
                added_height=round(up, 1), removed_height=round(down, 1), added=added, removed=removed, label=label,
                chosen=number == len(weeks) - 1,
            )
        )  # fmt: skip
    return WeekBars(bars, base)
