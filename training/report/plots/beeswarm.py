"""What moves the risks of many orders, which way, and for which orders?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from features.arrays import Floats
from features.errors import InvalidRequest
from training.contributions.contributions import Contributions
from training.report.plots.drawing import ACCENT, BAND, BLUE, INK, PALE, SIZE, axes_for, escape_dollar, set_heading

By = Literal["signal", "topic"]
BINS = 120
"""Places side by side along the axis; dots of one place stand above each other."""
SPREAD = 0.40
"""How far from its line a dot may stand, in lines."""
DOT = 7.0
"""Area of a dot, square points."""
LEVEL = "plant_level"
"""The line of the level of the plant among those of signals."""
LETTER = 5.3
"""Points: the width of a letter, about."""
SHADES = LinearSegmentedColormap.from_list("value", [BLUE, BAND, ACCENT])
"""From the lowest value of a signal to the highest."""


def beeswarm(found: Contributions, by: By = "signal", *, most: int = 12, ax: Axes | None = None) -> Axes:
    """What each signal or topic adds to every risk: a dot an order, lines in the order of their mean size.

    Dots lie at the points they add. Their colours go by rank from blue, the lowest value of the signal (by topic: the
    lowest risk of all), to warm, the highest; where a signal is missing a dot is hollow.

    Parameters
    ----------
    found : of ``n`` rows, as ``explain`` has them; what the level of the plant adds stands among the signals
    by : "signal" or "topic"
    most : so many lines
    ax : where to draw; a figure of its own if not given
    """
    if by not in ("signal", "topic"):
        raise InvalidRequest(f"by must be 'signal' or 'topic', got {by!r}")
    points = 100 * (found.points.assign(**{LEVEL: found.level_points}) if by == "signal" else found.topics)
    values = found.signals.assign(**{LEVEL: found.level})
    mean = points.abs().mean().sort_values(ascending=False, kind="stable")
    names = mean[mean > 0].index[:most].tolist()
    axis = axes_for(ax, width=7.2, height=1.0 + 0.36 * max(len(names), 1))
    edges = _edges(points[names])
    for line, name in enumerate(names):
        added = points[name].to_numpy()
        _draw_dots(axis, added, line + spread_out(added, edges), values[name] if by == "signal" else found.risk)
    axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    labels = [f"{escape_dollar(name)}  {mean[name]:.1f}" for name in names]
    axis.set_yticks(range(len(names)), labels)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("points of 100 that it adds to a risk; beside each name their mean size")
    set_heading(axis, f"What moves these {len(found):,} risks?")
    keys = {"low": BLUE, "high": ACCENT} | ({"not known": PALE} if by == "signal" else {})
    _explain_shades(axis, {"value of the signal:" if by == "signal" else "risk:": INK} | keys)
    return axis


def spread_out(values: Floats, edges: Floats) -> Floats:
    """(n,) how far from their line dots stand so that those of one place do not lie on each other, in lines.

    >>> spread_out(np.array([1.0, 1.0, 1.0, 5.0]), np.array([0.0, 2.0, 6.0])).tolist()
    [0.0, 0.4, -0.4, 0.0]
    """
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    by_place = np.argsort(place, kind="stable")
    first = np.searchsorted(place[by_place], place[by_place])
    rank = np.empty(len(values), dtype=np.int64)
    rank[by_place] = np.arange(len(values)) - first
    step = (rank + 1) // 2 * np.where(rank % 2, 1, -1)
    highest = max(int(np.abs(step).max(initial=0)), 1)
    return np.asarray(step * (SPREAD / highest))


def _edges(points: pd.DataFrame) -> Floats:
    values = points.to_numpy()
    low, high = (values.min(), values.max()) if values.size else (0.0, 0.0)
    return np.linspace(low, max(high, low + 1e-9), BINS + 1)


def _draw_dots(axis: Axes, added: Floats, place: Floats, values: pd.Series[float]) -> None:
    """Dots coloured by the rank of the value; a value that many have has the shade of its middle rank."""
    known = values.notna().to_numpy()
    shade = values.rank(pct=True).to_numpy()[known]
    axis.scatter(added[known], place[known], s=DOT, c=shade, cmap=SHADES, vmin=0, vmax=1, linewidths=0)
    axis.scatter(added[~known], place[~known], s=DOT, facecolors="none", edgecolors=PALE, linewidths=0.6)


def _explain_shades(axis: Axes, words: dict[str, str]) -> None:
    """What the colours mean, each word in its own, above the right end of the axes."""
    right = 0.0
    for word, colour in reversed(words.items()):
        axis.annotate(
            word,
            (1, 1),
            (right, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            color=colour,
            fontsize=SIZE,
        )
        right -= LETTER * len(word) + 6
