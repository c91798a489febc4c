"""Calibrate trees of earlier orders on later ones, fold by fold, then grow as many on all of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from features.arrays import Floats
from features.catalogue.fingerprint import features_hash
from features.context.context import Context
from features.errors import InvalidRequest
from features.outcomes import PARTIAL
from features.policy import OutcomePolicy
from features.progress import Progress, no_progress
from features.times import isoformat
from training.data.dataset import Dataset
from training.data.labelled import LabelledPoints
from training.data.required_events import HOW_TO_TAKE_SOME
from training.data.ship_points import ShipPoints
from training.data.split import Split, split_by_time
from training.lightgbm import load_lightgbm
from training.model.calibration import Affine, NearPromise
from training.model.cross_fit import CrossFit, cross_fit
from training.model.level import MaturedLooks
from training.model.missing import neutral_values
from training.model.risk_model import RiskModel
from training.model.risk_trees import DAYS_TO_PROMISE, RiskTrees
from training.model.trees import PartialTrees, Trees, boost
from training.reasons.peers import Peers
from training.ship_date.fit import fit_ship_dates

FEWEST_PARTIAL = 100
"""Below so many partial orders (or so many missed ones) the share of partial is one number."""
NONE_FAILED = "every order was on time in full"
RISK_PRIOR, PARTIAL_PRIOR = 4.0, 25.0
"""Prior strengths of the calibrations: failed orders are few, and single lines can hardly ship in part."""


def fit_model(
    points: LabelledPoints,
    context: Context,
    about: dict[str, Any],
    trees: Trees | None = None,
    progress: Progress = no_progress,
    looks: ShipPoints | None = None,
) -> RiskModel:
    """A calibrated model of labelled points, with ship dates where there are looks to learn them from.

    Trees of what was known when each of three folds begins score its orders; the last fold reaches to the end. As many
    trees as are best on all folds are then grown on all orders, with the calibration of those scores.
    """
    trees = trees or Trees()
    _require_both(split_by_time(points))
    risk = fit_risk(points, trees, progress)
    crossed, calibration, near = risk.crossed, risk.calibration, risk.near
    progress("growing the trees of partial", 0, 0)
    partial, partial_calibration = _fit_partial(points, PartialTrees(**asdict(trees)))
    facts = about | {
        "parameters": asdict(trees),
        "rounds": risk.risk.num_trees(),
        "orders": points.n_orders,
        "rows": len(points),
        "moved_rows": 0 if points.moved is None else len(points.moved),
        "calibrated_on_orders": 0 if crossed.points is None else crossed.points.n_orders,
        "calibrated_after": None if crossed.points is None else isoformat(int(crossed.points.as_of.min())),
        "failure_share": float(np.average(points.failed, weights=points.weight)),
        "farthest_promise": float(points.days_to_promise.max()),
        "features_hash": features_hash(points.names),
    }
    ship_dates = None
    if looks is not None:
        progress("growing the trees of ship dates", 0, 0)
        policy = OutcomePolicy.of_json(about.get("outcome_policy"))
        unseen = _on_time_unseen(crossed, calibration, near, looks)
        ship_dates = fit_ship_dates(looks, context.calendar, unseen, policy.fails_late_alone)
    return RiskModel(
        points.names,
        risk.risk,
        calibration,
        partial,
        partial_calibration,
        facts,
        context,
        risk.neutral,
        near,
        _looks_of(crossed, calibration, near),
        Peers.of(points),
        ship_dates,
    )


@dataclass(frozen=True)
class FittedRisk(RiskTrees):
    """The trees of missed or partial, and what trees of each fold's past said of its orders, see ``RiskTrees``."""

    names: list[str]
    risk: Any
    calibration: Affine
    neutral: dict[str, float]
    near: NearPromise
    crossed: CrossFit


def fit_risk(
    points: LabelledPoints, trees: Trees, progress: Progress = no_progress, rounds: int | None = None
) -> FittedRisk:
    """The risk of labelled points alone: no share of partial, no ship dates, no peers.

    With ``rounds`` given so many trees are grown, else as many as are best on the folds.
    """
    progress("calibrating on later orders", 0, 0)
    crossed = cross_fit(points, points.failed, trees, rounds=rounds)
    progress("growing the trees of missed or partial", 0, 0)
    return risk_of_folds(points, trees, crossed)


