"""What does a planner get who looks at the riskiest orders each morning?"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from features.arrays import Floats
from training.data.worklists import DailyWorklists
from training.evaluate.evaluation import MODEL, Evaluation
from training.evaluate.worklist_metrics import LOOKS, NOTICE, SLIGHTLY, find_first_looks
from training.report.formatting import list_name
from training.report.plots.drawing import INK, PALE, add_legend, draw_sheet, percent_y, set_heading, style_of

USUAL = 25
"""Looks a morning of the plot."""
FURTHEST = 30


def warning_plot(evaluation: Evaluation) -> Figure | None:
    """How early had the failures been looked at? Nothing where no order on the lists failed."""
    worklists = evaluation.worklists.daily
    if worklists is None or not worklists.failed.any():
        return None
    days = np.arange(FURTHEST + 1.0)
    figure, (axis,) = draw_sheet(height=3.6)
    for name, risk in evaluation.worklists.risks.items():
        colour, _ = style_of(name)
        width = 2.4 if name == MODEL else 1.3
        axis.plot(days, share_looked_at(worklists, risk, days), color=colour, linewidth=width, label=list_name(name))
    axis.axvline(NOTICE, color=PALE, linestyle=":", linewidth=1)
    axis.text(NOTICE + 0.3, 1.01, "still time to act", color=INK, fontsize=8, ha="right", va="bottom")
    axis.set(xlim=(FURTHEST, 0), ylim=(0, 1), xlabel="days before the promise")
    axis.set(ylabel="share of the failures looked at by then")
    set_heading(axis, f"How early are failures looked at? {USUAL} looks a morning", pad=14)
    percent_y(axis)
    add_legend(axis, loc="upper left")
    return figure


def share_looked_at(worklists: DailyWorklists, risk: Floats, days: Floats, looks: int = USUAL) -> Floats:
    """(n_days,) the share of the failed orders first looked at so many days before their promise, or earlier."""
    first = find_first_looks(worklists, risk, looks)[0][worklists.failed]
    return np.asarray((first[None, :] >= days[:, None] - SLIGHTLY).mean(axis=1))


def looks_plot(evaluation: Evaluation) -> Figure | None:
    """Is it worth looking at more orders? The share of the failures seen in time, by looks a morning."""
    watches = {name: found for name, found in evaluation.worklist_metrics.items() if found[0].failed}
    if not watches:
        return None
    figure, (axis,) = draw_sheet(height=3.4)
    for step, (name, found) in enumerate(watches.items()):
        colour, mark = style_of(name)
        place = np.arange(len(LOOKS)) + 0.12 * (step - (len(watches) - 1) / 2)
        seen = [watch.in_time for watch in found]
        reach = [[e.value - e.low for e in seen], [e.high - e.value for e in seen]]
        axis.errorbar(
            place, [e.value for e in seen], yerr=reach, fmt=mark, color=colour, capsize=2, label=list_name(name)
        )
    axis.set_xticks(range(len(LOOKS)), [str(looks) for looks in LOOKS])
    axis.set(xlabel="orders looked at each morning", ylabel="share of the failures", ylim=(0, 1))
    set_heading(axis, f"How many failures are seen {NOTICE:g} days ahead?")
    percent_y(axis)
    add_legend(axis, loc="upper left")
    return figure
