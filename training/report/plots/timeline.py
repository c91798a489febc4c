"""What was learned from, and what was it judged on?"""

from __future__ import annotations

from matplotlib.figure import Figure

from features.times import DAY
from training.report.plots.drawing import ACCENT, BLUE, GREEN, INK, draw_sheet, set_heading, show_dates
from training.report.sides import Side

COLOURS = (BLUE, GREEN, ACCENT)


def timeline_plot(sides: list[Side], cut: int) -> Figure:
    """When were the orders looked at that the model learned from, was calibrated on and was judged on?"""
    figure, (axis,) = draw_sheet(height=1.2 + 0.3 * len(sides))
    for height, (side, colour) in enumerate(zip(reversed(sides), COLOURS[::-1], strict=True)):
        axis.barh(height, (side.end - side.begin) / DAY, left=side.begin / DAY, height=0.55, color=colour)
    axis.set_yticks(range(len(sides)), [side.name for side in reversed(sides)])
    axis.axvline(cut / DAY, color=INK, linestyle="--", linewidth=1)
    show_dates(axis)
    axis.grid(axis="y", visible=False)
    set_heading(axis, "What was it judged on? Later days, other orders")
    return figure