def risk_of_folds(points: LabelledPoints, trees: Trees, crossed: CrossFit) -> FittedRisk:
    """As many trees of labelled points as were best on folds, with the calibration of the scores there.

    Without the signal of the days to the promise there is no term of the last days, which is part of what it adds.
    """
    if DAYS_TO_PROMISE in points.names:
        calibration, near = crossed.calibration_by_days(RISK_PRIOR)
    else:
        calibration, near = crossed.calibration(RISK_PRIOR), NearPromise()
    booster = boost(points, points.failed, trees, crossed.rounds)
    return FittedRisk(points.names, booster, calibration, neutral_by_name(points), near, crossed)


def model_of_risk(
    points: LabelledPoints, context: Context, about: dict[str, Any], trees: Trees, rounds: int | None = None
) -> RiskModel:
    """A model of the risk alone, as it would be served: no ship dates, no peers, and every failure counts as missed."""
    _require_both(split_by_time(points))
    risk = fit_risk(points, trees, rounds=rounds)
    facts = about | {"rounds": risk.risk.num_trees()}
    none = Affine(1.0, float("-inf"))
    looks = _looks_of(risk.crossed, risk.calibration, risk.near)
    fitted = risk.risk, risk.calibration, None, none, facts, context, risk.neutral, risk.near, looks
    return RiskModel(points.names, *fitted)


def neutral_by_name(points: LabelledPoints) -> dict[str, float]:
    """By signal, its weighted median where it is not missing; nothing for one that always is."""
    values = zip(points.names, neutral_values(points.signals, points.weight).tolist(), strict=True)
    return {name: value for name, value in values if np.isfinite(value)}


def _on_time_unseen(crossed: CrossFit, calibration: Affine, near: NearPromise, looks: ShipPoints) -> Floats:
    """(n,) the probability that orders are on time by trees that had not seen them, NaN where none of a fold looked."""
    on_time = np.full(len(looks), np.nan)
    if crossed.points is None:
        return on_time
    seen = crossed.points
    log_odds = calibration.apply(crossed.log_odds) + near.of(seen.days_to_promise)
    frame = pd.DataFrame({"order": seen.order, "as_of": seen.as_of, "on_time": expit(-log_odds)})
    asked = pd.DataFrame({"order": looks.order, "as_of": looks.as_of})
    return asked.merge(frame, how="left", on=["order", "as_of"])["on_time"].to_numpy(dtype=np.float64)


def _looks_of(crossed: CrossFit, calibration: Affine, near: NearPromise) -> MaturedLooks | None:
    """What was expected and what came of the orders of the folds, as far back as a level reaches."""
    if crossed.points is None:
        return None
    log_odds = calibration.apply(crossed.log_odds) + near.of(crossed.points.days_to_promise)
    looks = MaturedLooks.of(crossed.points, log_odds)
    return looks.recent(int(crossed.points.known_at.max()))


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
        f"{isoformat(split.at)}, but {what}. The events must hold what became of the orders; {HOW_TO_TAKE_SOME}"
    )


def _fit_partial(points: LabelledPoints, trees: Trees) -> tuple[Any, Affine]:
    """P(partial given not on time in full): trees if there are enough of both, else one number."""
    failed = points.take(points.failed == 1)
    short = (failed.outcome == PARTIAL).astype(np.float64)
    counts = [len(np.unique(failed.order[short == value])) for value in (0, 1)]
    crossed = cross_fit(failed, short, trees) if min(counts) >= FEWEST_PARTIAL else None
    if crossed is None or crossed.points is None:
        weighed = float(np.sum(short * failed.evidence)) + 0.5
        return None, Affine(1.0, float(logit(weighed / (failed.evidence.sum() + 1.0))))
    return boost(failed, short, trees, crossed.rounds), crossed.calibration(PARTIAL_PRIOR)
