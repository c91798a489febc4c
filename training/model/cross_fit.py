"""What trees of earlier orders say of later ones, on time-ordered folds that reach to the end of what is known.

Each order of the later half is scored by trees that have not seen it, grown on what was known when its fold begins. How
many trees are best, and how their scores are calibrated, is judged on all folds together, so that one quarter of a year
that was like no other decides less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.arrays import Floats
from training.data.labelled import LabelledPoints, join
from training.data.split import FEWEST_ORDERS, Split, folds_by_time
from training.lightgbm import load_lightgbm
from training.model.calibration import Affine, NearPromise, fit_affine, fit_calibration
from training.model.missing import fill_never_missing
from training.model.trees import Trees, raw_scores, tree_dataset

FOLDS = 3
FEWEST_ROUNDS = 20
USUAL_SHARE = 6
"""Where no fold can judge, a sixth of the most rounds are grown."""


@dataclass(frozen=True)
class CrossFit:
    """Scores of orders by trees that have not seen them.

    Attributes
    ----------
    rounds : the number of trees that is best on all folds together
    points : (n,) the later rows of the folds; ``None`` where no fold could judge
    target : (n,) in {0, 1}
    log_odds : (n,) raw scores by ``rounds`` trees of what was known before
    """

    rounds: int
    points: LabelledPoints | None
    target: Floats
    log_odds: Floats

    def calibration(self, prior: float) -> Affine:
        """Of these scores, see ``fit_affine``; the identity where there is none."""
        if self.points is None:
            return Affine()
        return fit_affine(self.log_odds, self.target, self.points.evidence, prior)

    def calibration_by_days(self, prior: float) -> tuple[Affine, NearPromise]:
        """Of these scores, with the term of the last days, see ``fit_calibration``."""
        if self.points is None:
            return Affine(), NearPromise()
        days = self.points.days_to_promise
        return fit_calibration(self.log_odds, days, self.target, self.points.evidence, prior)


@dataclass(frozen=True)
class GrownFold:
    """A fold with the trees of its earlier rows.

    Attributes
    ----------
    target : (n_later,) in {0, 1}
    losses : (most_rounds,) mean log loss on its later rows after each round, nats
    """

    fold: Split
    booster: Any
    target: Floats
    losses: Floats

    @property
    def orders(self) -> int:
        return self.fold.later.n_orders


def cross_fit(
    points: LabelledPoints, target: Floats, trees: Trees, folds: int = FOLDS, rounds: int | None = None
) -> CrossFit:
    """Grow trees on each fold's past, choose how many are best over all, and score the later rows.

    Parameters
    ----------
    target : (n,) in {0, 1}
    rounds : so many trees, whatever is best
    """
    return cross_fit_on(_folds_that_teach(points, target, folds), target, trees, rounds)


def cross_fit_on(folds: Iterable[Split], target: Floats, trees: Trees, rounds: int | None = None) -> CrossFit:
    """As ``cross_fit``, on folds of points of which each row is known by its place among (n,) targets."""
    trees = trees if rounds is None else replace(trees, most_rounds=rounds)
    grown = [grow_fold(fold, target[fold.rows[0]], target[fold.rows[1]], trees) for fold in folds]
    if not grown:
        return CrossFit(rounds or trees.most_rounds // USUAL_SHARE, None, np.zeros(0), np.zeros(0))
    rounds = rounds or best_rounds([part.losses for part in grown], [part.orders for part in grown])
    return CrossFit(
        rounds,
        join([part.fold.later for part in grown]),
        np.concatenate([part.target for part in grown]),
        np.concatenate([raw_scores(p.booster, p.fold.earlier, p.fold.later.signals, rounds) for p in grown]),
    )


def best_rounds(losses: list[Floats], orders: list[int]) -> int:
    """The rounds after which the mean loss is least, each fold counting as many times as it has orders.

    Parameters
    ----------
    losses : (most_rounds,) a fold

    >>> best_rounds([np.arange(30.0, 0.0, -1.0), np.arange(30.0)], [2, 1])
    30
    """
    mean = np.average(np.stack(losses), axis=0, weights=orders)
    fewest = min(FEWEST_ROUNDS, len(mean))
    return fewest + int(np.argmin(mean[fewest - 1 :]))


def _folds_that_teach(points: LabelledPoints, target: Floats, folds: int) -> Iterator[Split]:
    """Folds without later rows, or whose past is all of one kind, teach nothing and are left out."""
    if points.n_orders < FEWEST_ORDERS:
        return
    for fold in folds_by_time(points, folds, FEWEST_ORDERS / (folds + 1)):
        early, late = (target[rows] for rows in fold.rows)
        if len(late) and len(np.unique(early)) == 2:
            yield fold


def grow_fold(fold: Split, early: Floats, late: Floats, trees: Trees) -> GrownFold:
    """The trees of the earlier rows, and how well they do on the later ones, round by round."""
    library = load_lightgbm()
    losses: dict[str, dict[str, list[float]]] = {}
    train = tree_dataset(fold.earlier, early)
    read = fill_never_missing(fold.later.signals, fold.earlier.signals, fold.earlier.weight)
    later = library.Dataset(read, late, weight=fold.later.evidence, reference=train)
    noting = library.record_evaluation(losses)
    parameters = trees.lightgbm(len(fold.earlier), fold.earlier.names)
    booster = library.train(parameters, train, trees.most_rounds, valid_sets=[later], callbacks=[noting])
    return GrownFold(fold, booster, late, np.array(losses["valid_0"]["binary_logloss"]))
