"""Plots of one evaluation that answer one question each."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from training.evaluation import MODEL, Evaluation
from training.metrics import METRICS, reliability
from training.model import RiskModel

INK, ACCENT, PALE = "#1f2933", "#c2410c", "#9aa5b1"


def calibration_plot(evaluation: Evaluation) -> Figure:
    """Does a risk of 30 % fail in 30 % of the cases? With the number of orders behind each point."""
    test, risk = evaluation.test, evaluation.risks[MODEL]
    mean_risk, share, size = reliability(test.failed, risk, test.weight)
    error = np.sqrt(np.maximum(share * (1 - share), 1e-4) / np.maximum(size, 1))
    figure, (top, bottom) = _figure(2, heights=[3, 1], sharex=True)
    limit = min(1.0, 1.15 * max(float(mean_risk.max()), float((share + error).max())))
    top.plot([0, limit], [0, limit], color=PALE, linestyle="--", label="perfect")
    top.errorbar(mean_risk, share, yerr=error, fmt="o-", color=ACCENT, capsize=3, label="a tenth of the orders each")
    top.set(xlim=(0, limit), ylim=(0, limit), ylabel="share that failed", title="Calibration on later orders")
    top.legend(frameon=False, loc="upper left")
    bottom.hist(risk, bins=40, range=(0, limit), weights=test.weight, color=INK)
    bottom.set(xlabel="predicted risk of missed or partial", ylabel="orders")
    return figure


def comparison_plot(evaluation: Evaluation) -> Figure:
    """How far ahead of the baselines is the model? Every metric with its interval."""
    names = list(evaluation.whole.estimates)
    figure, axes = _figure(1, len(METRICS), width=15, height=3.2)
    for axis, metric in zip(axes, METRICS, strict=True):
        for height, name in enumerate(reversed(names)):
            estimate = evaluation.whole.estimates[name][metric]
            color = ACCENT if name == MODEL else INK
            axis.plot([estimate.low, estimate.high], [height, height], color=color, linewidth=2)
            axis.plot([estimate.value], [height], "o", color=color)
        axis.set(title=metric.replace("_", " "), yticks=range(len(names)), ylim=(-0.6, len(names) - 0.4))
        axis.set_yticklabels(names[::-1] if axis is axes[0] else [""] * len(names))
    return figure


def ranking_plot(evaluation: Evaluation) -> Figure:
    """Who looks at the riskiest orders first finds how many of the failures?"""
    test = evaluation.test
    figure, (axis,) = _figure(1)
    for name, risk in evaluation.risks.items():
        if name == "base rate":
            continue
        by = np.argsort(-risk, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(risk[by])), len(by) - 1)
        looked = np.append(0, np.cumsum(test.weight[by])[ends]) / test.weight.sum()
        caught = np.append(0, np.cumsum((test.weight * test.failed)[by])[ends]) / np.sum(test.weight * test.failed)
        style: dict[str, Any] = {"color": ACCENT, "linewidth": 2.5} if name == MODEL else {"linewidth": 1.2}
        axis.plot(looked, caught, label=name, **style)
    axis.plot([0, 1], [0, 1], color=PALE, linestyle="--", label="at random")
    axis.set(xlabel="share of orders looked at, riskiest first", ylabel="share of failures among them")
    axis.set(title="Failures caught", xlim=(0, 1), ylim=(0, 1.01))
    axis.legend(frameon=False, loc="lower right")
    return figure


def importance_plot(model: RiskModel, evaluation: Evaluation, most: int = 20) -> Figure:
    """Which signals move the risk of later orders, and by how much on average?"""
    mean = np.abs(model.explain(evaluation.test.signals).contributions).mean(axis=0)
    by = np.argsort(mean)[-most:]
    by = by[mean[by] > 0]
    figure, (axis,) = _figure(1, height=1.5 + 0.3 * len(by))
    axis.barh([model.names[i] for i in by], mean[by], color=ACCENT)
    axis.set(xlabel="mean absolute contribution, log-odds", title="Signals that matter")
    return figure


def _figure(
    rows: int, columns: int = 1, *, width: float = 7.5, height: float = 6.0, **layout: Any
) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    ratios = layout.pop("heights", None)
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=ratios, **layout)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(colors=INK)
        axis.grid(color="#e4e7eb", linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, list(axes.flat)
