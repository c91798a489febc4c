"""How close do ship dates come, and do their ranges hold?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.evaluate.ship_dates import MODEL, ShipDateEvaluation
from training.report.plots.drawing import ACCENT, INK, PALE, draw_sheet, set_heading
from training.ship_date.ranges import COVERED


def ship_dates_plot(found: ShipDateEvaluation | None) -> Figure | None:
    """The error of each way to foretell, and the share of orders within their range by days to the promise."""
    if found is None:
        return None
    figure, (top, bottom) = draw_sheet(2, height=4.4)
    _draw_errors(top, found)
    _draw_coverage(bottom, found)
    return figure


def _draw_errors(axis: Axes, found: ShipDateEvaluation) -> None:
    names = sorted(found.crps, key=lambda name: -found.crps[name].value)
    for place, name in enumerate(names):
        estimate, colour = found.crps[name], ACCENT if name == MODEL else INK
        axis.plot([estimate.low, estimate.high], [place, place], color=colour, linewidth=1.2)
        axis.plot(estimate.value, place, "o", color=colour, markersize=4)
    axis.set_yticks(range(len(names)), names)
    axis.set_xlim(left=0)
    axis.set_xlabel("CRPS, days; less is better")
    set_heading(axis, "How far off?", small=True)


def _draw_coverage(axis: Axes, found: ShipDateEvaluation) -> None:
    parts = found.coverage[1:] or found.coverage
    place = np.arange(len(parts))[::-1]
    axis.axvline(COVERED, color=PALE, linestyle="--", linewidth=1)
    for at, part in zip(place, parts, strict=True):
        axis.plot([part.covered.low, part.covered.high], [at, at], color=ACCENT, linewidth=1.2)
        axis.plot(part.covered.value, at, "o", color=ACCENT, markersize=4)
    axis.set_yticks(place, [part.name for part in parts])
    axis.set_xlim(0.4, 1.0)
    axis.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.set_xlabel("shipped within the range")
    set_heading(axis, "Do ranges of four in five hold?", small=True)
