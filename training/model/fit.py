"""Calibrate trees of earlier orders on later ones, then grow as many on all of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.special import logit

from features.arrays import Floats
from features.catalogue.fingerprint import features_hash
from features.context.context import Context
from features.errors import InvalidRequest
from features.outcomes import PARTIAL
from features.progress import Progress, no_progress
from features.times import isoformat
from training.data.dataset import Dataset
from training.data.labelled import LabelledPoints
from training.data.split import Split, split_by_time
from training.model.calibration import Affine, fit_affine, fit_intercept
from training.model.lightgbm import load_lightgbm
from training.model.missing import fill_never_missing, neutral_values
from training.model.risk_model import RiskModel

FEWEST_PARTIAL = 100
"""Below so many partial orders (or so many missed ones) the share of partial is one number."""
NONE_FAILED = "every order was on time in full"
RISK_PRIOR, PARTIAL_PRIOR = 4.0, 25.0
"""Prior strengths of the calibrations: failed orders are few, and single lines can hardly ship in part."""


@dataclass(frozen=True)
class Trees:
    """LightGBM parameters: small trees, slowly; chosen on time-ordered folds inside the training part."""

    learning_rate: float = 0.03
    num_leaves: int = 7
    min_child_samples: int = 100
    feature_fraction: float = 0.5
    bagging_fraction: float = 0.8
    lambda_l2: float = 1.0
    most_rounds: int = 300
    patience: int = 50
    seed: int = 7

    def lightgbm(self, rows: int) -> dict[str, Any]:
        """As LightGBM names them; repeatable bit for bit. Few rows are not worth a second thread."""
        own = asdict(self)
        own.pop("most_rounds"), own.pop("patience")
        fixed = {"objective": "binary", "bagging_freq": 1, "verbosity": -1, "num_threads": 1 if rows < MANY_ROWS else 2}
        return own | fixed | {"deterministic": True, "force_row_wise": True}


MANY_ROWS = 50_000


def fit_model(
    points: LabelledPoints,
    context: Context,
    about: dict[str, Any],
    trees: Trees | None = None,
    progress: Progress = no_progress,
) -> RiskModel:
    """A calibrated model of labelled points.

    Trees of the earlier four fifths of the orders, as many as are best on the latest fifth of those, are calibrated on
    the latest fifth of all, which they have not seen. The model has as many trees of all orders, with that slope and an
    intercept of its own.
    """
    trees = trees or Trees()
    split = split_by_time(points)
    _require_both(split)
    progress("calibrating on later orders", 0, 0)
    earlier, later = split.earlier, split.later
    rounds, calibration = _calibrate(earlier, earlier.failed, later, later.failed, trees, RISK_PRIOR)
    progress("growing the trees of missed or partial", 0, 0)
    risk = _boost(points, points.failed, trees, rounds)
    calibration = _recentre(calibration, risk, later, later.failed, RISK_PRIOR)
    progress("growing the trees of partial", 0, 0)
    partial, partial_calibration = _fit_partial(points, earlier, later, trees)
    facts = about | {
        "parameters": asdict(trees),
        "rounds": risk.num_trees(),
        "orders": points.n_orders,
        "rows": len(points),
        "calibrated_on_orders": later.n_orders,
        "calibrated_after": isoformat(split.at),
        "failure_share": float(np.average(points.failed, weights=points.weight)),
        "features_hash": features_hash(points.names),
    }
    values = zip(points.names, neutral_values(points.signals, points.weight).tolist(), strict=True)
    neutral = {name: value for name, value in values if np.isfinite(value)}
    return RiskModel(points.names, risk, calibration, partial, partial_calibration, facts, context, neutral)


def describe_dataset(dataset: Dataset, scheme: str, zone: str) -> dict[str, Any]:
    """What a model remembers of the data it is fitted on."""
    asked = dataset.counts.asked_until
    return ({} if asked is None else {"asked_until": asked}) | {
        "trained_until": isoformat(dataset.until),
        "decision_points": scheme,
        "zone": zone,
        "events": dataset.history.n_events,
        "events_fingerprint": dataset.fingerprint,
        "outcome_policy": dataset.history.policy.to_json(),
        "outcome_policy_hash": dataset.history.policy.digest,
        "lightgbm": load_lightgbm().__version__,
    }


def _require_both(split: Split) -> None:
    """Trees learn nothing from orders of one kind; the earlier ones must hold both."""
    failed = split.earlier.failed
    if failed.min(initial=1) < failed.max(initial=0):
        return
    what = "none had an outcome" if not len(failed) else "every order failed" if failed[0] else NONE_FAILED
    raise InvalidRequest(
        "training needs orders that failed and orders that did not among those whose outcome was known by "
        f"{isoformat(split.at)}, but {what}"
    )


def _fit_partial(
    points: LabelledPoints, earlier: LabelledPoints, later: LabelledPoints, trees: Trees
) -> tuple[Any, Affine]:
    """P(partial given not on time in full): trees if there are enough of both, else one number."""
    failed = points.take(points.failed == 1)
    short = (failed.outcome == PARTIAL).astype(np.float64)
    counts = [len(np.unique(failed.order[short == value])) for value in (0, 1)]
    known = earlier.take(earlier.failed == 1)
    if min(counts) < FEWEST_PARTIAL or len(np.unique(known.outcome)) < 2:
        weighed = float(np.sum(short * failed.weight)) + 0.5
        return None, Affine(1.0, float(logit(weighed / (failed.weight.sum() + 1.0))))
    unseen = later.take(later.failed == 1)
    shorts = ((part.outcome == PARTIAL).astype(np.float64) for part in (known, unseen))
    rounds, calibration = _calibrate(known, next(shorts), unseen, next(shorts), trees, PARTIAL_PRIOR)
    later_short = (unseen.outcome == PARTIAL).astype(np.float64)
    booster = _boost(failed, short, trees, rounds)
    return booster, _recentre(calibration, booster, unseen, later_short, PARTIAL_PRIOR)


def grow(points: LabelledPoints, target: Floats, trees: Trees) -> Any:
    """LightGBM's booster of a target (n,): the number of rounds is found on the latest orders, then all teach."""
    rounds = _best_rounds(points, target, trees)
    return _boost(points, target, trees, rounds)


