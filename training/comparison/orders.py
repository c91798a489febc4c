"""The orders on which two models differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats
from features.history import History
from features.times import isoformat
from training.comparison.rows import ComparedModel
from training.data.labelled import LabelledPoints

MOST_ORDERS, MOST_SIGNALS = 10, 3


@dataclass(frozen=True)
class DifferingOrder:
    """One look at an order: the one at which two models differ most.

    Attributes
    ----------
    as_of, days_to_promise, plant : ISO 8601, days, "" where no plant was named
    first, second : both risks
    outcome : what came, in words
    because : by signal, what it adds to the log-odds of the second less what it adds to those of the first
    """

    order_id: str
    as_of: str
    days_to_promise: float
    plant: str
    first: float
    second: float
    outcome: str
    because: dict[str, float]


def list_differing(
    points: LabelledPoints,
    history: History,
    models: tuple[ComparedModel, ComparedModel],
    risks: tuple[Floats, Floats],
    most: int = MOST_ORDERS,
) -> list[DifferingOrder]:
    """So many orders, each once, the largest difference first, equal ones by their id; none on which they agree.

    Parameters
    ----------
    risks : (n,) each, of the points
    """
    apart = np.abs(risks[1] - risks[0])
    by = np.lexsort((points.as_of, points.order, -apart))
    _, first = np.unique(points.order[by], return_index=True)
    rows = by[np.sort(first)[:most]]
    rows = rows[apart[rows] > 0]
    some = points.take(rows)
    because = _because(some, models)
    return [
        DifferingOrder(
            order_id=str(history.order_ids[some.order[i]]),
            as_of=str(isoformat(int(some.as_of[i]))),
            days_to_promise=float(some.days_to_promise[i]),
            plant=str(some.plant[i]),
            first=float(risks[0][row]),
            second=float(risks[1][row]),
            outcome=some.outcome_words[i],
            because=because[i],
        )
        for i, row in enumerate(rows)
    ]


def _because(points: LabelledPoints, models: tuple[ComparedModel, ComparedModel]) -> list[dict[str, float]]:
    """By row, the signals whose contributions differ most."""
    names = list(dict.fromkeys([*models[0].model.names, *models[1].model.names]))
    added = []
    for one in models:
        contributions = one.model.explain(one.model.signals_of(points)).contributions
        columns = [names.index(name) for name in one.model.names]
        table = np.zeros((len(points), len(names)))
        table[:, columns] = contributions
        added.append(table)
    difference = added[1] - added[0]
    strongest = np.argsort(-np.abs(difference), axis=1, kind="stable")[:, :MOST_SIGNALS]
    return [
        {names[j]: float(difference[i, j]) for j in found if difference[i, j] != 0} for i, found in enumerate(strongest)
    ]
