"""Where is the model good, and where not?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluate.evaluation import BASE_RATE, DAYS, PLANT, Evaluation, Slice
from training.report.plots.drawing import INK, PALE, draw_sheet, escape_dollar, set_heading, set_title, style_of

METRICS = {"brier_skill": ("Brier skill", 0.0), "roc_auc": ("ROC AUC", 0.5)}
MOST = 15


def days_plot(evaluation: Evaluation) -> Figure | None:
    """How far ahead of the promise can the model see? Nothing where all orders were seen at one distance."""
    return _plot_slices(evaluation.by_days, "How far ahead of the promise can it see?")


def plants_plot(evaluation: Evaluation) -> Figure | None:
    """Is the model as good at every plant? The largest ``MOST``; nothing where there is one."""
    largest = sorted(evaluation.by_plant, key=lambda each: -each.orders)[:MOST]
    return _plot_slices(largest, "Is it as good at every plant?")


def _plot_slices(slices: list[Slice], title: str) -> Figure | None:
    if len(slices) < 2:
        return None
    models = [name for name in slices[0].estimates if name != BASE_RATE]
    figure, axes = draw_sheet(1, len(METRICS), height=1.2 + 0.62 * len(slices), sharey=True)
    for axis, (metric, (called, nothing)) in zip(axes, METRICS.items(), strict=True):
        axis.axvline(nothing, color=PALE, linestyle="--", linewidth=1)
        for step, model in enumerate(models):
            _add_line(axis, slices, model, metric, 0.18 * ((len(models) - 1) / 2 - step))
        set_heading(axis, called, small=True)
        axis.set_yticks(range(len(slices)), [_label(each) for each in reversed(slices)])
        axis.set_ylim(-0.5, len(slices) - 0.5)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(models), frameon=False, fontsize=7.5, labelcolor=INK
    )
    return set_title(figure, title)


def _add_line(axis: Axes, slices: list[Slice], model: str, metric: str, shift: float) -> None:
    colour, mark = style_of(model)
    found = [each.estimates[model][metric] for each in reversed(slices)]
    place = [height + shift for height in range(len(slices))]
    values = [e.value for e in found]
    # with few weeks the redrawn ones may all lie on one side
    reach = [[max(e.value - e.low, 0) for e in found], [max(e.high - e.value, 0) for e in found]]
    axis.errorbar(values, place, xerr=reach, fmt=mark, color=colour, markersize=3.5, linewidth=1.2, label=model)


def _label(each: Slice) -> str:
    return escape_dollar(
        each.name.removeprefix(PLANT).removesuffix(DAYS) + (" days" if each.name.endswith(DAYS) else "")
    )
