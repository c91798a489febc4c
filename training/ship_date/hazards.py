"""The chance that an order ships on a day, given that it has not shipped before: boosted trees, walked day by day."""

from __future__ import annotations

import numpy as np

from features.arrays import Floats, Ints
from features.jit import compiled
from features.parallel import side_by_side
from training.explanation.forest import Forest
from training.explanation.treeshap import TreeNodes, goes_left

ORDERS_A_THREAD = 512


class Hazards:
    """The trees of the hazards of a day.

    They read what distinguishes the day, then the signals of the order; the latter are the same on all its days and
    stand there once.
    """

    def __init__(self, forest: Forest) -> None:
        self._trees = TreeNodes(*(getattr(forest, name) for name in TreeNodes._fields))

    def of(self, signals: Floats, first: Ints, of_day: Floats, begin: Floats) -> Floats:
        """(n_days,) hazards in (0, 1).

        Parameters
        ----------
        signals : (n, n_signals)
        first : (n + 1,) where each order's days begin
        of_day : (n_days, len(OF_DAY))
        begin : (n_days,) log-odds to which the trees add
        """
        rows, out = np.ascontiguousarray(signals, dtype=np.float64), begin.copy()
        starts = range(0, len(rows), ORDERS_A_THREAD)
        job = lambda at: _walk(self._trees, rows, first, of_day, at, min(at + ORDERS_A_THREAD, len(rows)), out)  # noqa: E731
        list(side_by_side(job, starts, 100 * len(of_day)))
        return 1.0 / (1.0 + np.exp(-out))


@compiled
def _walk(trees: TreeNodes, signals: Floats, first: Ints, of_day: Floats, begin: int, end: int, out: Floats) -> None:
    """Add the scores of all trees for the days of some orders."""
    own, nodes = of_day.shape[1], trees.nodes
    for i in range(begin, end):
        for t in range(len(nodes) - 1):
            base, leaves = nodes[t], trees.leaves[t]
            root = 0 if nodes[t + 1] > base else -1
            for at in range(first[i], first[i + 1]):
                node = root
                while node >= 0:
                    n = base + node
                    tested = trees.signal[n]
                    value = of_day[at, tested] if tested < own else signals[i, tested - own]
                    left = goes_left(value, trees.threshold[n], trees.missing[n], trees.default_left[n])
                    node = trees.left[n] if left else trees.right[n]
                out[at] += trees.value[leaves - 1 - node]
