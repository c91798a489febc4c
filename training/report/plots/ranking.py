"""Are the orders that fail at the top, and by how much is the model ahead?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.arrays import Floats
from training.data.labelled import LabelledPoints
from training.evaluate.evaluation import BASE_RATE, MODEL, Evaluation
from training.metrics.bootstrap import Estimate
from training.report.plots.drawing import (
    PALE,
    add_legend,
    draw_sheet,
    percent_x,
    percent_y,
    set_heading,
    set_title,
    style_of,
)

COMPARED = {
    "brier_skill": "Brier skill,\nmore is better",
    "average_precision": "average precision,\nmore is better",
    "roc_auc": "ROC AUC,\nmore is better",
    "calibration_error": "calibration error,\nless is better",
    "log_loss": "log loss in nats,\nless is better",
    "brier": "Brier score,\nless is better",
}


def comparison_plot(evaluation: Evaluation) -> Figure:
    """How far ahead of the baselines is the model? Every metric with its interval."""
    estimates = evaluation.whole.estimates
    figure, axes = draw_sheet(3, 2, height=6.0, sharey=True)
    for axis, (metric, title) in zip(axes, COMPARED.items(), strict=True):
        intervals(axis, {model: found[metric] for model, found in estimates.items()})
        set_heading(axis, title, small=True)
    return set_title(figure, "How far ahead of the baselines is the model?")


def intervals(axis: Axes, estimates: dict[str, Estimate]) -> None:
    """A line a model from the low to the high end, the figure on it; the first model at the top."""
    names = list(estimates)[::-1]
    for height, name in enumerate(names):
        colour, mark = style_of(name)
        found = estimates[name]
        axis.plot([found.low, found.high], [height, height], color=colour, linewidth=2)
        axis.plot([found.value], [height], mark, color=colour)
    axis.set(yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4))


def ranking_plot(evaluation: Evaluation) -> Figure:
    """Who looks at the riskiest orders first finds how many of the failures?"""
    figure, (axis,) = draw_sheet(height=3.6)
    for name, risk in evaluation.risks.items():
        if name != BASE_RATE:
            looked, caught = gains(evaluation.test, risk)
            axis.plot(looked, caught, label=name, color=style_of(name)[0], linewidth=2.4 if name == MODEL else 1.3)
    axis.plot([0, 1], [0, 1], color=PALE, linestyle="--", label="at random")
    axis.set(xlabel="share of the test rows looked at, riskiest first", ylabel="share of the failures among them")
    axis.set(xlim=(0, 1), ylim=(0, 1.01))
    set_heading(axis, "Are the orders that fail at the top?")
    percent_x(axis)
    percent_y(axis)
    add_legend(axis, loc="lower right")
    return figure


def gains(test: LabelledPoints, risk: Floats) -> tuple[Floats, Floats]:
    """Shares of the rows looked at and of the failures found so far, from the riskiest down; ties come at once."""
    by = np.argsort(-risk, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(risk[by])), len(by) - 1)
    weight, failed = test.weight, test.weight * test.failed
    looked, caught = (np.append(0, np.cumsum(part[by])[ends]) / part.sum() for part in (weight, failed))
    return looked, caught
