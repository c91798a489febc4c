"""One training from events to a judged model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from features.ladder import Rung
from features.policy import DEFAULT_POLICY, OutcomePolicy
from features.progress import Progress, no_progress
from features.times import isoformat
from training.data.dataset import Dataset, dataset_of, fingerprint
from training.data.labelled import LabelledPoints
from training.data.ship_points import points_to_learn
from training.data.snapshots import Snapshots, recorded_until, require_snapshots
from training.data.split import FEWEST_ORDERS, later_rows, split_by_time
from training.data.worklists import worklists_between
from training.evaluate.evaluation import Evaluation, evaluate
from training.evaluate.folds import evaluate_on_folds
from training.evaluate.ship_dates import judge_on_mornings
from training.model.fit import describe_dataset, fit_model
from training.model.risk_model import RiskModel
from training.model.trees import Trees
from training.promote.comparison import Twin
from training.promote.gate import Verdict
from training.promote.retraining import NewOutcomes


@dataclass(frozen=True)
class Trained:
    """A model fitted on everything known, and the judgement of its twin: fitted the same way on the earlier part.

    ``verdict`` and ``news`` are the gate's and what was new since the champion, where they have been asked for.
    """

    model: RiskModel
    dataset: Dataset
    evaluation: Evaluation
    snapshots: Snapshots
    twin: Twin
    trees: Trees
    verdict: Verdict | None = None
    news: NewOutcomes | None = None

    @property
    def ladder(self) -> list[Rung]:
        """How much was on time in full by each promise, by all that it has learned from."""
        return self.snapshots.ladder


def train(
    events: pd.DataFrame,
    *,
    scheme: str = "daily",
    until: object = None,
    zone: str = "UTC",
    policy: OutcomePolicy = DEFAULT_POLICY,
    trees: Trees | Mapping[str, Any] | None = None,
    draws: int = 500,
    progress: Progress = no_progress,
) -> Trained:
    """Judge by time, then fit on all.

    The cut lies where four fifths of the orders had their last decision point. A first model, the twin, learns from
    what was recorded by the cut, labels included, and is judged on the decision points after it, of other orders. The
    model that is returned is fitted the same way on everything recorded until ``until``.

    Parameters
    ----------
    events : validated event table
    scheme, zone : see ``features.decision_points`` and ``features.times``
    until : ISO 8601 text, timestamp, or microseconds; nothing recorded later is read (default: the last record, to
        which a later moment is cut)
    policy : what counts as on time and in full; it is kept with the model
    trees : settings, such as ``search.best_params_`` or ``estimator.trees``
    draws : bootstrap draws of the intervals
    progress : called with what is being done
    """
    trees = None if trees is None else Trees.of(trees)
    progress("building signals", 0, 0)
    snapshots = Snapshots.of(events, scheme, until, zone, policy)
    return train_on(snapshots, recorded_until(events, until)[0], trees=trees, draws=draws, progress=progress)


def train_on(
    snapshots: Snapshots,
    events: pd.DataFrame,
    *,
    trees: Trees | None = None,
    tune: Callable[[LabelledPoints], Trees] | None = None,
    draws: int = 500,
    progress: Progress = no_progress,
) -> Trained:
    """Judge by time, then fit on all, as ``train`` does, on snapshots of ``events`` that are there already.

    ``tune`` chooses the settings of the trees from what was known at the cut, so that no order that judges had a say.
    """
    require_snapshots(snapshots)
    progress("building signals", 0, 0)
    whole = dataset_of(snapshots, fingerprint(events))
    cut = split_by_time(whole.points).at
    past, _ = snapshots.labelled(cut)
    trees = tune(past) if tune else trees or Trees()
    about = describe_dataset(whole, snapshots.scheme, snapshots.zone)
    known_then = about | {"trained_until": isoformat(cut)}
    looks = points_to_learn(snapshots, cut, whole.points.names)
    twin = Twin(fit_model(past, whole.context, known_then, trees, progress, looks), past, cut)
    progress("judging on later orders", 0, 0)
    evaluation = _judge(twin, whole, snapshots, trees, draws)
    progress("judging ship dates on later mornings", 0, 0)
    dates = judge_on_mornings(twin.model, looks, snapshots, evaluation.worklists.of_model, past.order, draws)
    evaluation = replace(evaluation, ship_dates=dates)
    progress("fitting on all orders", 0, 0)
    looks = points_to_learn(snapshots, snapshots.until, whole.points.names)
    judged = about | {"judged": evaluation.summary()}
    model = fit_model(whole.points, whole.context, judged, trees, progress, looks)
    return Trained(model, whole, evaluation, snapshots, twin, trees)


def _judge(twin: Twin, whole: Dataset, snapshots: Snapshots, trees: Trees, draws: int) -> Evaluation:
    """The twin on later orders; where these are too few, a model a fold, each on the orders that came next."""
    learned = twin.learned
    test = later_rows(whole.points, learned, twin.until)
    if test.n_orders < FEWEST_ORDERS:
        return evaluate_on_folds(whole.points, whole.context, twin.model.about, trees, draws)
    worklists = worklists_between(snapshots.with_scheme("daily"), twin.until, snapshots.until, without=learned.order)
    return evaluate(twin.model, learned, test, twin.until, draws, worklists)
