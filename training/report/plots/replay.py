"""How did the models of a backtest hold over time?"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.times import DAY, micros
from training.evaluate.backtest import Stretch
from training.evaluate.drift import LARGE_SHIFT
from training.evaluate.evaluation import BASE_RATE, MODEL
from training.report.plots.drawing import (
    ACCENT,
    INK,
    PALE,
    add_legend,
    draw_sheet,
    percent_y,
    set_heading,
    show_dates,
    style_of,
)

LITTLE = 0.1
"""A stability index below says that nothing much has moved."""
ROOM = 0.4
"""Above the lines, for the names of all models, as a share of their height."""


def skill_plot(stretches: list[Stretch]) -> Figure | None:
    """Was each model better than its baselines, until the next? Nothing where no stretch has matured."""
    slices = [(_middle(stretch), stretch.slice) for stretch in stretches if stretch.slice is not None]
    if not slices:
        return None
    figure, (axis,) = draw_sheet(height=3.6)
    axis.axhline(0, color=PALE, linestyle="--", linewidth=1)
    days = [day for day, _ in slices]
    for model in slices[0][1].estimates:
        if model != BASE_RATE:
            colour, mark = style_of(model)
            found = [each.estimates[model]["brier_skill"] for _, each in slices]
            width = 2.2 if model == MODEL else 1.2
            axis.plot(
                days, [e.value for e in found], mark + "-", color=colour, linewidth=width, markersize=4, label=model
            )
            if model == MODEL:
                axis.vlines(days, [e.low for e in found], [e.high for e in found], color=colour, linewidth=1)
    axis.set(ylabel="Brier skill over the base rate")
    bottom, top = axis.get_ylim()
    axis.set_ylim(bottom, top + ROOM * (top - bottom))
    return _over_time(axis, figure, "Was it better than what there was?", stretches, ncols=2)


def came_plot(stretches: list[Stretch]) -> Figure | None:
    """Did as many orders fail as were foretold? Nothing where no stretch has matured."""
    found = [(_middle(stretch), stretch.expected) for stretch in stretches if stretch.expected is not None]
    if not found:
        return None
    figure, (axis,) = draw_sheet(height=3.2)
    days, came = [day for day, _ in found], [expected.came for _, expected in found]
    reach = [[e.value - e.low for e in came], [e.high - e.value for e in came]]
    axis.errorbar(days, [e.value for e in came], yerr=reach, fmt="s", color=INK, capsize=3, label="failed")
    axis.plot(days, [expected.foretold for _, expected in found], "o-", color=ACCENT, label="foretold")
    axis.set(ylabel="share of the matured rows")
    axis.set_ylim(0, 1.12 * axis.get_ylim()[1])
    percent_y(axis)
    return _over_time(axis, figure, "Did as many fail as were foretold?", stretches)


def drift_plot(stretches: list[Stretch]) -> Figure:
    """Had the orders moved away from what each model had learned from?"""
    figure, (axis,) = draw_sheet(height=3.2)
    days = [_middle(stretch) for stretch in stretches]
    signals = [float(np.median([index for _, index in stretch.drift.signals] or [np.nan])) for stretch in stretches]
    axis.plot(days, [stretch.drift.scores for stretch in stretches], "o-", color=ACCENT, label="risks")
    axis.plot(days, signals, "^-", color=INK, linewidth=1.2, label="signals, the middle one of those that weigh")
    for level, said in ((LITTLE, "little"), (LARGE_SHIFT, "a lot")):
        axis.axhline(level, color=PALE, linestyle="--", linewidth=1)
        axis.text(
            1.0, level, said, color=INK, fontsize=8, ha="right", va="bottom", transform=axis.get_yaxis_transform()
        )
    axis.set(ylabel="population stability index")
    axis.set_ylim(0, max(axis.get_ylim()[1], 1.4 * LARGE_SHIFT))
    return _over_time(axis, figure, "Had the orders moved away from those before?", stretches)


def _middle(stretch: Stretch) -> float:
    return (micros(stretch.trained_at) + micros(stretch.until)) / 2 / DAY


def _over_time(axis: Axes, figure: Figure, title: str, stretches: list[Stretch], **legend: Any) -> Figure:
    axis.set_xlim(micros(stretches[0].trained_at) / DAY, micros(stretches[-1].until) / DAY)
    show_dates(axis)
    set_heading(axis, title)
    add_legend(axis, loc="best", **legend)
    return figure
