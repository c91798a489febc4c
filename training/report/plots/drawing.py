"""One look for all plots: colours, marks, words."""

from __future__ import annotations

from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from training.evaluate.evaluation import BASE_RATE, MODEL, WITHOUT_LEVELS

INK, ACCENT, PALE, GRID, BAND = "#1f2933", "#c2410c", "#7b8794", "#e4e7eb", "#cbd2d9"
BLUE, GREEN, VIOLET = "#1d6fb8", "#0b8a62", "#7c51b5"
STYLES: dict[str, tuple[str, str]] = {
    MODEL: (ACCENT, "o"),
    "logistic regression": (VIOLET, "D"),
    "ERP status": (GREEN, "s"),
    "slack to promise": (BLUE, "^"),
    BASE_RATE: (PALE, "x"),
    "plant share of 180 days": (PALE, "<"),
    "plant share of 365 days": (PALE, ">"),
    WITHOUT_LEVELS: (INK, "v"),
}
"""Colour and mark by model, told apart without the colour too."""
WIDTH = 5.4
"""Inches: the width of a phone, so that words stay readable there."""
SIZE = 9.0
"""Points, of most words."""


def style_of(model: str) -> tuple[str, str]:
    """Colour and mark of a model; one that is not known is drawn in ink."""
    return STYLES.get(model, (INK, "v"))


def draw_sheet(
    rows: int = 1, columns: int = 1, *, height: float = 3.4, heights: list[float] | None = None, **layout: Any
) -> tuple[Figure, list[Axes]]:
    """A figure with its axes, row by row; ``height`` in inches."""
    with rc_context({"font.size": SIZE}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained", dpi=160)
        axes = figure.subplots(rows, columns, squeeze=False, height_ratios=heights, **layout)
    for axis in axes.flat:
        style_axis(axis)
    return figure, list(axes.flat)


def style_axis(axis: Axes) -> None:
    """Two spines, a pale grid behind everything, ink for words."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(PALE)
    axis.tick_params(colors=INK, length=2.5, labelsize=SIZE)
    axis.xaxis.label.set_color(INK)
    axis.yaxis.label.set_color(INK)
    axis.title.set_color(INK)
    axis.grid(color=GRID, linewidth=0.6)
    axis.set_axisbelow(True)


def axes_for(ax: Axes | None, *, width: float = WIDTH, height: float = 3.4) -> Axes:
    """The axes that were given, in the look of all plots, or those of a new figure; width and height in inches."""
    if ax is not None:
        style_axis(ax)
        return ax
    figure, (axis,) = draw_sheet(height=height)
    figure.set_figwidth(width)
    return axis


def lay_out(figure: Figure) -> Figure:
    """The figure with its parts placed for good; each ``savefig`` would otherwise draw it once more to place them."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
    return figure


def set_heading(axis: Axes, title: str, *, small: bool = False, pad: float = 6.0) -> None:
    """The question one part of a figure answers, at its left."""
    size = 8.5 if small else 10
    axis.set_title(title, loc="left", color=INK, fontsize=size, fontweight=None if small else "bold", pad=pad)


def set_title(figure: Figure, title: str) -> Figure:
    """The question the plot answers, above all of it, at the left."""
    figure.suptitle(title, x=0.01, ha="left", color=INK, fontsize=10, fontweight="bold")
    return figure


def add_legend(axis: Axes, **where: Any) -> None:
    """A legend in small letters, without a frame."""
    axis.legend(frameon=False, labelcolor=INK, fontsize=8, **where)


def percent_x(axis: Axes) -> None:
    """Shares are read as percent on the horizontal axis."""
    axis.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g} %")


def percent_y(axis: Axes) -> None:
    """Shares are read as percent on the vertical axis."""
    axis.yaxis.set_major_formatter(lambda value, _: f"{value * 100:g} %")


def signed_points(points: float) -> str:
    """Points of risk as they stand at a mark, in hundredths.

    >>> signed_points(0.1234), signed_points(-0.004), signed_points(0.0001)
    ('+12.3', '\u22120.4', '0.0')
    """
    shown = f"{100 * points:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown.replace("-", "\u2212")


def show_dates(axis: Axes) -> None:
    """The horizontal axis counts days since 1970 and is read as dates."""
    locator = AutoDateLocator(minticks=4, maxticks=8)  # type: ignore[no-untyped-call]
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def escape_dollar(name: str) -> str:
    """A name as it stands: a dollar in it begins no formula."""
    return name.replace("$", r"\$")
