"""Plots of one training: a question each, drawn for a column of a page; PNG for a file, SVG for a page."""

from __future__ import annotations

from matplotlib.figure import Figure

from training.influence import Influence
from training.plots.calibration import calibration_plot, foretold_plot
from training.plots.parts import days_plot, plants_plot
from training.plots.planner import looks_plot, warning_plot
from training.plots.ranking import comparison_plot, ranking_plot
from training.plots.signals import dependence_plot, importance_plot
from training.plots.timeline import timeline_plot
from training.run import Trained
from training.sides import sides


def plots_of(trained: Trained, influence: Influence) -> dict[str, Figure]:
    """Every plot by name; those that have nothing to show are left out."""
    evaluation = trained.evaluation
    drawn = {
        "timeline": timeline_plot(sides(trained), trained.twin.until),
        "comparison": comparison_plot(evaluation),
        "calibration": calibration_plot(evaluation),
        "foretold": foretold_plot(evaluation),
        "ranking": ranking_plot(evaluation),
        "warning": warning_plot(evaluation),
        "looks": looks_plot(evaluation),
        "by_days": days_plot(evaluation),
        "by_plant": plants_plot(evaluation),
        "importance": importance_plot(influence),
        "dependence": dependence_plot(influence),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}
