"""The reasons of scored orders: what the service and tables of reasons share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from features.arrays import Floats
from features.decision_points import DecisionPoints
from features.events.text import Texts
from features.history import History
from features.reasons.slowest_lines import SlowestLines
from training.model.level import Levels
from training.model.risk_model import Points
from training.reasons.reasons import PlantLevel, Reason, ReasonWriter


def reasons_of_each(
    writer: ReasonWriter,
    levels: Levels,
    history: History,
    points: DecisionPoints,
    signals: Floats,
    shares: Points,
    plants: Texts,
    slowest: Sequence[SlowestLines],
) -> Iterator[tuple[Reason, ...]]:
    """The reasons of each of (n,) open orders at its moment, in their order.

    Parameters
    ----------
    levels : of the plants that morning
    signals : (n, n_signals)
    shares : what signals and level add to each risk
    plants : (n,) the plant each order names first, "" for none
    slowest : (n,) which line of each order decides
    """
    known = set(plants.tolist())
    sentences = {(plant, rises): levels.sentence(str(plant), rises) for plant in known for rises in (False, True)}
    rows = zip(points.order.tolist(), points.as_of.tolist(), plants, shares.level.tolist(), slowest, strict=True)
    for row, (order, as_of, plant, added, lines) in enumerate(rows):
        level = PlantLevel(added, sentences[plant, added > 0])
        yield writer.reasons(history, order, as_of, signals[row], shares.signals[row], level, lines)
