"""Can a risk be taken at its word?"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from features.arrays import Floats
from training.evaluate.drift import failures_by_chance
from training.evaluate.evaluation import DAYS, MODEL, Evaluation
from training.metrics.bootstrap import LEVEL
from training.metrics.scores import reliability
from training.report.plots.drawing import (
    ACCENT,
    BAND,
    INK,
    PALE,
    add_legend,
    draw_sheet,
    percent_x,
    percent_y,
    set_heading,
)


def calibration_plot(evaluation: Evaluation) -> Figure:
    """Does a risk of 30 % fail in 30 % of the cases? With what chance alone would show, and how often it is said."""
    test, risk = evaluation.test, evaluation.risks[MODEL]
    said, came, _ = reliability(test.failed, risk, test.weight)
    low, high = chance_band(evaluation)
    figure, (top, bottom) = draw_sheet(2, height=4.6, heights=[3, 1], sharex=True)
    limit = min(1.0, 1.08 * float(max(said.max(), came.max(), high.max())))
    top.fill_between(said, low, high, color=BAND, linewidth=0, label="95 % of what chance shows if all are right")
    top.plot([0, limit], [0, limit], color=PALE, linestyle="--", label="said and came are the same")
    top.plot(said, came, "o-", color=ACCENT, label="a tenth of the test rows each")
    top.set(xlim=(0, limit), ylim=(0, limit), ylabel="share that failed")
    set_heading(top, "Do risks come true as often as they say?")
    add_legend(top, loc="upper left")
    bottom.hist(risk, bins=40, range=(0, limit), weights=test.weight, color=INK)
    bottom.set(xlabel="predicted risk of missed or partial", ylabel="decision points")
    percent_x(top)
    percent_y(top)
    return figure


def chance_band(evaluation: Evaluation) -> tuple[Floats, Floats]:
    """(n_bins,) between which the points of the curve lie in 95 % of cases if every risk is exactly right."""
    test, risk = evaluation.test, evaluation.risks[MODEL]
    drawn = np.array([reliability(failed, risk, test.weight)[1] for failed in failures_by_chance(test, risk)])
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def foretold_plot(evaluation: Evaluation) -> Figure | None:
    """Are the risks right far from the promise and close to it? Nothing where all orders were seen at one distance."""
    slices = evaluation.by_days
    if len(slices) < 2:
        return None
    figure, (axis,) = draw_sheet(height=2.9)
    place = np.arange(len(slices))
    came = [each.expected.came for each in slices]
    reach = [[e.value - e.low for e in came], [e.high - e.value for e in came]]
    axis.errorbar(place - 0.08, [e.value for e in came], yerr=reach, fmt="s", color=INK, capsize=3, label="failed")
    axis.plot(
        place + 0.08, [each.expected.foretold for each in slices], "o", color=ACCENT, label="foretold, on average"
    )
    axis.set(xlabel="days to the promise when looked at", ylabel="share of the orders", xlim=(-0.5, len(slices) - 0.5))
    axis.set_xticks(place, [each.name.removesuffix(DAYS) for each in slices])
    axis.set_ylim(bottom=0)
    set_heading(axis, "Are they right far from the promise, too?")
    percent_y(axis)
    add_legend(axis, loc="best")
    return figure
