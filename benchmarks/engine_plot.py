"""The growth of time and memory with the number of events, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt
from engine_tables import MOST_STREAMED, slope
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

TIME, MEMORY, GUIDE = "#c0473c", "#5b7f95", "#b8b8b8"
LEAST_SPAN = 10.0
"""An axis covers at least one decade, so that a flat line looks flat."""


def plot_growth(told: list[dict[str, Any]], path: Path) -> None:
    """Time and peak memory over events, both axes logarithmic; the slope of the time is in the title.

    ``told``: one entry a size with ``n_events``, ``seconds``, ``peak_gib``.
    """
    events = np.array([one["n_events"] for one in told], dtype=float)
    seconds = np.array([one["seconds"] for one in told])
    memory = np.array([one["peak_gib"] for one in told])
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.4), layout="constrained")
    left.plot(events, seconds[-1] * events / events[-1], color=GUIDE, linestyle="--", label="exactly linear")
    _line(left, events, seconds, TIME, lambda value: f"{value:,.1f} s")
    _line(right, events, memory, MEMORY, lambda value: f"{value:.2f} GiB")
    right.axhline(MOST_STREAMED, color=GUIDE, linestyle="--", label=f"the bound, {MOST_STREAMED} GiB")
    right.set_ylim(right.get_ylim()[0], max(MOST_STREAMED * 1.5, right.get_ylim()[1]))
    right.yaxis.set_major_locator(LogLocator(base=2))
    right.legend(frameon=False, loc="upper left")
    left.set(title="Time, from file to file", ylabel="seconds")
    right.set(title="Peak memory", ylabel="GiB")
    left.legend(frameon=False, loc="upper left")
    figure.suptitle(_title(events, seconds), fontsize=13, fontweight="bold")
    figure.savefig(path, dpi=160)
    plt.close(figure)


def _title(events: np.ndarray, seconds: np.ndarray) -> str:
    sizes = f"{_short(events[0])} to {_short(events[-1])} events"
    if len(events) < 2:
        return f"All signals, {sizes}"
    return f"All signals, {sizes}: time grows with slope {slope(list(events), list(seconds)):.2f} (1 is linear)"


def _line(axis: Axes, events: np.ndarray, values: np.ndarray, colour: str, shown: Any) -> None:
    axis.loglog(events, values, color=colour, marker="o", linewidth=2, markersize=7)
    for x, y in zip(events, values, strict=True):
        axis.annotate(shown(y), (x, y), xytext=(8, -14), textcoords="offset points", fontsize=9, color=colour)
    low, high = float(values.min()), float(values.max())
    room = max(1.6, np.sqrt(LEAST_SPAN * low / high))
    axis.set(xlabel="events", ylim=(low / room, high * room), xlim=(events.min() / 1.6, events.max() * 2.4))
    axis.set_xticks(events, [_short(count) for count in events])
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.xaxis.set_minor_locator(NullLocator())
    axis.grid(True, which="major", color="#e6e6e6")
    axis.spines[["top", "right"]].set_visible(False)


def _short(count: float) -> str:
    """
    >>> _short(3_999_000.0)
    '4 million'
    """
    return f"{count / 1e6:.2g} million"
