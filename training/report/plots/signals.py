"""Which signals move the risk, and which way?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from features.arrays import Floats
from features.catalogue.registry import catalogue
from training.evaluate.importance import SignalImportance
from training.report.plots.drawing import ACCENT, BAND, INK, PALE, draw_sheet, escape_dollar, set_heading, set_title

BINS = 12
STRONGEST = 6


def importance_plot(importance: SignalImportance, most: int = 20) -> Figure:
    """Which signals move the risk of later orders, and by how much on average?"""
    strongest = importance.strongest(most)
    figure, (axis,) = draw_sheet(height=1.0 + 0.19 * len(strongest))
    axis.barh(
        [escape_dollar(name) for name in reversed(strongest)],
        [importance.mean[n] for n in reversed(strongest)],
        color=ACCENT,
    )
    axis.set(xlabel="mean absolute contribution, log-odds")
    axis.grid(axis="y", visible=False)
    axis.margins(y=0.01)
    return set_title(figure, "Which signals move the risk?")


def dependence_plot(importance: SignalImportance, most: int = STRONGEST) -> Figure | None:
    """Which way does each of the strongest signals move the risk? Nothing where none does."""
    names = importance.strongest(most)
    if not names:
        return None
    rows = -(-len(names) // 2)
    figure, axes = draw_sheet(rows, 2, height=0.6 + 1.75 * rows, sharey=True)
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    for number, (axis, name) in enumerate(zip(axes, names, strict=False)):
        _dependence(axis, *importance.of(name))
        set_heading(axis, name, small=True)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axis.set_xlabel(catalogue()[name].unit if name in catalogue() else "")
        if number % 2 == 0:
            axis.set_ylabel("log-odds")
    return set_title(figure, "Which way do the strongest signals move the risk?")


def _dependence(axis: Axes, values: Floats, added: Floats) -> None:
    axis.axhline(0, color=PALE, linewidth=0.8)
    known = ~np.isnan(values)
    at, middle, low, high = binned(values[known], added[known])
    axis.fill_between(at, low, high, color=BAND, linewidth=0)
    axis.plot(at, middle, "o-", color=ACCENT, markersize=3.5)
    if (~known).any():
        where = axis.get_xlim()[1]
        axis.plot([where], [added[~known].mean()], "D", color=INK, markersize=4, clip_on=False)
        axis.annotate(
            "not known",
            (where, added[~known].mean()),
            (0, 5),
            textcoords="offset points",
            ha="right",
            fontsize=7,
            color=INK,
        )


def binned(values: Floats, added: Floats, bins: int = BINS) -> tuple[Floats, Floats, Floats, Floats]:
    """Of bins of about equally many rows: median value, mean contribution, and the middle 80 % of it."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1))) if len(values) else np.zeros(1)
    code = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 1, 0))
    groups = [code == bin_ for bin_ in np.unique(code)]
    found = [(np.median(values[g]), added[g].mean(), *np.quantile(added[g], [0.1, 0.9])) for g in groups]
    at, middle, low, high = np.array(found).reshape(-1, 4).T
    return at, middle, low, high