def _calibrate(
    earlier: LabelledPoints, target: Floats, later: LabelledPoints, outcome: Floats, trees: Trees, prior: float
) -> tuple[int, Affine]:
    """How many trees of earlier orders are best, and what calibrates them on later ones."""
    rounds = _best_rounds(earlier, target, trees)
    booster = _boost(earlier, target, trees, rounds)
    return rounds, fit_affine(raw_scores(booster, earlier, later.signals), outcome, later.weight, prior)


def raw_scores(booster: Any, learned: LabelledPoints, signals: Floats) -> Floats:
    """(n,) raw scores of (n, n_signals) signals by trees of other orders, whose medians stand for what is missing."""
    if not len(signals):
        return np.zeros(0)
    read = fill_never_missing(signals, learned.signals, learned.weight)
    return np.asarray(booster.predict(read, raw_score=True))


def _recentre(calibration: Affine, booster: Any, later: LabelledPoints, outcome: Floats, prior: float) -> Affine:
    """A calibration of trees that have learned from the later orders too: its slope stays, its intercept is theirs.

    Trees grown on all orders have taken up part of what changed lately; the intercept of those that had not would count
    it twice.
    """
    if not len(later):
        return calibration
    raw = calibration.slope * booster.predict(later.signals, raw_score=True)
    return Affine(calibration.slope, fit_intercept(raw, outcome, later.weight, prior))


def _best_rounds(points: LabelledPoints, target: Floats, trees: Trees) -> int:
    try:
        split = split_by_time(points)
    except InvalidRequest:
        return trees.most_rounds // 6
    early, late = split.rows
    if min(len(np.unique(target[early])), len(np.unique(target[late]))) < 2:
        return trees.most_rounds // 6
    library = load_lightgbm()
    train = _dataset(split.earlier, target[early])
    read = fill_never_missing(split.later.signals, split.earlier.signals, split.earlier.weight)
    valid = _dataset(replace(split.later, signals=read), target[late], train)
    stop = library.early_stopping(trees.patience, verbose=False)
    booster = library.train(trees.lightgbm(len(points)), train, trees.most_rounds, valid_sets=[valid], callbacks=[stop])
    return max(int(booster.best_iteration), 20)


def _boost(points: LabelledPoints, target: Floats, trees: Trees, rounds: int) -> Any:
    return load_lightgbm().train(trees.lightgbm(len(points)), _dataset(points, target), rounds)


def _dataset(points: LabelledPoints, target: Floats, reference: Any = None) -> Any:
    return load_lightgbm().Dataset(
        points.signals, target, weight=points.weight, feature_name=points.names, reference=reference
    )
