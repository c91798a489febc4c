"""A small plant judged on time-ordered folds: several models of growing pasts, each on the orders of the next fold.

Where too few orders came after the cut to judge one model, more orders are judged by more models. The figures are of
the procedure, by models that have learned from less than the one that is registered; their intervals are wide.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from features.arrays import Floats
from features.context.context import Context
from features.errors import InvalidRequest
from training.data.labelled import LabelledPoints, join
from training.data.split import FEWEST_ORDERS, Split, folds_by_time
from training.evaluate.evaluation import MODEL, WITHOUT_LEVELS, Evaluation, RankedWorklists, evaluate_risks
from training.model.baselines import fit_baselines
from training.model.fit import fit_model
from training.model.trees import Trees

FOLDS = 3


def evaluate_on_folds(
    points: LabelledPoints, context: Context, about: dict[str, Any], trees: Trees, draws: int = 500
) -> Evaluation:
    """Judge the procedure on the later half of the orders, each by a model of what was known before its fold.

    Raises ``InvalidRequest`` where fewer than fifty orders can be judged so: nobody can tell then how good a model is.
    """
    judged = [
        (fold, _risks(fold, context, about, trees))
        for fold in folds_by_time(points, FOLDS, FEWEST_ORDERS / (FOLDS + 1))
        if _can_judge(fold)
    ]
    orders = sum(fold.later.n_orders for fold, _ in judged)
    if orders < FEWEST_ORDERS:
        raise InvalidRequest(
            f"judging a model needs at least {FEWEST_ORDERS} later orders with an outcome, "
            f"got {orders} on {FOLDS} folds: "
            "wait for more outcomes, or give earlier events too"
        )
    test = join([fold.later for fold, _ in judged])
    risks = {name: np.concatenate([found[name] for _, found in judged]) for name in judged[0][1]}
    return evaluate_risks(judged[0][0].at, risks, test, RankedWorklists(None, {}), draws, folds=len(judged))


def _can_judge(fold: Split) -> bool:
    """Enough orders, of both kinds, were known before the fold."""
    return (
        fold.earlier.n_orders >= FEWEST_ORDERS and len(np.unique(fold.earlier.failed)) == 2 and fold.later.n_orders > 0
    )


def _risks(fold: Split, context: Context, about: dict[str, Any], trees: Trees) -> dict[str, Floats]:
    """By model (n_later,)."""
    model = fit_model(fold.earlier, context, about, trees)
    predict = {MODEL: model.risk_as_served} | fit_baselines(fold.earlier) | {WITHOUT_LEVELS: model.risk_of}
    return {name: risk_of(fold.later) for name, risk_of in predict.items()}
