"""How did the risk of an order move, and what moved it?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator

from features.arrays import Floats
from features.errors import InvalidRequest
from training.change.wording import type_words
from training.report.plots.drawing import (
    ACCENT,
    BLUE,
    INK,
    PALE,
    SIZE,
    axes_for,
    escape_dollar,
    percent_y,
    set_heading,
    show_dates,
    signed_points,
)

MOST = 8
LEAST = 0.0005
"""Points below which an event is not named: it would read as zero."""
LETTER, LINE = 0.0088, 0.062
"""The room a letter and a line of words take, as shares of the axes of a figure of its own."""
NEAR = 0.012
"""How near to its step a word begins."""
BETWEEN = 40
"""So many points of each stretch of the path are kept free of words."""
HIDES = 14
"""So many half lines farther away is as bad as lying on the path."""
WIDE, HIGH = 0.12, 0.16
"""The room beside and above the path, for the words, as shares of its size."""


class WordBox(NamedTuple):
    """Where words stand, in shares of the axes."""

    left: float
    right: float
    middle: float

    def overlaps(self, other: WordBox) -> bool:
        """Whether both could not be read."""
        return self.left < other.right and other.left < self.right and abs(self.middle - other.middle) < LINE


def change_plot(steps: pd.DataFrame, order: str, *, most: int = MOST, ax: Axes | None = None) -> Axes:
    """The risk of an order over time: upright where an event moved it, sloping where time passed.

    A slope holds the load and track record of the mornings too; between two events it is drawn straight.

    Parameters
    ----------
    steps : as ``change_steps`` has them, of this order and maybe of others
    order : its ``order_id``
    most : so many events are named, those that moved the risk most
    ax : where to draw; a figure of its own if not given

    Raises
    ------
    InvalidRequest : for an order that has no risk in the steps
    """
    own = steps[(steps["order_id"] == order) & steps["after"].notna()]
    if own.empty:
        raise InvalidRequest(f"the order must have a risk in the steps, got {order!r}")
    axis = axes_for(ax, width=8.4, height=4.0)
    path, events = path_of(own), own[own["step"] == "event"]
    axis.plot(*path.T, color=PALE, linewidth=1.3, zorder=2)
    for rises, colour in ((True, ACCENT), (False, BLUE)):
        some = events[(events["points"] > 0) == rises]
        axis.vlines(_days(some["at"]), some["before"], some["after"], color=colour, linewidth=2.6, zorder=3)
    _set_limits(axis, path)
    _name_events(axis, path, events, most)
    _name_ends(axis, path)
    show_dates(axis)
    percent_y(axis)
    axis.set_ylabel("risk of a missed or partial shipment")
    axis.set_xlabel("when it was recorded, UTC; at each event what it adds, in points of 100")
    moved = signed_points(path[-1, 1] - path[0, 1])
    set_heading(axis, escape_dollar(f"What moved the risk of {order} by {moved} points?"))
    return axis


def path_of(steps: pd.DataFrame) -> Floats:
    """(n, 2) day and risk along the steps of one order: just before and just after each event, and as time passes."""
    at = _days(steps["at"])
    is_event = steps["step"].eq("event").to_numpy() & steps["before"].notna().to_numpy()
    before, after = steps["before"].to_numpy(dtype=float), steps["after"].to_numpy(dtype=float)
    follows = np.append(at[1:] == at[:-1], False) & np.append(steps["step"].eq("context").to_numpy()[1:], False)
    corners = [
        [(at[row], before[row]), (at[row], after[row])] if is_event[row] else [(at[row], after[row])]
        for row in range(len(steps))
        if not follows[row] or is_event[row]  # what a morning adds at the same moment ends the slope
    ]
    return np.array([corner for some in corners for corner in some])


def _days(at: pd.Series[pd.Timestamp]) -> Floats:
    """(n,) days since 1970, as the axis counts them."""
    return np.asarray(date2num(at), dtype=np.float64)  # type: ignore[no-untyped-call]


def _set_limits(axis: Axes, path: Floats) -> None:
    """Room for words on all sides."""
    (left, low), (right, high) = path.min(axis=0), path.max(axis=0)
    wide, tall = max(right - left, 0.1), max(high - low, 0.04)
    axis.set_xlim(left - 0.08 * wide, right + WIDE * wide)
    axis.set_ylim(max(low - HIGH * tall, -0.05), min(high + HIGH * tall, 1.05))
    axis.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))


def _name_ends(axis: Axes, path: Floats) -> None:
    for (day, risk), side, align in ((path[0], -5, "right"), (path[-1], 5, "left")):
        axis.annotate(
            f"{100 * risk:.0f} %",
            (day, risk),
            (side, 0),
            textcoords="offset points",
            ha=align,
            va="center",
            color=INK,
            fontsize=SIZE,
            fontweight="bold",
        )


def _name_events(axis: Axes, path: Floats, events: pd.DataFrame, most: int) -> None:
    """The events that moved most, each beside its step; words that would lie on others or on the path move away."""
    size = events["points"].abs()
    named = events.loc[size[size >= LEAST].sort_values(ascending=False, kind="stable").index[:most]]
    ends = _shares(axis, path[[0, -1]])
    taken = [WordBox(x - 0.08, x + 0.08, y) for x, y in ends]
    along = _along(_shares(axis, path))
    rows: Any = named.assign(day=_days(named["at"])).itertuples(index=False)
    for event in rows:
        at = (event.day, (event.before + event.after) / 2)
        text = f"{_words(event)} {signed_points(event.points)}"
        ((x, y),) = _shares(axis, np.array([at]))
        box = _free_place(x, y, LETTER * len(text), taken, along)
        taken.append(box)
        axis.annotate(
            escape_dollar(text),
            at,
            (box.left, box.middle),
            textcoords="axes fraction",
            va="center",
            color=ACCENT if event.points > 0 else BLUE,
            fontsize=SIZE - 0.5,
            bbox={"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 0.6},
            arrowprops={
                "arrowstyle": "-",
                "color": PALE,
                "linewidth": 0.6,
                "relpos": (0 if box.left > x else 1, 0.5),
                "shrinkA": 0,
                "shrinkB": 0,
            },
            zorder=4,
        )


def _shares(axis: Axes, points: Floats) -> Floats:
    """(n, 2) points as shares of the axes."""
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    return np.asarray((points - (left, low)) / (right - left, high - low))


def _along(path: Floats) -> Floats:
    """(n, 2) many points of a path."""
    share = np.linspace(0, 1, BETWEEN)[:, None]
    parts = [begin + share * (end - begin) for begin, end in pairwise(path)]
    return np.concatenate([path, *parts])


def _free_place(x: float, y: float, width: float, taken: list[WordBox], along: Floats) -> WordBox:
    """The place for words nearest to (x, y), to its right or else its left: on no other words, best not on the path.

    Parameters
    ----------
    along : (n, 2) points of the path, as shares of the axes
    """
    places = []
    for step in range(-16, 17):
        middle = y + step * LINE / 2
        for left in (x + NEAR, x - NEAR - width):
            box = WordBox(left, left + width, middle)
            if left >= 0 and box.right <= 1 and 0.03 <= middle <= 0.97 and not any(map(box.overlaps, taken)):
                across = (along[:, 0] > left) & (along[:, 0] < box.right)
                hidden = (across & (np.abs(along[:, 1] - middle) < LINE / 2)).any()
                places.append((abs(step) + (3 if left < x else 0) + (HIDES if hidden else 0), box))
    if not places:
        left = min(max(x + NEAR, 0.0), max(1 - width, 0.0))
        return WordBox(left, left + width, min(max(y, 0.03), 0.97))
    return min(places, key=lambda place: place[0])[1]


def _words(event: Any) -> str:
    """What an event is called, with the kind and the name of what it speaks of."""
    words = type_words(event.type)
    more = " ".join(word.replace("_", " ") for word in (event.kind, event.reference) if isinstance(word, str) and word)
    return f"{words} ({more})" if more else words
