"""Which line of an order decides when it is ready, by the usual pace of its items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from features.arrays import Floats, Ints
from features.context.context import Context
from features.decision_points import DecisionPoints
from features.engine.arithmetic import share
from features.history import History
from features.known.known import Known
from features.pipeline.computation import PART_EVENTS
from features.signals.progress import usual_days_of_lines, usual_work_days_of_lines
from features.signals.track_record import WEIGHT

DIMENSIONS = ("customer", "item", "route", "work_center")
"""What the track record of an order is looked up by: where it names several, the worst one counts."""


class SlowestLines(NamedTuple):
    """Places among the order's lines that are not cancelled, -1 where nothing says; usual figures of those lines.

    Attributes
    ----------
    work : the line whose work takes longest; ``operations`` that it still needs, ``days`` that they usually take
    pace : the line that is ready the least time before its promise
    cover : the line for which the least of what is ordered is in work
    queued : the line whose next work centre has the longest queue; ``centre`` by its name, "" where nothing says
    worst : by the signal of a failure share, which word of the order has the highest one
    """

    work: int
    operations: float
    days: float
    pace: int
    cover: int
    queued: int = -1
    centre: str = ""
    worst: Mapping[str, str] = MappingProxyType({})


NO_LINE = SlowestLines(-1, float("nan"), float("nan"), -1, -1)


def slowest_lines_of(known: Known) -> list[SlowestLines]:
    """Those of each decision point."""
    lines, lookups = known.lines_untraced, known.lookups
    days = lines.of_open(usual_work_days_of_lines(known))
    left = np.maximum(lookups.usual_operations() - lines.finished, 0.0)
    pace = lines.of_open(lines.days_to_promise - usual_days_of_lines(known))
    with np.errstate(invalid="ignore", divide="ignore"):
        cover = lines.of_open(share(lines.started - lines.scrap, lines.ordered))
    first = np.searchsorted(lines.point, np.arange(len(known) + 1))
    queue, centres = lines.of_open(lookups.queue()), known.context.routing.centres
    slowest, tightest, least, longest = (_lowest(values, first) for values in (-days, pace, cover, -queue))
    worst = _worst_words(known)
    return [
        SlowestLines(
            work - begin if work >= 0 else -1,
            float(left[work]) if work >= 0 else float("nan"),
            float(days[work]) if work >= 0 else float("nan"),
            tight - begin if tight >= 0 else -1,
            low - begin if low >= 0 else -1,
            long - begin if long >= 0 else -1,
            str(centres[lookups.next_centres[long]]) if long >= 0 else "",
            own,
        )
        for begin, work, tight, low, long, own in zip(
            first.tolist(), slowest, tightest, least, longest, worst, strict=False
        )
    ]


def slowest_lines(history: History, points: DecisionPoints, context: Context) -> list[SlowestLines]:
    """Those of each decision point, sorted by order; parts of the history are done one after the other."""
    found: list[SlowestLines] = []
    for begin, end in history.parts(PART_EVENTS):
        low, high = np.searchsorted(points.order, (begin, end))
        if high > low:
            own = points.take(slice(int(low), int(high)))
            part = history.part(begin, end)
            found += slowest_lines_of(Known(part, replace(own, order=own.order - begin), context))
    return found


def _worst_words(known: Known) -> list[dict[str, str]]:
    """Of each decision point the words that its failure shares are of, where it names several."""
    worst: list[dict[str, str]] = [{} for _ in range(len(known))]
    for dimension in DIMENSIONS:
        for recent in (False, True):
            name = f"{dimension}_failure_share{'_recent' if recent else ''}"
            for point, word in known.lookups.worst_words(dimension, WEIGHT, recent):
                worst[point][name] = word
    return worst


def _lowest(values: Floats, first: Ints) -> list[int]:
    """Of each run of rows the first one with the lowest value, -1 where none has one."""
    numbers = values.tolist()
    return [
        min((at for at in range(begin, end) if numbers[at] < inf), key=numbers.__getitem__, default=-1)
        for begin, end in pairwise(first.tolist())
    ]
