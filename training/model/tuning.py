"""Settings of the trees, tried on time-ordered folds: earlier orders teach, the next ones judge.

Optuna proposes (a tree-structured Parzen estimator, Bergstra et al. 2011); the same data, seed and number of trials
propose the same. A limit on time ends the search earlier, so only the settings it found are repeatable, not the search.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from features.progress import Progress, no_progress
from training.data.labelled import LabelledPoints
from training.data.split import folds_by_time
from training.model.cross_fit import FOLDS, GrownFold, best_rounds, grow_fold
from training.model.trees import Trees


@dataclass(frozen=True)
class TuningResult:
    """The best settings, and every trial: what was tried and its mean log loss in nats, NaN where it was given up."""

    trees: Trees
    trials: list[dict[str, float]]


def tune(
    points: LabelledPoints, trials: int, seconds: float | None = None, progress: Progress = no_progress, seed: int = 7
) -> TuningResult:
    """Search for settings with a lower log loss than the standard ones, which are the first trial.

    Parameters
    ----------
    trials : so many settings are tried
    seconds : no trial but the first begins after that time, ``None`` for no limit
    progress : called as each trial ends

    Raises ``InvalidRequest`` where the orders do not suffice for folds.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folds = list(folds_by_time(points, FOLDS))
    standard = Trees()

    def objective(trial: optuna.Trial) -> float:
        chosen = _suggest(trial, standard)
        grown: list[GrownFold] = []
        for number, fold in enumerate(folds):
            early, late = (points.failed[rows] for rows in fold.rows)
            grown.append(grow_fold(fold, early, late, chosen))
            trial.report(_least_loss(grown), number)
            if trial.should_prune():
                raise optuna.TrialPruned
        return _least_loss(grown)

    def report(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        progress(
            f"settings tried: {trial.number + 1} of {trials}, best log loss {study.best_value:.4f}",
            trial.number + 1,
            trials,
        )

    pruner = optuna.pruners.MedianPruner(n_startup_trials=5)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner)
    study.enqueue_trial({name: getattr(standard, name) for name in SEARCHED})
    study.optimize(objective, n_trials=1, callbacks=[report])
    study.optimize(objective, n_trials=trials - 1, timeout=seconds, callbacks=[report])
    kept = [dict(trial.params) | {"log_loss": _value_of(trial)} for trial in study.trials]
    return TuningResult(replace(standard, **study.best_params), kept)


SEARCHED = ("num_leaves", "min_child_samples", "feature_fraction", "bagging_fraction", "lambda_l2")


def _suggest(trial: Any, standard: Trees) -> Trees:
    return replace(
        standard,
        num_leaves=trial.suggest_int("num_leaves", 3, 31, log=True),
        min_child_samples=trial.suggest_int("min_child_samples", 20, 400, log=True),
        feature_fraction=trial.suggest_float("feature_fraction", 0.2, 1.0),
        bagging_fraction=trial.suggest_float("bagging_fraction", 0.5, 1.0),
        lambda_l2=trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
    )


def _least_loss(grown: list[GrownFold]) -> float:
    """The mean log loss of the folds after as many rounds as are best on all of them."""
    losses, orders = [part.losses for part in grown], [part.orders for part in grown]
    return float(np.average(np.stack(losses), axis=0, weights=orders)[best_rounds(losses, orders) - 1])


def _value_of(trial: Any) -> float:
    return float(trial.value) if trial.state.name == "COMPLETE" else float("nan")
