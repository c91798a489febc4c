"""Plots of one training: a question each, drawn for a column of a page; PNG for a file, SVG for a page."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from training.evaluate.backtest import Stretch
from training.evaluate.evaluation import Evaluation
from training.evaluate.importance import SignalImportance
from training.report.plots.calibration import calibration_plot, foretold_plot
from training.report.plots.drawing import lay_out
from training.report.plots.planner import looks_plot, warning_plot
from training.report.plots.ranking import comparison_plot, ranking_plot
from training.report.plots.replay import came_plot, drift_plot, skill_plot
from training.report.plots.ship_dates import ship_dates_plot
from training.report.plots.signals import dependence_plot, importance_plot
from training.report.plots.slices import days_plot, plants_plot
from training.report.plots.timeline import timeline_plot
from training.report.sides import list_sides
from training.trainer import Trained


def plots_of(trained: Trained, importance: SignalImportance) -> dict[str, Figure]:
    """Every plot of a training by name; those that have nothing to show are left out."""
    timeline = timeline_plot(list_sides(trained), trained.twin.until)
    signals = {"importance": importance_plot(importance), "dependence": dependence_plot(importance)}
    return _without_empty({"timeline": timeline} | evaluation_plots(trained.evaluation) | signals)


def evaluation_plots(evaluation: Evaluation) -> dict[str, Figure]:
    """What was found on later orders, by any model that was judged on them."""
    return _without_empty(
        {
            "comparison": comparison_plot(evaluation),
            "calibration": calibration_plot(evaluation),
            "foretold": foretold_plot(evaluation),
            "ranking": ranking_plot(evaluation),
            "warning": warning_plot(evaluation),
            "looks": looks_plot(evaluation),
            "by_days": days_plot(evaluation),
            "by_plant": plants_plot(evaluation),
            "ship_dates": ship_dates_plot(evaluation.ship_dates),
        }
    )


def replay_plots(stretches: list[Stretch]) -> dict[str, Figure]:
    """How the models of a backtest held over time."""
    return _without_empty(
        {"skill": skill_plot(stretches), "came": came_plot(stretches), "drift": drift_plot(stretches)}
    )


def _without_empty(figures: Mapping[str, Figure | None]) -> dict[str, Figure]:
    """Those that show something, laid out once for every file that they are written to."""
    return {name: lay_out(figure) for name, figure in figures.items() if figure is not None}
