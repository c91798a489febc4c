"""Why does an order have its risk? From the base risk to the risk shown, a step a reason or a signal."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from features.arrays import Floats
from features.catalogue.registry import catalogue
from features.catalogue.topics import FIXED
from features.errors import InvalidRequest
from training.contributions.contributions import Contributions
from training.explanation.topics import LEVEL_TOPIC
from training.report.plots.drawing import (
    ACCENT,
    BAND,
    BLUE,
    INK,
    PALE,
    SIZE,
    axes_for,
    escape_dollar,
    percent_x,
    set_heading,
    signed_points,
)

LETTERS = 58
"""So many letters of a sentence stand in one line."""
LINE, GAP, FRAME = 0.15, 0.17, 0.95
"""Inches: a line of words, the room between two steps, and what stands above and below them."""
BAR = 0.24
"""Inches, the height of a bar."""
BASE, RISK, LEVEL = "before anything is known of the order", "all of it together", "the level of the plant"
OTHERS = ""
"""The topic of what has several."""


@dataclass(frozen=True)
class WaterfallStep:
    """What one topic or signal adds to the risk, in probability, and its words."""

    topic: str
    text: str
    points: float

    @property
    def colour(self) -> str:
        """Warm for what raises the risk, calm for what lowers it, grey for what nobody can change today."""
        if self.topic == FIXED:
            return PALE
        return ACCENT if self.points > 0 else BLUE


def waterfall(reasons: pd.DataFrame | Contributions, order: Hashable, *, most: int = 8, ax: Axes | None = None) -> Axes:
    """The steps that lead from the base risk to the risk of one order; their points add up in front of the eyes.

    The first bar is the base risk, the last the risk; between them each begins where the one above it ends.

    Parameters
    ----------
    reasons : the rows of ``reason_table``, for a step a reason in words; or ``Contributions``, for a step a signal.
        What nobody can change today comes last, in grey
    order : its ``order_id``; for ``Contributions``, the label of the row in their index
    most : so many signals have a step of their own, the others share one; reasons all have their own
    ax : where to draw; a figure of its own if not given

    Raises
    ------
    InvalidRequest : for an order that is not there, or not once
    """
    if isinstance(reasons, pd.DataFrame):
        base, risk, steps = _of_reasons(reasons, order)
    else:
        base, risk, steps = _of_row(reasons, order, most)
    rows = [_lines(words) for words in (BASE, *(step.text for step in steps), RISK)]
    heights = np.array([GAP + LINE * (text.count("\n") + 1) for text in rows])
    axis = axes_for(ax, width=8.4, height=FRAME + heights.sum())
    at = np.cumsum(heights) - heights / 2
    _draw_bars(axis, at, base, risk, steps)
    axis.set_yticks(at, rows, fontsize=SIZE - 0.5)
    axis.set_ylim(heights.sum(), 0)
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel("risk; beside each bar what it adds, in points of 100")
    axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= 1])
    percent_x(axis)
    set_heading(axis, escape_dollar(f"Why is the risk of {order} {100 * risk:.1f} %?"))
    return axis


def _draw_bars(axis: Axes, at: Floats, base: float, risk: float, steps: list[WaterfallStep]) -> None:
    """The bars, and beside each its topic and points."""
    points = np.array([step.points for step in steps])
    ends = base + np.cumsum(points)
    begins = ends - points
    axis.barh(at[:1], [base], color=BAND, height=BAR)
    axis.barh(at[1:-1], points, left=begins, color=[step.colour for step in steps], height=BAR)
    axis.barh(at[-1:], [risk], color=INK, height=BAR)
    axis.vlines([base, *ends], at[:-1] - BAR / 2, at[1:] + BAR / 2, color=PALE, linewidth=0.8)
    _word(axis, base, at[0], f"base risk {100 * base:.1f}")
    for step, place, begin, end in zip(steps, at[1:-1], begins, ends, strict=True):
        _word(axis, max(begin, end), place, f"{step.topic} {signed_points(step.points)}".strip())
    _word(axis, risk, at[-1], f"risk {100 * risk:.1f}", fontweight="bold")
    axis.set_xlim(0, max(base, risk, *ends, 0.05) * 1.22)


def _word(axis: Axes, x: float, y: float, text: str, **style: Any) -> None:
    axis.annotate(
        escape_dollar(text), (x, y), (4, 0), textcoords="offset points", va="center", color=INK, fontsize=SIZE, **style
    )


def _of_reasons(table: pd.DataFrame, order: Hashable) -> tuple[float, float, list[WaterfallStep]]:
    own = table[table["order_id"] == order]
    if own.empty:
        raise InvalidRequest(f"the order must be in the table of reasons, got {order!r}")
    steps = [WaterfallStep(*row) for row in own[["topic", "text", "points"]].itertuples(index=False)]
    return float(own["base_risk"].iloc[0]), float(own["risk"].iloc[0]), _fixed_last(steps)


def _of_row(found: Contributions, row: Hashable, most: int) -> tuple[float, float, list[WaterfallStep]]:
    """The strongest signals, the others, and the level of the plant."""
    rows = np.flatnonzero(found.risk.index == row)
    if len(rows) != 1:
        raise InvalidRequest(f"the order must be one row of the contributions, got {len(rows)} of {row!r}")
    at, known = int(rows[0]), catalogue()
    points, values = found.points.iloc[at], found.signals.iloc[at]
    ranked = points[points != 0].sort_values(key=np.abs, ascending=False, kind="stable")
    named = zip(ranked.index[:most].astype(str), ranked.iloc[:most].tolist(), strict=True)
    steps = [
        WaterfallStep(known[name].topic, f"{known[name].sentence(float(values[name]))} ({name})", added)
        for name, added in named
    ]
    others, level = ranked.iloc[most:], float(found.level_points.iloc[at])
    if len(others):
        steps.append(WaterfallStep(OTHERS, f"{len(others)} other signals", float(others.sum())))
    if level:
        steps.append(WaterfallStep(LEVEL_TOPIC, LEVEL, level))
    return found.base_risk, float(found.risk.iloc[at]), _fixed_last(steps)


def _fixed_last(steps: list[WaterfallStep]) -> list[WaterfallStep]:
    return sorted(steps, key=lambda step: step.topic == FIXED)


def _lines(text: str) -> str:
    """As few lines as there can be, about equally long."""
    fewest = len(wrap(text, LETTERS))
    width = next(letters for letters in range(LETTERS // 3, LETTERS + 1) if len(wrap(text, letters)) <= fewest)
    return "\n".join(escape_dollar(line) for line in wrap(text, width))
